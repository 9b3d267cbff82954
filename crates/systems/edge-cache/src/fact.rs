//! What the nodes of an edge cache say about themselves.

use cluster_sim_node::NodeId;

use crate::message::{Key, Operation, Version};

/// Something that happened in an edge cache, stated by the node to which it happened, at that instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeFact {
    /// Source: this version of this key exists from now on.
    Committed {
        /// The key that was written.
        key: Key,
        /// Its new version, one above the one before.
        version: Version,
    },
    /// Edge: the entry changed. Going back to a lower version is a rollback.
    Applied {
        /// The key of the entry.
        key: Key,
        /// What it holds now.
        version: Version,
        /// What it held before.
        previous: Version,
    },
    /// Edge: a read was answered.
    Served {
        /// Who asked.
        client: NodeId,
        /// Which read of that client.
        operation: Operation,
        /// The key that was read.
        key: Key,
        /// The version that was answered.
        version: Version,
    },
    /// Edge: a version passed it by, and it asks the source for that key.
    Refetching {
        /// The key with the gap.
        key: Key,
        /// The version that should have come next.
        expected: Version,
        /// The version that came.
        got: Version,
    },
    /// Edge: it took over a snapshot of the source.
    Resynced {
        /// Which lag of the router made it ask.
        lag: u32,
    },
    /// Router: it fell behind the source, and the oldest messages are gone.
    Lagged {
        /// How many messages were skipped.
        skipped: u64,
    },
    /// Client: a read came back.
    Observed {
        /// Which read of the client.
        operation: Operation,
        /// The edge that answered.
        edge: NodeId,
        /// The key that was read.
        key: Key,
        /// The version it was told.
        version: Version,
        /// The highest version of the key that the source had acknowledged to this client when it asked; 0 for none.
        acked: Version,
    },
    /// Client: a read was given up; the client moves to another edge.
    Unavailable {
        /// Which read of the client.
        operation: Operation,
        /// The edge that did not answer in time.
        edge: NodeId,
    },
    /// Client: the source acknowledged a write.
    WriteAcked {
        /// Which write of the client.
        operation: Operation,
        /// The key that was written.
        key: Key,
        /// The version that the write became.
        version: Version,
    },
}
