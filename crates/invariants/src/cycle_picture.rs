//! A cycle of transactions, as data for a picture.

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

/// Transactions each of which must come before the next, and the last before the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CyclePicture {
    /// The transactions, in the order of the cycle.
    pub nodes: Vec<CycleNode>,
    /// From each node to the next; the last leads back to the first.
    pub arrows: Vec<CycleArrow>,
}

/// A transaction of a cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleNode {
    /// Its name in sentences: `T` and its index in the history.
    pub name: String,
    /// The process that ran it.
    pub process: String,
    /// The requests and their answers, a line for each step.
    pub steps: Vec<String>,
    /// The invocation, in nanoseconds.
    pub from_ns: VirtualInstant,
    /// The answer, in nanoseconds; `None` if the client heard none.
    pub to_ns: Option<VirtualInstant>,
}

/// Why one transaction of a cycle comes before the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleArrow {
    /// The earlier transaction, as an index of the history.
    pub from: usize,
    /// The later one.
    pub to: usize,
    /// `ww`, `wr` or `rw` by what the two did to one key.
    ///
    /// `process` or `realtime` by the order of the clients.
    pub kind: String,
    /// The key and its values, or the times.
    pub label: String,
    /// The reason as a sentence without a full stop.
    pub message: String,
}
