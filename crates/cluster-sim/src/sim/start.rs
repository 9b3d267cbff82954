//! Starts runs of a scenario.

use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed, SeedSchedule};

use super::Sim;
use super::build::build;
use crate::explain::describe_failure;
use crate::report::Report;
use crate::scenario::{Scenario, ScenarioError};

impl Scenario {
    /// Starts a run to be stepped from a test.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_start`](Self::try_start) returns the error instead.
    pub fn start(&self, seed: Seed) -> Sim {
        self.try_start(SeedSchedule::new(seed)).unwrap_or_else(|error| panic!("could not run scenario {:?}: {error}", self.0.name))
    }

    /// Starts a run to be stepped from a test, with one seed or several in turn.
    ///
    /// # Errors
    /// If the scenario is invalid: no nodes, two groups of one name, an invalid link model, or a fault or absent node that it
    /// does not have. Nothing was run.
    pub fn try_start(&self, seeds: SeedSchedule) -> Result<Sim, ScenarioError> {
        let choices = self.0.choices(false);
        build(Arc::clone(&self.0), seeds, choices)
    }

    /// Runs one seed: the fault phase, then the recovery phase.
    ///
    /// A failing run is repeated once, with recording, so that its report shows the messages of its last events; closures of the
    /// scenario run again too.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_start`](Self::try_start) returns the error instead.
    pub fn run(&self, seed: Seed) -> Report {
        let mut report = self.run_watched(seed, None);
        describe_failure(self, &mut report);
        report
    }

    /// As [`run`](Self::run), with a heartbeat for the watchdog.
    pub(crate) fn run_watched(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Report {
        self.start_watched(seed, heartbeat).run()
    }

    /// As [`start`](Self::start), with a heartbeat for the watchdog.
    pub(crate) fn start_watched(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Sim {
        let mut sim = self.start(seed);
        if let Some(heartbeat) = heartbeat {
            sim.engine.core.kernel.watch(heartbeat);
        }
        sim
    }
}

impl Sim {
    /// Runs from start to end.
    pub(crate) fn run(mut self) -> Report {
        self.drive();
        self.finish()
    }
}
