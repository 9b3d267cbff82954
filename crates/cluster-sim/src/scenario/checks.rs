//! What must hold, before there is a run to hold it against.

use std::fmt;
use std::sync::Arc;

use cluster_sim_invariants::{Invariant, Verdict, World};
use cluster_sim_types::Change;

pub(crate) type Test = Arc<dyn Fn(&World<'_>) -> Verdict + Send + Sync>;

/// Whether a change of the cluster is what a point of a scenario waits for.
pub(crate) type Seen = Arc<dyn Fn(&Change, &World<'_>) -> bool + Send + Sync>;

/// One check of a scenario.
#[derive(Clone)]
pub(crate) enum Check {
    /// Must hold after every step.
    Always { name: String, test: Test },
    /// Must hold in the end.
    Eventually { name: String, test: Test },
    /// Folds in what changed.
    Observer { name: String, make: Arc<dyn Fn() -> Box<dyn Invariant> + Send + Sync> },
    /// Must come about in some run.
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
