//! How nodes are written.

use serde::{Deserialize, Serialize};

/// How nodes are written, where a system has them in both forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeStyle {
    /// As machines.
    #[default]
    Machine,
    /// As async functions.
    Async,
}
