//! Checks as a scenario declares them.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use cluster_sim_invariants::{Invariant, Verdict, World};
use cluster_sim_types::{Change, NodeId};

use super::keys::Keys;
use crate::report::CheckKind;

pub(crate) type Test = Arc<dyn Fn(&World<'_>) -> Verdict + Send + Sync>;

/// Asks about a node and its view; `None` if the view has another type than the rule's.
pub(crate) type EachTest = Arc<dyn Fn(NodeId, &dyn Any) -> Option<Verdict> + Send + Sync>;

/// Makes the keys of a rule for one run.
pub(crate) type UniqueTest = Arc<dyn Fn() -> Box<dyn Keys> + Send + Sync>;

/// Whether a change reaches a point of a scenario.
pub(crate) type Seen = Arc<dyn Fn(&Change, &World<'_>) -> bool + Send + Sync>;

/// A declared check.
#[derive(Clone)]
pub(crate) enum Check {
    /// Must hold after every step.
    Always { name: String, test: Test },
    /// Must hold of each node by itself, after every step that may have changed its view.
    AlwaysEach { name: String, test: EachTest, view_type: &'static str },
    /// Must hold of no two nodes at once.
    AlwaysUnique { name: String, test: UniqueTest },
    /// Must hold at the end.
    Eventually { name: String, test: Test },
    /// Folds in every change.
    Observer { name: String, make: Arc<dyn Fn() -> Box<dyn Invariant> + Send + Sync> },
    /// Must be reached in some run.
    Sometimes { name: String, seen: Seen },
}

impl Check {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Always { name, .. }
            | Self::AlwaysEach { name, .. }
            | Self::AlwaysUnique { name, .. }
            | Self::Eventually { name, .. }
            | Self::Observer { name, .. }
            | Self::Sometimes { name, .. } => name,
        }
    }

    pub(crate) fn kind(&self) -> CheckKind {
        match self {
            Self::Always { .. } => CheckKind::Always,
            Self::AlwaysEach { .. } => CheckKind::AlwaysEach,
            Self::AlwaysUnique { .. } => CheckKind::AlwaysUnique,
            Self::Eventually { .. } => CheckKind::Eventually,
            Self::Observer { .. } => CheckKind::Observer,
            Self::Sometimes { .. } => CheckKind::Sometimes,
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
