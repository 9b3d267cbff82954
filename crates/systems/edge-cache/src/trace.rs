//! Traces of reads that violated a session guarantee.

use cluster_sim_invariants::VirtualInstant;
use serde::{Deserialize, Serialize};

use crate::message::{CacheOperation, Key, Version};

/// The session guarantee that a read violated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// Monotonic reads: never a lower version than the client has read.
    MonotonicReads,
    /// Read your writes: never a lower version than the client has written.
    ReadYourWrites,
}

/// A read that violated a guarantee, with the write that it missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViolationTrace {
    /// The guarantee.
    pub kind: ViolationKind,
    /// The instant at which the client got the answer.
    pub at_ns: VirtualInstant,
    /// The number of the client, from 0.
    pub client: u32,
    /// The number of the read, counted by the client.
    pub operation: CacheOperation,
    /// The number of the edge that answered, from 0, as in a scenario's steps and in the counters by edge.
    pub edge: u32,
    /// The key.
    pub key: Key,
    /// The version that the client had read or written.
    pub expected: Version,
    /// The instant of its commit.
    pub expected_committed_at_ns: VirtualInstant,
    /// The version in the answer.
    pub observed: Version,
    /// The instant of its commit; 0 for a key not written yet.
    pub observed_committed_at_ns: VirtualInstant,
}
