//! What an edge cache is made of and how much load it bears.

use std::time::Duration;

use cluster_sim_node::NodeId;

use crate::bug::Bug;
use crate::key_table::KeyTable;

/// Everything the machines of an edge cache need to know.
///
/// Links (delay, loss, reordering) and faults (cuts, kills) are no part of it: the system is whatever runs on the nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Keys in the cache, at least 1; named 0 to `key_count - 1`.
    pub key_count: u32,
    /// Which keys are read and written how often.
    pub key_distribution: KeyDistribution,
    /// Versioned writes per second that the source makes of its own accord (EDGE-02); 0 for none.
    pub mutation_rate_per_sec: f64,
    /// Later rates of such writes, in order of time (EDGE-36).
    pub rate_changes: Vec<RateChange>,
    /// Messages that the router's subscription to the source holds before the oldest are skipped (EDGE-40), at least 1.
    pub source_fanout_capacity: usize,
    /// What happens when messages were skipped (EDGE-D12).
    pub source_lag_policy: LagPolicy,
    /// How long the router stalls at seeded instants (EDGE-D13); nothing for never.
    pub burst_lag: Option<Duration>,
    /// How an edge takes what arrives (EDGE-D16).
    pub apply_mode: ApplyMode,
    /// Reads per second of each client; 0 for none.
    pub reads_per_client_per_sec: f64,
    /// Writes per second of each client; 0 for none.
    pub writes_per_client_per_sec: f64,
    /// How long a client stays at one edge; zero for ever.
    pub roam_interval: Duration,
    /// One way between a client and an edge or the source. A read unanswered for ten times this, and for at least 10 ms, is
    /// given up as unavailable.
    pub client_delay: Duration,
    /// Whether a client takes no answer that is older than what it saw or wrote in this life: it gives up the read and the edge instead. So
    /// reads never go back within a session, at the price of reads that are unavailable.
    pub guards_sessions: bool,
    /// What is broken on purpose; nothing where the system is to work.
    pub bug: Option<Bug>,
    /// The drawing table of `key_distribution`, shared by all machines; `KeyTable::default()`, filled when first needed.
    pub key_table: KeyTable,
}

/// A new rate of the source's own writes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateChange {
    /// When, since the start of the run.
    pub at: Duration,
    /// Writes per second from then on, absolute; may be lower than before.
    pub rate_per_sec: f64,
}

/// Which keys are read and written how often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KeyDistribution {
    /// All alike.
    Uniform,
    /// Key k as often as 1 / (k + 1)^exponent.
    Zipf(f64),
}

/// What happens when the router falls behind the source by more than its subscription holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LagPolicy {
    /// Count the skipped messages and go on.
    ObserveAndContinue,
    /// Have every edge refetch a snapshot of the source.
    ResyncFromSource,
    /// End the run with a finding.
    FailRun,
}

/// How an edge takes what arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplyMode {
    /// Overwrite with whatever comes, so that reordering rolls an edge back.
    LastArrival,
    /// Drop what is older than the entry; a gap in versions makes the edge refetch that key from the source.
    VersionGated,
}

/// Who is who: source, router, edges, clients, in this order of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How many edges.
    pub edges: u32,
    /// How many clients.
    pub clients: u32,
}

impl Layout {
    /// The source of all writes.
    pub const SOURCE: NodeId = NodeId(0);
    /// The router between the source and the edges.
    pub const ROUTER: NodeId = NodeId(1);

    /// Edge number `index`.
    pub fn edge(self, index: u32) -> NodeId {
        assert!(index < self.edges, "edge {index} of {}", self.edges);
        NodeId(2 + index)
    }

    /// Client number `index`.
    pub fn client(self, index: u32) -> NodeId {
        assert!(index < self.clients, "client {index} of {}", self.clients);
        NodeId(2 + self.edges + index)
    }

    /// The number of the edge that `node` is, if it is one.
    pub fn edge_index(self, node: NodeId) -> Option<u32> {
        node.0.checked_sub(2).filter(|index| *index < self.edges)
    }

    /// The number of the client that `node` is, if it is one.
    pub fn client_index(self, node: NodeId) -> Option<u32> {
        node.0.checked_sub(2 + self.edges).filter(|index| *index < self.clients)
    }
}
