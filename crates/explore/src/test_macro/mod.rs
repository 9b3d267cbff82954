//! Entry points for tests made by `#[cluster_sim::test]`.
//!
//! The environment may ask for other seeds or a replay (`request.rs`). A test that takes a
//! `Seed` and makes its reports itself is swept by `report_target.rs`.

mod report_target;
mod request;
mod slow_seeds;

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_runtime::Seed;
use cluster_sim_simulation::text::ShowReport;
use cluster_sim_simulation::{FailureSummary, Outcome, Report, Scenario};

use report_target::ReportTarget;
use request::{Request, requested};
use slow_seeds::SlowSeeds;

use crate::artifacts::{ArtifactContext, Repeat, artifacts_root};
use crate::campaign::{Campaign, SeedRange, Sweep, idle_rules};
use crate::determinism::check_determinism;
use crate::environment::{REPLAY, SEED, SEEDS, environment_names, environment_variable, unknown_variables};
use crate::replay::{BuildInfo, Reproducer, ScenarioSource};
use crate::rerun::{Replay, replay};
use crate::runner::Runner;
use crate::shell::test_command;
use crate::shrink::ShrinkBounds;
use crate::trial::Trial;

/// A test and the options of its attribute.
#[derive(Debug, Clone)]
pub struct TestCase {
    /// Cargo package of the test.
    pub package: &'static str,
    /// Module path of the test, including the crate.
    pub module: &'static str,
    /// Name of the test function.
    pub name: &'static str,
    /// Seeds to run.
    pub seeds: Range<u64>,
    /// Number of different failures after which the test ends.
    pub max_failures: usize,
    /// Seeds run at a time; absent for the default.
    pub threads: Option<usize>,
    /// Whether seeds run in worker processes.
    pub isolate: bool,
    /// Whether two runs of the first seed are compared after all passed.
    pub check_determinism: bool,
    /// Whether missing coverage fails the test.
    pub require_coverage: bool,
    /// Whether a point that no seed reached fails the test.
    pub require_sometimes: bool,
    /// Real time after which no seed starts, in milliseconds; absent for no bound.
    pub max_time_ms: Option<u64>,
    /// Runs of a minimization, 0 for none at all; absent for the default.
    pub minimize_runs: Option<u64>,
    /// Real time of a minimization, in milliseconds; absent for the default.
    pub minimize_time_ms: Option<u64>,
}

impl TestCase {
    /// Name by which a test runner finds the test: the module path without the crate.
    fn path(&self) -> String {
        self.module.split_once("::").map_or_else(|| self.name.to_owned(), |(_, inside)| format!("{inside}::{}", self.name))
    }

    /// Where artifacts go, and the command that replays a reproducer.
    fn context(&self) -> ArtifactContext {
        let source = ScenarioSource::Test { package: self.package.to_owned(), name: self.path() };
        let named = source.clone();
        let replay = move |file: &Path| named.replay_command(file);
        // No package has a `.` in its name, and no module a `-`.
        let name = format!("{}-{}", self.package, self.path().replace("::", "."));
        ArtifactContext { name, source, build: BuildInfo::here(), replay: Box::new(replay) }
    }

    /// Replays a reproducer file with what runs its seed; the error says why the file cannot be replayed.
    fn replay(&self, file: &Path, runner_of: impl FnOnce(Seed) -> Result<Runner, String>) -> Result<Replay, String> {
        let refused = |reason: &dyn std::fmt::Display| format!("{REPLAY}={} cannot be replayed: {reason}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| refused(&error))?;
        let reproducer = Reproducer::parse(&text).map_err(|error| refused(&error))?;
        match &reproducer.source {
            ScenarioSource::Test { package, name } if *package == self.package && *name == self.path() => {}
            ScenarioSource::Test { package, name } => {
                let reason = format!("it is about test {name} of package {package}, not {}; run that one alone", self.path());
                return Err(refused(&reason));
            }
            ScenarioSource::Registered { name, .. } => {
                return Err(refused(&format!("it is about the scenario {name:?} that is run by name: `cluster-sim replay FILE`")));
            }
        }
        for change in reproducer.build.changes_to(&BuildInfo::here()) {
            eprintln!("warning: {}: {change}", file.display());
        }
        let runner = runner_of(reproducer.seed).map_err(|reason| refused(&reason))?;
        replay(&runner, &reproducer).map_err(|error| refused(&error))
    }

    /// The command that repeats a failure.
    ///
    /// For nondeterminism it asks for a range, since a range runs a failing seed twice more.
    fn rerun_hint(&self, report: &Report) -> String {
        let seed = report.seed();
        let (variable, value) = match &report.divergence {
            Some(_) => (SEEDS, SeedRange::from(seed, 1).to_string()),
            None => (SEED, seed.to_string()),
        };
        test_command(variable, &value, self.package, &self.path())
    }

    #[track_caller]
    fn run<'c>(&'c self, campaign: Campaign<'c>) -> Sweep {
        let mut slow = SlowSeeds::new(self.path());
        let campaign = campaign.progress(move |progress| slow.show(&progress));
        let mut campaign = campaign.rerun_hint(|report| self.rerun_hint(report)).sample_determinism(self.check_determinism);
        campaign = NonZeroUsize::new(self.max_failures).into_iter().fold(campaign, Campaign::max_failures);
        campaign = self.threads.and_then(NonZeroUsize::new).into_iter().fold(campaign, Campaign::threads);
        campaign = self.max_time_ms.map(Duration::from_millis).into_iter().fold(campaign, Campaign::max_time);
        campaign = campaign.shrink_bounds(self.shrink_bounds());
        campaign = if self.require_sometimes { campaign.require_sometimes() } else { campaign };
        campaign = if self.require_coverage { campaign.require_coverage() } else { campaign };
        if self.isolate { campaign.isolated().run() } else { campaign.run() }
    }

