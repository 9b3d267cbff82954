//! Profiles of runs by the machine's clock.

use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed};
use cluster_sim_simulation::driver::{Clock, DriveScenario, Profiler};
use cluster_sim_simulation::{Profile, Report, Scenario, ScenarioError};
use parking_lot::Mutex;

use crate::clock::now;
use crate::run_progress::RunProgress;

/// See [`Explore::profile`](crate::Explore::profile).
pub(crate) fn profile(scenario: &Scenario, seed: Seed) -> (Report, Profile) {
    measure(scenario, seed, None)
}

/// See [`Explore::try_profile`](crate::Explore::try_profile).
pub(crate) fn try_profile(scenario: &Scenario, seed: Seed, progress: &RunProgress) -> Result<(Report, Profile), ScenarioError> {
    scenario.validate()?;
    Ok(measure(scenario, seed, Some(progress.heartbeat())))
}

/// Measures one run; what repeats a failing one is not part of it.
fn measure(scenario: &Scenario, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> (Report, Profile) {
    let (mut report, profile) = Profiler::new(scenario, clock()).run(seed, heartbeat);
    scenario.describe_failure(&mut report);
    (report, profile)
}

/// The clock of the machine, from here on.
fn clock() -> Clock {
    let began = now();
    Arc::new(move || began.elapsed())
}

/// The profilers of one scenario: one for each seed that runs at the same time.
pub(crate) struct Profilers {
    scenario: Scenario,
    idle: Mutex<Vec<Profiler>>,
}

impl Profilers {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        Self { scenario: scenario.clone(), idle: Mutex::default() }
    }

    /// Runs one seed, beating for every step.
    pub(crate) fn run(&self, seed: Seed, heartbeat: &Arc<Heartbeat>) -> (Report, Profile) {
        let idle = || self.idle.lock();
        let taken = idle().pop();
        let mut profiler = taken.unwrap_or_else(|| Profiler::new(&self.scenario, clock()));
        let result = profiler.run(seed, Some(Arc::clone(heartbeat)));
        idle().push(profiler);
        result
    }
}
