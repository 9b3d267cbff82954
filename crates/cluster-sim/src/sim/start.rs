//! Starting runs of a scenario.

use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed, SeedSchedule};

use super::Sim;
use super::build::build;
use crate::explain::describe_failure;
use crate::report::Report;
use crate::scenario::{Scenario, ScenarioError};

impl Scenario {
    /// Starts a run to be driven by hand.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_start`](Self::try_start) says so in a value.
    pub fn start(&self, seed: Seed) -> Sim {
        self.try_start(SeedSchedule::new(seed)).unwrap_or_else(|error| panic!("could not run scenario {:?}: {error}", self.0.name))
    }

    /// Starts a run to be driven by hand, under one seed or several in turn.
    ///
    /// # Errors
    /// If a fault, an empty seat or a link names what the scenario does not have; nothing was run.
    pub fn try_start(&self, seeds: SeedSchedule) -> Result<Sim, ScenarioError> {
        let choices = self.0.choices(false);
        build(Arc::clone(&self.0), seeds, choices)
    }

    /// Runs one seed from start to end: so long as the scenario lasts, then the calm.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_start`](Self::try_start) says so in a value.
    pub fn run(&self, seed: Seed) -> Report {
        let mut report = self.run_watched(seed, None);
        describe_failure(self, &mut report);
        report
    }

    /// The same, with word of every step left for somebody who watches from outside.
    pub(crate) fn run_watched(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Report {
        self.start_watched(seed, heartbeat).run()
    }

    /// Starts a run that leaves word of every step for somebody who watches from outside, if anybody does.
    pub(crate) fn start_watched(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> Sim {
        let mut sim = self.start(seed);
        if let Some(heartbeat) = heartbeat {
            sim.engine.core.kernel.watch(heartbeat);
        }
        sim
    }
}

impl Sim {
    /// What was just started, from start to end.
    pub(crate) fn run(mut self) -> Report {
        self.drive();
        self.finish()
    }
}
