//! The two ways to write a node.

use serde::{Deserialize, Serialize};

/// How the nodes of a system are written; the reference systems have both styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeStyle {
    /// As a state machine: `cluster_sim::Machine`.
    #[default]
    Machine,
    /// As an async function.
    Async,
}
