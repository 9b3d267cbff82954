//! The configuration of a store: its log, its load, its sessions.

use std::time::Duration;

use cluster_sim_node::Ratio;

use crate::log_config::LogConfig;

/// The servers, the log and the load of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The times of the log, and a bug to plant in it or in the store.
    pub log: LogConfig,
    /// The number of servers, 1 to 9; they are the first nodes that a scenario declares.
    pub servers: u32,
    /// After how many entries a server takes a snapshot.
    pub snapshot_entries: u64,
    /// The most sessions that are open; the one used least recently is evicted for another.
    pub sessions_max: usize,
    /// The operations that a client calls for in one life, one at a time.
    pub operations: u64,
    /// The number of keys.
    pub keys: u64,
    /// The time between an answer and the next operation.
    pub pause: Duration,
    /// The time a client waits for an answer before it asks another server.
    pub answer_timeout: Duration,
    /// How often a client asks before it gives an operation up; that stays open then.
    pub attempts: u32,
    /// The orders of an operator in one life: transfers, and servers taken out and back in, by turns.
    pub orders: u64,
    /// The time between two orders.
    pub order_pause: Duration,
    /// The share of operations before which a client turns to a server by chance.
    pub moves: Ratio,
}

impl Default for Config {
    /// Three servers; twenty operations on two keys, 20 ms apart, for links of 1 to 10 ms.
    fn default() -> Self {
        Self {
            log: LogConfig::default(),
            servers: 3,
            snapshot_entries: 40,
            sessions_max: 16,
            operations: 20,
            keys: 2,
            pause: Duration::from_millis(20),
            answer_timeout: Duration::from_millis(60),
            attempts: 12,
            orders: 0,
            order_pause: Duration::from_millis(100),
            moves: Ratio::percent(10),
        }
    }
}
