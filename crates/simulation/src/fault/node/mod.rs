//! Faults of nodes: crash, at once or at a failpoint, restart, kill, pause, resume.
//!
//! `node_family.rs` says how they are shown, drawn and applied.

mod node_family;

use std::time::Duration;

use cluster_sim_runtime::nanoseconds;
use serde::{Deserialize, Serialize};

use super::Fault;
pub(super) use node_family::state_of;

/// The time down that minimization tries.
pub(super) const BRIEF: Duration = Duration::from_millis(1);

/// A fault of a node, by the name that the scenario declares or, within a run, by its number.
///
/// A crash loses a node's memory and the node may restart, a kill is for good, a pause keeps the memory. They do not add up: the
/// end of an earlier one does not end a later one. Before the first boot of a node, as at the start of the run, a crash or a pause
/// holds that boot back until it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum NodeFault<N = String> {
    /// Crashes a node: everything in memory is lost.
    Crash {
        /// The node.
        node: N,
        /// Time until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
    },
    /// Crashes a node again and again, as a supervisor does that restarts a broken program.
    CrashLoop {
        /// The node.
        node: N,
        /// How long it is down at a time; more than zero.
        #[serde(rename = "down_for_ns", with = "nanoseconds")]
        down_for: Duration,
        /// How long it lives in between; more than zero.
        #[serde(rename = "up_for_ns", with = "nanoseconds")]
        up_for: Duration,
        /// How long in all; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Crashes a node at a point in its code, once; in force until then.
    CrashAt {
        /// The node.
        node: N,
        /// The point, which the scenario declares with [`Scenario::failpoints`](crate::Scenario::failpoints).
        point: String,
        /// At which of its visits of the point since the fault was applied, in any life; 1 for the first.
        #[serde(default = "first", skip_serializing_if = "is_first")]
        visit: u32,
        /// Time until it restarts; absent for until the fault phase ends.
        #[serde(rename = "down_for_ns", with = "nanoseconds::optional", default)]
        down_for: Option<Duration>,
        /// How long the crash waits for that visit; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Restarts a crashed node.
    Restart {
        /// The node.
        node: N,
    },
    /// Kills a node: it never restarts.
    Kill {
        /// The node.
        node: N,
    },
    /// Pauses a node, which keeps its memory.
    ///
    /// Up to 256 messages wait in its inbox, and timers fire once it resumes.
    ///
    /// A second pause of a paused node has no effect, and the end of the first one resumes it.
    Pause {
        /// The node.
        node: N,
        /// How long; absent for until the fault phase ends.
        #[serde(rename = "duration_ns", with = "nanoseconds::optional", default)]
        duration: Option<Duration>,
    },
    /// Resumes a paused node.
    Resume {
        /// The node.
        node: N,
    },
}

impl NodeFault {
    /// Crashes a node for that long.
    pub fn crash(node: impl Into<String>, down_for: impl Into<Option<Duration>>) -> Self {
        Self::Crash { node: node.into(), down_for: down_for.into() }
    }

    /// Kills a node.
    pub fn kill(node: impl Into<String>) -> Self {
        Self::Kill { node: node.into() }
    }

    /// Pauses a node for that long.
    pub fn pause(node: impl Into<String>, duration: impl Into<Option<Duration>>) -> Self {
        Self::Pause { node: node.into(), duration: duration.into() }
    }
}

pub(super) const fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) const fn is_first(visit: &u32) -> bool {
    *visit == first()
}

impl<N> NodeFault<N> {
    /// The node that it hits.
    pub(crate) fn node(&self) -> &N {
        match self {
            Self::Crash { node, .. }
            | Self::CrashLoop { node, .. }
            | Self::CrashAt { node, .. }
            | Self::Restart { node }
            | Self::Kill { node }
            | Self::Pause { node, .. }
            | Self::Resume { node } => node,
        }
    }

    /// Copies the fault for another node, or for its own by another name.
    pub(crate) fn with_node<M>(&self, node: M) -> NodeFault<M> {
        match *self {
            Self::CrashAt { ref point, visit, down_for, duration, .. } => {
                NodeFault::CrashAt { node, point: point.clone(), visit, down_for, duration }
            }
            Self::Crash { down_for, .. } => NodeFault::Crash { node, down_for },
            Self::CrashLoop { down_for, up_for, duration, .. } => NodeFault::CrashLoop { node, down_for, up_for, duration },
            Self::Restart { .. } => NodeFault::Restart { node },
            Self::Kill { .. } => NodeFault::Kill { node },
            Self::Pause { duration, .. } => NodeFault::Pause { node, duration },
            Self::Resume { .. } => NodeFault::Resume { node },
        }
    }
}

impl From<NodeFault> for Fault {
    fn from(fault: NodeFault) -> Self {
        Self::Node(fault)
    }
}
