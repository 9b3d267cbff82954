//! Checks as a scenario declares them.

use std::fmt;
use std::sync::Arc;

use cluster_sim_invariants::{Invariant, Verdict, World};
use cluster_sim_types::Change;

pub(crate) type Test = Arc<dyn Fn(&World<'_>) -> Verdict + Send + Sync>;

/// Whether a change reaches a point of a scenario.
pub(crate) type Seen = Arc<dyn Fn(&Change, &World<'_>) -> bool + Send + Sync>;

/// A declared check.
#[derive(Clone)]
pub(crate) enum Check {
    /// Must hold after every step.
    Always { name: String, test: Test },
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
            | Self::Eventually { name, .. }
            | Self::Observer { name, .. }
            | Self::Sometimes { name, .. } => name,
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
