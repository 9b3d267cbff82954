//! [`Runner`]: what runs a seed, a scenario by itself or a test that steers its runs.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, Seed, SeedSchedule, take_panic_place};
use cluster_sim_simulation::driver::{DecisionLog, DriveScenario, Lent, MakeReport, Outline, Recorder, RunObserver, message_of};
use cluster_sim_simulation::{Decision, Outcome, PanicFinding, PanicSite, Recording, Report, Scenario};
use cluster_sim_types::VirtualInstant;

use crate::replay::ReproducerError;
use crate::trial::{Aftermath, Trial};

/// Real time that a step may take in a test that starts its runs itself, and so names its scenario too late to set another.
const STEP_TIMEOUT: Duration = Duration::from_secs(30);

/// Real time that a run of such a test may take in a sweep.
const SEED_TIMEOUT: Duration = Duration::from_secs(600);

/// The finding of a test that did not start the run that it was asked for.
const NOT_STARTED: &str = "it returned a report without having started its trial; \
     start the run by `trial.start(&scenario)` or `trial.run(&scenario)`, and return the report of that run";

/// The finding of a test that returned the report of another run.
const OTHER_RUN: &str = "it returned the report of another run than the one that it started by its trial; \
     return the report of the run that `trial.start` or `trial.run` started";

/// Why a run that a test steered is not minimized by way of its scenario.
pub(crate) const STEERED: &str = "its test steers the run, so the scenario alone gives another one; \
     take a `Trial` in place of the `Seed`, and start the run by `trial.start(&scenario)`";

/// Runs seeds of a scenario, or of a test that steers runs of one, as they are or under a case.
#[derive(Debug, Clone)]
pub(crate) struct Runner {
    name: String,
    steers: Steers,
}

/// The code that steers the runs.
#[derive(Debug, Clone)]
enum Steers {
    /// None: the scenario says how long they take, or has a script.
    Scenario(Scenario),
    /// A test, which names its scenario when it starts a run.
    Test(fn(Trial) -> Report),
}

impl Runner {
    /// Runs a scenario by itself.
    pub(crate) fn of(scenario: &Scenario) -> Self {
        Self { name: scenario.name().to_owned(), steers: Steers::Scenario(scenario.clone()) }
    }

    /// Runs the test of that name.
    pub(crate) fn of_test(name: String, run: fn(Trial) -> Report) -> Self {
        Self { name, steers: Steers::Test(run) }
    }

    /// Name of the scenario or the test.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Hash of the declaration of the scenario, without the code in it; 0 for a test, whose declaration is code.
    pub(crate) fn declared(&self) -> u64 {
        self.scenario().map_or(0, DriveScenario::declaration_hash)
    }

    /// Real time that one step may take.
    pub(crate) fn step_timeout(&self) -> Duration {
        self.scenario().map_or(STEP_TIMEOUT, |scenario| scenario.outline().step_timeout)
    }

    /// Real time that one run may take in a sweep.
    pub(crate) fn seed_timeout(&self) -> Duration {
        self.scenario().map_or(SEED_TIMEOUT, |scenario| scenario.outline().seed_timeout)
    }

    /// Seeds of a sweep that run at once; absent for one per core.
    pub(crate) fn threads(&self) -> Option<NonZeroUsize> {
        self.scenario()?.outline().threads
    }

    /// The scenario; absent for a test.
    pub(crate) fn scenario(&self) -> Option<&Scenario> {
        match &self.steers {
            Steers::Scenario(scenario) => Some(scenario),
            Steers::Test(_) => None,
        }
    }

    /// The outline of the scenario, which for a test is that of a run of it; absent if that run never started.
    ///
    /// The steps of a test count as a script.
    pub(crate) fn outline(&self, of_run: &Report) -> Option<Outline> {
        if let Some(scenario) = self.scenario() {
            return Some(scenario.outline());
        }
        let mut outline = Scenario::of(of_run)?.outline();
        outline.is_scripted |= of_run.by_hand;
        Some(outline)
    }

    /// Panics if the scenario cannot be run; a test says so when it is run.
    pub(crate) fn assert_valid(&self, seed: Seed) {
        if let Some(scenario) = self.scenario() {
            drop(scenario.start(seed));
        }
    }

    /// Runs a trial.
    ///
    /// # Panics
    /// If a scenario cannot be run. A panic of a test is a finding.
    pub(crate) fn run(&self, trial: Trial) -> Report {
        match &self.steers {
            Steers::Scenario(scenario) => trial.run(scenario),
            Steers::Test(run) => {
                let trial = trial.keeping_report();
                let (seed, aftermath) = (trial.seed(), trial.aftermath());
                let result = catch_unwind(AssertUnwindSafe(|| run(trial)));
                result.map_or_else(
                    |panic| self.broken_off(seed, &aftermath, message_of(&*panic)),
                    |report| self.returned(seed, &aftermath, report),
                )
            }
        }
    }

