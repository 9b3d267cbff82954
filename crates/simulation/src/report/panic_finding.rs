//! A panic of a run: whose code it was, and where.

use std::fmt;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

/// Code of a node or a check that panicked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanicFinding {
    /// Whose code it was.
    pub site: PanicSite,
    /// Which task of the node, and where it was spawned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Where in the code: file, line and column, if the process's panic hook was told. Not part of a comparison of two runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The panic message.
    pub message: String,
    /// When, in nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// At which step.
    pub step: u64,
}

/// Whose code panicked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PanicSite {
    /// Code of a node.
    Node {
        /// The node's declared name.
        name: String,
        /// The group that it belongs to: nodes of one group run the same code.
        group: String,
    },
    /// A check: an `always`, `eventually` or `sometimes`, or an observer.
    Check {
        /// The check's name.
        name: String,
    },
    /// A trigger.
    Trigger {
        /// The trigger's name.
        name: String,
    },
    /// The test that steered the run.
    Test,
}

impl PanicSite {
    /// Whether the same code panicked: a node of the same group, the same check, or the test.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Node { group, .. }, Self::Node { group: others, .. }) => group == others,
            _ => self == other,
        }
    }
}

impl fmt::Display for PanicSite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node { name, .. } => formatter.write_str(name),
            Self::Check { name } => write!(formatter, "check {name:?}"),
            Self::Trigger { name } => write!(formatter, "trigger {name:?}"),
            Self::Test => formatter.write_str("the test"),
        }
    }
}
