//! [`RunProgress`]: how far a run is, for another thread.

use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed};
use cluster_sim_simulation::driver::DriveScenario;
use cluster_sim_simulation::{Report, Scenario, ScenarioError};
use cluster_sim_types::VirtualInstant;

use crate::runner::{Runner, watched};

/// How far a run is, readable from another thread while it goes on. Clones are of the same run.
#[derive(Debug, Clone, Default)]
pub struct RunProgress(Arc<Heartbeat>);

impl RunProgress {
    /// The beats of a run that reports its progress here.
    pub(crate) fn heartbeat(&self) -> Arc<Heartbeat> {
        Arc::clone(&self.0)
    }

    /// Steps begun.
    pub fn steps(&self) -> u64 {
        self.0.progress().1
    }

    /// The virtual instant of the last of them.
    pub fn at(&self) -> VirtualInstant {
        self.0.at()
    }
}

/// See [`Explore::try_run_with_progress`](crate::Explore::try_run_with_progress).
pub(crate) fn run_with_progress(scenario: &Scenario, seed: Seed, progress: &RunProgress) -> Result<Report, ScenarioError> {
    scenario.validate()?;
    let mut report = Runner::of(scenario).run(watched(seed, &progress.heartbeat()));
    scenario.describe_failure(&mut report);
    Ok(report)
}
