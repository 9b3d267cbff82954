//! What must hold, before there is a run to hold it against.

use std::fmt;
use std::sync::Arc;

use cluster_sim_invariants::{Invariant, Verdict, World};

pub(crate) type Test = Arc<dyn Fn(&World<'_>) -> Verdict + Send + Sync>;

/// One check of a scenario.
#[derive(Clone)]
pub(crate) enum Check {
    /// Must hold after every step.
    Always { name: String, test: Test },
    /// Must hold in the end.
    Eventually { name: String, test: Test },
    /// Folds in what changed.
    Observer { name: String, make: Arc<dyn Fn() -> Box<dyn Invariant> + Send + Sync> },
}

impl Check {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Always { name, .. } | Self::Eventually { name, .. } | Self::Observer { name, .. } => name,
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
