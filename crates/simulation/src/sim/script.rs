//! [`Script`]: the steps of a test in place of the fault phase.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use cluster_sim_runtime::take_panic_place;

use super::{Sim, message_of};
use crate::report::{PanicFinding, PanicSite};

/// Steps of a test during the fault phase.
#[derive(Clone)]
pub(crate) struct Script(Arc<dyn Fn(&mut Sim) + Send + Sync>);

impl Script {
    pub(crate) fn new(script: impl Fn(&mut Sim) + Send + Sync + 'static) -> Self {
        Self(Arc::new(script))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Script")
    }
}

impl Sim {
    /// Runs the fault phase: the script if there is one, else `duration`.
    pub(super) fn drive(&mut self) {
        self.report.by_hand = false;
        match self.script.take() {
            Some(script) => self.run_script(&*script.0),
            None => self.run_for(self.definition.duration),
        }
    }

    /// Runs a script. A panic in it is a finding, as one in node code.
    fn run_script(&mut self, script: &dyn Fn(&mut Self)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| script(self))) {
            let (at, step) = (self.now(), self.engine.core.kernel.steps());
            let (location, message) = (take_panic_place(), message_of(&*panic));
            let finding = PanicFinding { site: PanicSite::Test, task: None, location, message, at, step };
            self.report.panic.get_or_insert(finding);
            self.over = true;
        }
    }
}
