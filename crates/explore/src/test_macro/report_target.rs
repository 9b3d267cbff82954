//! [`ReportTarget`]: a test that takes a seed and returns the report of its run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, Seed, take_panic_place};
use cluster_sim_simulation::driver::{DriveScenario, message_of};
use cluster_sim_simulation::{Difference, Report, Scenario};

use crate::artifacts::Repeat;
use crate::campaign::Target;
use crate::determinism::{FailedSeed, confirm, confirm_report};
use crate::runner::{Runner, STEERED, panicked};
use crate::trial::Trial;

/// Why a test that panicked is not minimized by way of its scenario.
const LOST: &str = "the test panicked, so the report of its run is lost, and with it the scenario; \
     take a `Trial` in place of the `Seed`, and start the run by `trial.start(&scenario)` or `trial.run(&scenario)`";

/// A test that makes a report for each seed.
#[derive(Debug, Clone)]
pub(super) struct ReportTarget {
    name: String,
    run: fn(Seed) -> Report,
}

impl ReportTarget {
    pub(super) fn new(name: String, run: fn(Seed) -> Report) -> Self {
        Self { name, run }
    }

    /// Runs the test; a panic is a finding of its seed, and so is the report of another seed.
    pub(super) fn report(&self, seed: Seed) -> Report {
        match catch_unwind(AssertUnwindSafe(|| (self.run)(seed))) {
            Ok(report) if report.seed() == seed => report,
            Ok(report) => panicked(&self.name, seed, other_seed(seed, report.seed()), None),
            Err(panic) => panicked(&self.name, seed, message_of(&*panic), take_panic_place()),
        }
    }

    /// Runs the test in a fresh thread, which shows what earlier runs left behind in this one.
    fn report_in_fresh_thread(&self, seed: Seed) -> Report {
        thread::scope(|scope| scope.spawn(|| self.report(seed)).join().expect("a panic of the test is a finding"))
    }

    /// Returns `found` if the test gives it again, otherwise a report of how the two runs differ.
    pub(super) fn compared(&self, seed: Seed, found: Report) -> Report {
        let rerun = self.report_in_fresh_thread(seed);
        let scenarios = Scenario::of(&found).zip(Scenario::of(&rerun));
        let mut report = confirm_report(found.clone(), &rerun);
        let Some(divergence) = &mut report.divergence else { return report };
        let Some((scenario, other)) = scenarios else { return report };
        let [left, right] = [&other, &scenario].map(|scenario| format!("declared as {:016x}", scenario.declaration_hash()));
        if left != right {
            divergence.differences.insert(0, Difference { place: "scenario of the test".to_owned(), left, right });
            return report;
        }
        // The scenario alone may show the first event that differs.
        let alone = confirm(&Runner::of(&scenario), seed, found, &Arc::default(), false).report;
        let has_event = alone.divergence.as_ref().is_some_and(|divergence| divergence.event.is_some());
        if has_event { alone } else { report }
    }

    /// The scenario that the test runs with the seed, which runs it under a case.
    pub(super) fn runner(&self, seed: Seed) -> Result<Runner, String> {
        Scenario::of(&self.report(seed)).map(|scenario| Runner::of(&scenario)).ok_or_else(|| LOST.to_owned())
    }

    /// The scenario of a failing run, with the decisions of the run, if it gives that run by itself.
    pub(super) fn repeat(&self, report: &Report) -> Result<Repeat, String> {
        let runner = match Scenario::of(report) {
            Some(scenario) => Runner::of(&scenario),
            // The report of a worker process comes without its scenario.
            None => self.runner(report.seed())?,
        };
        let (alone, decisions) = runner.run_with_decisions(Trial::new(report.seed()));
        let is_alike = match (alone.finding(), report.finding()) {
            (Some(alone), Some(found)) => alone.is_like(&found),
            (alone, found) => alone == found,
        };
        if is_alike && alone.digest == report.digest { Ok((runner, Some(decisions))) } else { Err(STEERED.to_owned()) }
    }
}

/// The finding of a test that ran another seed than it was given.
fn other_seed(given: Seed, ran: Seed) -> String {
    format!("it was given seed {given} and returned the report of seed {ran}; run the scenario with the seed that it is given")
}

impl Target for ReportTarget {
    fn name(&self) -> &str {
        &self.name
    }

    fn declared(&self) -> u64 {
        0
    }

    fn step_timeout(&self) -> Duration {
        // The steps of such a run cannot be observed from outside.
        Duration::MAX
    }

    fn seed_timeout(&self) -> Duration {
        // Nor ended.
        Duration::MAX
    }

    fn run(&self, seed: Seed, _: &Arc<Heartbeat>) -> Report {
        self.report(seed)
    }

    fn run_in_fresh_thread(&self, seed: Seed, _: &Arc<Heartbeat>) -> Report {
        self.report_in_fresh_thread(seed)
    }

    fn confirm(&self, seed: Seed, found: Report, _: &Arc<Heartbeat>, _: bool) -> FailedSeed {
        FailedSeed::unrecorded(self.compared(seed, found))
    }

    fn stuck(&self, _: Seed) -> Report {
        unreachable!("such a run has no step timeout")
    }
}
