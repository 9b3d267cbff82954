//! Entry points for tests made by `#[cluster_sim::test]`.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, Seed, SeedSchedule};
use cluster_sim_simulation::driver::{MakeReport, message_of};
use cluster_sim_simulation::text::ShowReport;
use cluster_sim_simulation::{FailureSummary, Outcome, PanicFinding, PanicSite, Report, Scenario};
use cluster_sim_types::VirtualInstant;

use super::artifacts::ArtifactContext;
use super::build_info::artifacts_root;
use super::builder::{Campaign, campaign};
use super::determinism::{check_determinism, confirm_report};
use super::failures::FailedSeed;
use super::range::SeedRange;
use super::rerun::{Replay, replay};
use super::sweep::Sweep;
use super::target::Target;
use crate::replay::{BuildInfo, Reproducer, ScenarioSource};

/// Environment variable: runs exactly one seed, once.
const SEED: &str = "CLUSTER_SIM_SEED";
/// Environment variable: replays the case of a reproducer file.
const REPLAY: &str = "CLUSTER_SIM_REPLAY";
/// Environment variable: runs other seeds than the test's own.
const SEEDS: &str = "CLUSTER_SIM_SEEDS";

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
}

impl TestCase {
    /// Name by which a test runner finds the test: the module path without the crate.
    fn path(&self) -> String {
        self.module.split_once("::").map_or_else(|| self.name.to_owned(), |(_, inside)| format!("{inside}::{}", self.name))
    }

    /// Where artifacts go, and the command that replays a reproducer.
    fn context(&self) -> ArtifactContext {
        let (package, path) = (self.package, self.path());
        let replay = move |file: &Path| format!("{REPLAY}={} cargo nextest run -p {package} -E 'test(={path})'", file.display());
        let source = ScenarioSource::Test { package: self.package.to_owned(), name: self.path() };
        let name = format!("{}-{}", self.package, self.path().replace("::", "-"));
        ArtifactContext { name, source, build: BuildInfo::here(), replay: Box::new(replay) }
    }

    /// Replays a reproducer file; the error says why the file cannot be replayed.
    fn replay(&self, scenario: &Scenario, file: &Path) -> Result<Replay, String> {
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
        replay(scenario, &reproducer).map_err(|error| refused(&error))
    }

    /// The command that repeats a failure.
    ///
    /// For nondeterminism it asks for a range, since a range runs a failing seed twice more.
    fn rerun_hint(&self, report: &Report) -> String {
        let seed = report.seed();
        let seeds = match &report.divergence {
            Some(_) => format!("{SEEDS}={}", SeedRange::from(seed, 1)),
            None => format!("{SEED}={seed}"),
        };
        format!("{seeds} cargo nextest run -p {} -E 'test(={})'", self.package, self.path())
    }

    #[track_caller]
    fn run<'c>(&'c self, campaign: Campaign<'c>) -> Sweep {
        let mut campaign = campaign.rerun_hint(|report| self.rerun_hint(report));
        campaign = NonZeroUsize::new(self.max_failures).into_iter().fold(campaign, Campaign::max_failures);
        campaign = self.threads.and_then(NonZeroUsize::new).into_iter().fold(campaign, Campaign::threads);
        if self.isolate { campaign.isolated().run() } else { campaign.run() }
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
    match requested(environment_variable) {
        Err(message) => panic!("{message}"),
        Ok(Request::Seed(seed)) => {
            // A single seed is for debugging, so it is recorded with its events.
            let recording = make().record(seed);
            let (summary, rerun_hint) = (FailureSummary::of(&recording), test.rerun_hint(&recording.report));
            let text = recording.report.text(Some(&rerun_hint)).with_summary(summary.as_ref());
            assert!(recording.report.outcome == Outcome::Held, "{text}");
        }
        Ok(Request::Replay(file)) => match test.replay(&make(), &file) {
            Err(message) => panic!("{message}"),
            Ok(replay) if replay.report.outcome == Outcome::Held => eprint!("{replay}"),
            Ok(replay) => panic!("{replay}"),
        },
        Ok(asked) => {
            let seeds = asked.seeds(test);
            let scenario = make();
            let mut sweep = test.run(campaign(&scenario, seeds.clone()));
            if !sweep.is_ok() {
                sweep.keep_artifacts(&scenario, &test.context(), &artifacts_root(), |_| {});
                panic!("{sweep}");
            }
            if test.check_determinism {
                match check_determinism(&scenario, Seed(seeds.start)).into_report() {
                    Ok(report) => test.assert_held(&report),
                    Err(error) => panic!("two runs of seed {} could not be compared: {error}", Seed(seeds.start)),
                }
            }
        }
    }
}

/// As [`scenario_test`], for a test that makes its reports itself; these are compared whole.
///
/// # Panics
/// As [`scenario_test`].
#[track_caller]
pub fn report_test(test: &TestCase, run: fn(Seed) -> Report) {
    let target = ReportTarget { name: test.path(), run };
    match requested(environment_variable) {
        Err(message) => panic!("{message}"),
        Ok(Request::Seed(seed)) => test.assert_held(&target.report(seed)),
        Ok(Request::Replay(_)) => {
            panic!("{REPLAY}: a test that drives its runs itself has no file to replay; have it give a `Scenario::script`")
        }
        Ok(asked) => {
            let seeds = asked.seeds(test);
            let sweep = test.run(Campaign::of(Arc::new(target.clone()), seeds.clone(), None));
            assert!(sweep.is_ok(), "{sweep}");
            if test.check_determinism {
                test.assert_held(&confirm_report(
                    target.report(Seed(seeds.start)),
                    &target.report_in_fresh_thread(Seed(seeds.start)),
                ));
            }
        }
    }
}