    /// As [`run`](Self::run), in a fresh thread, which shows what earlier runs left behind in this one.
    pub(crate) fn run_in_fresh_thread(&self, seed: Seed, heartbeat: &Arc<Heartbeat>) -> Report {
        let run = || self.run(watched(seed, heartbeat));
        thread::scope(|scope| scope.spawn(run).join().unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// As [`run`](Self::run), with an observer, which is returned.
    ///
    /// If the observer left before the end, the report says nothing.
    pub(crate) fn run_observed<F: RunObserver>(&self, trial: Trial, observer: F) -> (F, Report) {
        let lent = Lent::new(observer);
        let report = self.run(trial.observed(Box::new(lent.clone())));
        (lent.take(), report)
    }

    /// As [`run`](Self::run), also returning the decisions of the run.
    pub(crate) fn run_with_decisions(&self, trial: Trial) -> (Report, Vec<Decision>) {
        let (log, report) = self.run_observed(trial.keeping_decisions(), DecisionLog::default());
        (report, log.into_decisions())
    }

    /// As [`run`](Self::run), recording the run with its decisions.
    pub(crate) fn record(&self, trial: Trial) -> (Recording, Vec<Decision>) {
        let (recorder, report) = self.run_observed(trial.keeping_decisions(), Recorder::new(Recording::EVENTS));
        recorder.finish(report)
    }

    /// As [`record`](Self::record), for a run of the scenario of that name under a case.
    ///
    /// # Errors
    /// If the scenario has another name, or the case does not fit it; nothing was run.
    pub(crate) fn replay(&self, trial: Trial, scenario: &str) -> Result<(Recording, Vec<Decision>), ReproducerError> {
        let trial = trial.replaying(scenario);
        let aftermath = trial.aftermath();
        let recorded = catch_unwind(AssertUnwindSafe(|| self.record(trial)));
        match aftermath.take_refused() {
            Some(refused) => Err(refused),
            None => Ok(recorded.unwrap_or_else(|panic| resume_unwind(panic))),
        }
    }

    /// Repeats a failing run of a scenario with recording, so that its report shows the texts of messages.
    pub(crate) fn describe_failure(&self, report: &mut Report) {
        if let Some(scenario) = self.scenario() {
            scenario.describe_failure(report);
        }
    }
}

/// The reports of tests.
impl Runner {
    /// The report of a test that panicked: that of its run so far, with the panic as finding unless there is one already.
    fn broken_off(&self, seed: Seed, aftermath: &Aftermath, message: String) -> Report {
        let Some(mut report) = aftermath.take_report() else { return panicked(&self.name, seed, message, take_panic_place()) };
        match &mut report.panic {
            Some(PanicFinding { site: PanicSite::Test, location: place, message: unknown, .. }) if unknown.is_empty() => {
                (*place, *unknown) = (take_panic_place(), message);
            }
            Some(_) => {}
            None if report.outcome == Outcome::Violated => {}
            None => {
                let (at, step) = (report.ended_at, report.steps);
                let location = take_panic_place();
                report.panic = Some(PanicFinding { site: PanicSite::Test, task: None, location, message, at, step });
                report.outcome = Outcome::Panicked;
            }
        }
        report
    }

    /// The report that a test returned, if it is that of its trial.
    fn returned(&self, seed: Seed, aftermath: &Aftermath, report: Report) -> Report {
        match aftermath.take_report() {
            Some(own) if own.is_of_run_of(&report) => report,
            _ if aftermath.has_started() => panicked(&self.name, seed, OTHER_RUN.to_owned(), None),
            _ => panicked(&self.name, seed, NOT_STARTED.to_owned(), None),
        }
    }
}

/// The report of a test that panicked, at `location` if that is known, and left no other.
pub(crate) fn panicked(name: &str, seed: Seed, message: String, location: Option<String>) -> Report {
    let mut report = Report::blank(name, SeedSchedule::new(seed));
    let at = VirtualInstant::ZERO;
    report.panic = Some(PanicFinding { site: PanicSite::Test, task: None, location, message, at, step: 0 });
    report.outcome = Outcome::Panicked;
    report
}

/// Adds a heartbeat to a trial of that seed.
pub(crate) fn watched(seed: Seed, heartbeat: &Arc<Heartbeat>) -> Trial {
    Trial::new(seed).watched(Arc::clone(heartbeat))
}
