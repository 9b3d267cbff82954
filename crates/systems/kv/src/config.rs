//! The times and the load of the store, and its planted bug.

use std::time::Duration;

use cluster_sim_node::{NodeId, Ratio};

use crate::bug::Bug;

/// The number of replicas; they are the first nodes that a scenario declares.
pub const REPLICAS: u32 = 3;

/// The replicas that together decide: any two of the three.
pub(crate) const MAJORITY: usize = 2;

/// The times and the load of the store, and a bug to plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The operations that a client calls for in one life, one at a time.
    pub operations: u64,
    /// The number of keys.
    pub keys: u64,
    /// The time between an answer and the next operation.
    pub pause: Duration,
    /// The time a client waits for an answer before it asks the next replica.
    pub answer_timeout: Duration,
    /// How often a client asks before it gives an operation up; that stays open then.
    pub attempts: u32,
    /// The share of operations before which a client turns to a replica by chance.
    ///
    /// As behind a load balancer. So one client may see what a later primary did, and then ask an earlier one.
    pub moves: Ratio,
    /// The time between two heartbeats of a primary.
    ///
    /// Replicas repeat all else as often.
    pub heartbeat: Duration,
    /// The shortest time without word from a primary after which a replica asks to lead.
    ///
    /// The longest is twice that.
    pub election: Duration,
    /// The planted bug; `None` for a correct system.
    pub bug: Option<Bug>,
}

impl Default for Config {
    /// Twenty operations on two keys, 20 ms apart, a tenth of them at another replica, for links of 1 to 10 ms.
    fn default() -> Self {
        Self {
            operations: 20,
            keys: 2,
            pause: Duration::from_millis(20),
            answer_timeout: Duration::from_millis(60),
            attempts: 12,
            moves: Ratio::percent(10),
            heartbeat: Duration::from_millis(20),
            election: Duration::from_millis(120),
            bug: None,
        }
    }
}

/// Returns the replica that leads an epoch.
pub fn primary_of(epoch: u64) -> NodeId {
    NodeId((epoch % u64::from(REPLICAS)) as u32)
}
