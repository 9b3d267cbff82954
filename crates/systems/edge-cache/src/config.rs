//! The composition and the load of an edge cache.

use std::time::Duration;

use cluster_sim_node::{NodeId, Roll};

use crate::bug::Bug;
use crate::key_table::KeyTable;
use crate::message::Key;

/// The configuration of all machines of an edge cache.
///
/// It does not contain links (delay, loss, reordering) and faults (cuts, kills): a scenario applies those from outside.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The number of keys, at least 1. Keys are named 0 to `key_count - 1`.
    pub key_count: u32,
    /// The frequency of each key in reads and writes.
    pub key_distribution: KeyDistribution,
    /// The versioned writes per second that the source makes by itself (EDGE-02); 0 for none.
    pub mutation_rate_per_sec: f64,
    /// Later rates of those writes, in order of time (EDGE-36).
    pub rate_changes: Vec<RateChange>,
    /// The messages that the router's subscription to the source holds, at least 1.
    ///
    /// Beyond that the oldest are skipped (EDGE-40).
    pub source_fanout_capacity: usize,
    /// The reaction to skipped messages (EDGE-D12).
    pub source_lag_policy: LagPolicy,
    /// The length of the router's stalls at random instants (EDGE-D13); `None` for no stalls.
    pub burst_lag: Option<Duration>,
    /// The treatment of versions that arrive at an edge (EDGE-D16).
    pub apply_mode: ApplyMode,
    /// Reads per second of each client; 0 for none.
    pub reads_per_client_per_sec: f64,
    /// Writes per second of each client; 0 for none.
    pub writes_per_client_per_sec: f64,
    /// The time a client stays at one edge; zero for ever.
    pub roam_interval: Duration,
    /// The time one way between a client and an edge or the source.
    ///
    /// A read unanswered for ten times this, and for at least 10 ms, is given up as unavailable.
    pub client_delay: Duration,
    /// Whether a client rejects answers older than what it has read or written in this life.
    ///
    /// It then gives up the read and moves to another edge. Reads never go back within a session, at the price of unavailable
    /// reads.
    pub guards_sessions: bool,
    /// The planted bug; `None` for a correct system.
    pub bug: Option<Bug>,
    /// The sampling table of `key_distribution`, shared by all machines and computed on first use.
    ///
    /// Set it to `KeyTable::default()`.
    pub key_table: KeyTable,
}

impl Config {
    /// Returns the key selected by `roll`.
    ///
    /// # Panics
    /// If there are no keys, or the distribution was changed after keys were drawn from this config.
    pub(crate) fn key(&self, roll: Roll) -> Key {
        match self.key_distribution {
            KeyDistribution::Uniform => roll.below(u64::from(self.key_count)) as Key,
            KeyDistribution::Zipf(exponent) => self.key_table.zipf(self.key_count, exponent, roll),
        }
    }
}

/// A change of the source's own write rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateChange {
    /// The instant, as the time since the start of the run.
    pub at: Duration,
    /// Writes per second from then on; absolute, and may be lower than before.
    pub rate_per_sec: f64,
}

/// The frequency of each key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KeyDistribution {
    /// All keys equally often.
    Uniform,
    /// Key k with weight 1 / (k + 1)^exponent.
    Zipf(f64),
}

/// The reaction when the router falls behind the source by more than its subscription holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LagPolicy {
    /// Count the skipped messages and continue.
    ObserveAndContinue,
    /// Make every edge refetch a snapshot from the source.
    ResyncFromSource,
    /// End the run with a finding.
    FailRun,
}

/// The treatment of a version that arrives at an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyMode {
    /// Apply every version, so reordered messages roll an edge back.
    LastArrival,
    /// Drop versions older than the entry. At a gap in versions refetch the key from the source.
    VersionGated,
}

/// The node ids: source, router, edges, clients, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The number of edges.
    pub edges: u32,
    /// The number of clients.
    pub clients: u32,
}

impl Layout {
    /// The source.
    pub const SOURCE: NodeId = NodeId(0);
    /// The router.
    pub const ROUTER: NodeId = NodeId(1);

    /// Returns the id of edge number `index`, from 0.
    ///
    /// # Panics
    /// If there is no such edge.
    pub fn edge(self, index: u32) -> NodeId {
        assert!(index < self.edges, "edge {index} of {}", self.edges);
        NodeId(2 + index)
    }

    /// Returns the id of client number `index`, from 0.
    ///
    /// # Panics
    /// If there is no such client.
    pub fn client(self, index: u32) -> NodeId {
        assert!(index < self.clients, "client {index} of {}", self.clients);
        NodeId(2 + self.edges + index)
    }

    /// Returns the number of an edge; `None` for other nodes.
    pub fn edge_index(self, node: NodeId) -> Option<u32> {
        node.0.checked_sub(2).filter(|index| *index < self.edges)
    }

    /// Returns the number of a client; `None` for other nodes.
    pub fn client_index(self, node: NodeId) -> Option<u32> {
        node.0.checked_sub(2 + self.edges).filter(|index| *index < self.clients)
    }
}