    fn shrink_bounds(&self) -> ShrinkBounds {
        let ShrinkBounds { runs, time } = ShrinkBounds::default();
        let time = self.minimize_time_ms.map_or(time, Duration::from_millis);
        ShrinkBounds { runs: self.minimize_runs.unwrap_or(runs), time }
    }

    /// Replays a file, and fails unless it passes.
    #[track_caller]
    fn assert_fixed(&self, file: &Path, runner_of: impl FnOnce(Seed) -> Result<Runner, String>) {
        match self.replay(file, runner_of) {
            Err(message) => panic!("{message}"),
            Ok(replay) if replay.report.outcome == Outcome::Held => eprint!("{replay}"),
            Ok(replay) => panic!("{replay}"),
        }
    }

    /// Writes the artifacts of a sweep, and fails unless all of it passed.
    #[track_caller]
    fn assert_passed(&self, mut sweep: Sweep, repeat: impl Fn(&Report) -> Result<Repeat, String>) {
        if !sweep.is_ok() {
            sweep.keep_artifacts_of(repeat, &self.context(), &artifacts_root(), |_| {});
            panic!("{sweep}");
        }
    }

    /// As [`assert_held`](Self::assert_held), for a seed of a sweep that passed: some of its rules may have had nothing to judge.
    #[track_caller]
    fn assert_held_in_sweep(&self, report: &Report) {
        if idle_rules(report).is_empty() {
            self.assert_held(report);
        }
    }

    #[track_caller]
    fn assert_held(&self, report: &Report) {
        assert!(report.outcome == Outcome::Held, "{}", report.text(Some(&self.rerun_hint(report))));
    }
}

/// Sweeps a scenario and checks the determinism of its first seed.
///
/// Runs what the environment asks for instead, if it asks for something.
///
/// # Panics
/// With what failed, or if an environment variable is invalid.
#[track_caller]
pub fn scenario_test(test: &TestCase, make: fn() -> Scenario) {
    runner_test(test, || Runner::of(&make()));
}

/// As [`scenario_test`], for a test that takes a seed or a trial and returns a report.
///
/// # Panics
/// As [`scenario_test`].
#[track_caller]
pub fn report_test<A: TestArgument>(test: &TestCase, run: fn(A) -> Report) {
    A::test(test, run);
}

/// The argument with which a test runs one seed.
#[diagnostic::on_unimplemented(
    message = "a test takes a `Seed` or a `Trial`, not `{Self}`",
    label = "take a `Seed` to run a scenario with it, or a `Trial` to start a run and steer it"
)]
pub trait TestArgument: Sized {
    /// Runs the test.
    ///
    /// # Panics
    /// As [`scenario_test`].
    #[track_caller]
    fn test(test: &TestCase, run: fn(Self) -> Report);
}

impl TestArgument for Trial {
    #[track_caller]
    fn test(test: &TestCase, run: fn(Self) -> Report) {
        runner_test(test, || Runner::of_test(test.path(), run));
    }
}

impl TestArgument for Seed {
    #[track_caller]
    fn test(test: &TestCase, run: fn(Self) -> Report) {
        let target = ReportTarget::new(test.path(), run);
        match asked() {
            Err(message) => panic!("{message}"),
            Ok(Request::Seed(seed)) => test.assert_held(&target.report(seed)),
            Ok(Request::Replay(file)) => test.assert_fixed(&file, |seed| target.runner(seed)),
            Ok(asked) => {
                let seeds = asked.seeds(&test.seeds);
                let sweep = test.run(Campaign::of(Arc::new(target.clone()), seeds.clone(), None));
                test.assert_passed(sweep, |report| target.repeat(report));
                if test.check_determinism {
                    test.assert_held_in_sweep(&target.compared(Seed(seeds.start), target.report(Seed(seeds.start))));
                }
            }
        }
    }
}

/// Parses the environment, and warns of variables in it that look like one of these and are none.
fn asked() -> Result<Request, String> {
    unknown_variables(environment_names()).iter().for_each(|warning| eprintln!("{warning}"));
    requested(environment_variable)
}

/// Tests what runs every seed and every case by itself.
#[track_caller]
fn runner_test(test: &TestCase, make: impl FnOnce() -> Runner) {
    match asked() {
        Err(message) => panic!("{message}"),
        Ok(Request::Seed(seed)) => {
            // A single seed is for debugging, so it is recorded with its events.
            let (recording, _) = make().record(Trial::new(seed));
            let (summary, rerun_hint) = (FailureSummary::of(&recording), test.rerun_hint(&recording.report));
            let text = recording.report.text(Some(&rerun_hint)).with_summary(summary.as_ref());
            assert!(recording.report.outcome == Outcome::Held, "{text}");
        }
        Ok(Request::Replay(file)) => test.assert_fixed(&file, |_| Ok(make())),
        Ok(asked) => {
            let (seeds, runner) = (asked.seeds(&test.seeds), make());
            let sweep = test.run(Campaign::of_runner(runner.clone(), seeds.clone()));
            test.assert_passed(sweep, |_| Ok((runner.clone(), None)));
            if test.check_determinism {
                match check_determinism(&runner, Seed(seeds.start)).into_report() {
                    Ok(report) => test.assert_held_in_sweep(&report),
                    Err(error) => panic!("two runs of seed {} could not be compared: {error}", Seed(seeds.start)),
                }
            }
        }
    }
}
