//! Facts that the nodes of an edge cache report.

use cluster_sim_node::NodeId;

use crate::message::{CacheOperation, Key, Version};

/// An event of one node, reported at the instant it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeFact {
    /// Source: committed a version.
    Committed {
        /// The key that was written.
        key: Key,
        /// The new version, one above the previous.
        version: Version,
    },
    /// Edge: changed an entry. A lower version is a rollback.
    Applied {
        /// The key of the entry.
        key: Key,
        /// The new version.
        version: Version,
        /// The previous version.
        previous: Version,
    },
    /// Edge: answered a read.
    Served {
        /// The client.
        client: NodeId,
        /// The read, numbered by the client.
        operation: CacheOperation,
        /// The key that was read.
        key: Key,
        /// The version in the answer.
        version: Version,
    },
    /// Edge: found a gap in versions and asked the source for the key.
    Refetching {
        /// The key with the gap.
        key: Key,
        /// The version that was due next.
        expected: Version,
        /// The version that arrived.
        got: Version,
    },
    /// Edge: applied a snapshot of the source.
    Resynced {
        /// The number of the router's lag that caused it, from 0.
        lag: u32,
    },
    /// Router: fell behind the source and skipped the oldest messages.
    Lagged {
        /// The number of skipped messages.
        skipped: u64,
    },
    /// Client: accepted the answer to a read.
    Observed {
        /// The read, numbered by the client.
        operation: CacheOperation,
        /// The edge that answered.
        edge: NodeId,
        /// The key that was read.
        key: Key,
        /// The version in the answer.
        version: Version,
        /// The highest version of the key acknowledged to this client before the read; 0 for none.
        acked: Version,
    },
    /// Client: gave up a read and moves to another edge.
    Unavailable {
        /// The read, numbered by the client.
        operation: CacheOperation,
        /// The edge that did not answer in time.
        edge: NodeId,
    },
    /// Client: got the acknowledgement of a write.
    WriteAcked {
        /// The write, numbered by the client.
        operation: CacheOperation,
        /// The key that was written.
        key: Key,
        /// The version of the write.
        version: Version,
    },
}