/// Request of the environment.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    /// The seeds of the test.
    Default,
    /// Exactly that seed, once.
    Seed(Seed),
    /// These seeds.
    Seeds(SeedRange),
    /// The case of a reproducer file.
    Replay(PathBuf),
}

impl Request {
    fn seeds(&self, test: &TestCase) -> Range<u64> {
        match self {
            Self::Seeds(seeds) => seeds.seeds(),
            Self::Default | Self::Seed(_) | Self::Replay(_) => test.seeds.clone(),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the environment of a test selects its seeds")]
fn environment_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Parses the environment; the error names the variable and the cure.
fn requested(environment_variable: impl Fn(&str) -> Option<OsString>) -> Result<Request, String> {
    let value = |name: &str| environment_variable(name).map(|value| value.to_string_lossy().into_owned());
    let refused = |name: &str, error: &dyn std::fmt::Display| format!("{name} cannot be taken: {error}; or unset it");
    if let Some(file) = environment_variable(REPLAY) {
        return Ok(Request::Replay(PathBuf::from(file)));
    }
    match (value(SEED), value(SEEDS)) {
        (None, None) => Ok(Request::Default),
        (Some(seed), None) => seed.parse().map(Request::Seed).map_err(|error| refused(SEED, &error)),
        (None, Some(seeds)) => seeds.parse().map(Request::Seeds).map_err(|error| refused(SEEDS, &error)),
        (Some(seed), Some(seeds)) => {
            Err(format!("{SEED}={seed} asks for one seed and {SEEDS}={seeds} for others; unset one of the two variables"))
        }
    }
}

/// A test that makes a report for each seed.
#[derive(Debug, Clone)]
struct ReportTarget {
    name: String,
    run: fn(Seed) -> Report,
}

impl ReportTarget {
    /// Runs the test; a panic is a finding of its seed.
    fn report(&self, seed: Seed) -> Report {
        catch_unwind(AssertUnwindSafe(|| (self.run)(seed))).unwrap_or_else(|panic| {
            let mut report = Report::blank(&self.name, SeedSchedule::new(seed));
            let (site, message, at) = (PanicSite::Test, message_of(&*panic), VirtualInstant::ZERO);
            report.panic = Some(PanicFinding { site, task: None, message, at, step: 0 });
            report.outcome = Outcome::Panicked;
            report
        })
    }

    /// Runs the test in a fresh thread, which shows what earlier runs left behind in this one.
    fn report_in_fresh_thread(&self, seed: Seed) -> Report {
        thread::scope(|scope| scope.spawn(|| self.report(seed)).join().expect("a panic of the test is a finding"))
    }
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

    fn run(&self, seed: Seed, _: &Arc<Heartbeat>) -> Report {
        self.report(seed)
    }

    fn confirm(&self, seed: Seed, found: Report, _: &Arc<Heartbeat>, _: bool) -> FailedSeed {
        FailedSeed::unrecorded(confirm_report(found, &self.report_in_fresh_thread(seed)))
    }

    fn stuck(&self, _: Seed) -> Report {
        unreachable!("such a run has no step timeout")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn asked(seed: Option<&str>, seeds: Option<&str>) -> Result<Request, String> {
        requested(|name| match name {
            SEED => seed.map(OsString::from),
            SEEDS => seeds.map(OsString::from),
            _ => None,
        })
    }

    #[test]
    fn the_environment_asks_for_one_seed_or_for_many() {
        assert_eq!(asked(None, None), Ok(Request::Default));
        assert_eq!(asked(Some("0x2a"), None), Ok(Request::Seed(Seed(42))));
        let seeds = |text: &str| Ok(Request::Seeds(text.parse().unwrap()));
        assert_eq!((asked(None, Some("5..9")), asked(None, Some("9"))), (seeds("5..9"), seeds("0..9")));
    }

    #[rstest]
    #[case(Some("many"), None, "CLUSTER_SIM_SEED cannot be taken: \"many\" is not a seed; use a decimal number")]
    #[case(Some(""), None, "CLUSTER_SIM_SEED cannot be taken: \"\" is not a seed;")]
    #[case(None, Some("5..5"), "CLUSTER_SIM_SEEDS cannot be taken: \"5..5\" is no range of seeds")]
    #[case(Some("1"), Some("5..6"), "CLUSTER_SIM_SEED=1 asks for one seed and CLUSTER_SIM_SEEDS=5..6 for others; unset one")]
    fn an_invalid_request_is_named_with_its_cure(#[case] seed: Option<&str>, #[case] seeds: Option<&str>, #[case] expected: &str) {
        let message = asked(seed, seeds).unwrap_err();
        assert!(message.starts_with(expected) && message.contains("unset"), "{message}");
    }
}
