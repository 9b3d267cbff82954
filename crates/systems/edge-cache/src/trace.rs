//! Which read showed a client less than it was promised.

use cluster_sim_invariants::VirtualInstant;
use serde::{Deserialize, Serialize};

use crate::message::{Key, Operation, Version};

/// What a client was promised by what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// Never less than it had seen.
    MonotonicReads,
    /// Never less than it had written.
    ReadYourWrites,
}

/// One read that showed a client less than it was promised: which write it missed, at which edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViolationTrace {
    /// What was broken.
    pub kind: ViolationKind,
    /// When the client observed it.
    pub at_ns: VirtualInstant,
    /// Which client, counted from 0.
    pub client: u32,
    /// Which read of the client.
    pub operation: Operation,
    /// Which edge answered, counted from 0 as in a scenario's steps and in the break-down by edge.
    pub edge: u32,
    /// The key.
    pub key: Key,
    /// The version that the client had seen, or had written.
    pub expected: Version,
    /// When that was committed.
    pub expected_committed_at_ns: VirtualInstant,
    /// The version that it was shown.
    pub observed: Version,
    /// When that was committed; 0 for a key not yet written.
    pub observed_committed_at_ns: VirtualInstant,
}
