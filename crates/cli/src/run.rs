//! The command `run`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use cluster_sim::explore::{DeterminismError, Profile, RunProgress};
use cluster_sim::{Explore, Outcome, Report};
use cluster_sim_registry::{
    Artifact, BuiltinScenario, LimitJudgement, MetricLimit, Prepared, Registry, ScenarioError, ScenarioErrorKind, Variables,
};

use crate::arguments::{ProgressMode, RunArguments};
use crate::interrupt::Interrupt;
use crate::monitor::Monitor;
use crate::output::Output;
use crate::report_file::{Input, ReportFile};
use crate::streams::print_stderr;
use crate::summary::summary;
use crate::{UNKNOWN, unavailable};

/// Expected messages from which on a run is called large: some ten seconds on one core.
const MESSAGES_LARGE: u64 = 10_000_000;
/// Seconds that nodes live, from which on a run is called large where its messages are not known.
const NODE_SECONDS_LARGE: f64 = 1e6;

/// Runs one scenario once, writes its report, prints a summary, and returns the exit code.
///
/// # Errors
/// If flags, scenario or report file do not fit. All of them are checked first, so nothing was run.
pub(crate) fn run(arguments: &RunArguments, registry: &Registry, variables: &Variables) -> Result<u8, ScenarioError> {
    let scenario = arguments.scenario.name()?;
    let prepared = arguments.fault_profile.apply(prepare(scenario, registry, variables)?)?;
    let mut prepared = arguments.bounds.steps.apply(prepared);
    if let Some(seed) = arguments.seed {
        prepared = prepared.with_seed(seed);
    }
    arguments.limits.iter().try_for_each(|limit| limit.check(&prepared))?;
    let input = Input { what: "scenario", path: scenario };
    let report_file = arguments.out.as_ref().map(|out| ReportFile::prepare("--out", out, input)).transpose()?;

    let name = scenario.to_string_lossy();
    let interrupt = Interrupt::new().map_err(|error| unavailable("interrupt", &error))?;
    say_size(&name, &prepared, arguments.bounds.progress);
    let progress = RunProgress::default();
    let monitor = Monitor {
        mode: arguments.bounds.progress,
        interrupt: &interrupt,
        max_time: arguments.bounds.max_time,
        name: format!("{name}  seed={}", prepared.seed()),
        position: &|| position(&progress, prepared.scenario().size().duration),
        stdout_is_taken: report_file.as_ref().is_some_and(|file| file.path().is_none()),
    };
    let Performed { mut report, compared, profile } = match monitor.beside(|| perform(&prepared, arguments, &progress)) {
        Ok(performed) => performed,
        Err(error) => {
            print_stderr(&format!("cluster-sim: could not compare two runs: {error}\n"));
            return Ok(UNKNOWN);
        }
    };
    let artifact = prepared.artifact(report.clone());
    let mut output = Output::default();
    let is_written = report_file.as_ref().is_some_and(|file| output.file(file, &artifact.to_json()));

    report.outcome = with_limits(&arguments.limits, &artifact);
    let mut text = summary(&name, &report, &artifact);
    if let Some(entries) = compared {
        text += &format!("determinism  two processes agree in {entries} events and facts\n");
    }
    if let Some(path) = report_file.as_ref().filter(|_| is_written).and_then(ReportFile::path) {
        text += &format!("report  {}\n", path.display());
    }
    output.summary(&text, &[report_file.as_ref()]);
    if let Some(profile) = profile {
        print_stderr(&profile.to_string());
    }
    Ok(output.exit_code(report.outcome.exit_code()))
}

/// Prints a line for each limit that the run exceeds or does not measure, and returns the outcome of the run and its limits.
fn with_limits(limits: &[MetricLimit], artifact: &Artifact) -> Outcome {
    let mut outcome = artifact.outcome;
    // Two runs that differ prove nothing about a metric.
    let limits = if artifact.divergence.is_none() { limits } else { &[] };
    for limit in limits {
        let (line, consequence) = match limit.judge(artifact) {
            LimitJudgement::Within => continue,
            LimitJudgement::Exceeded(line) => (line, Outcome::Violated),
            LimitJudgement::Unmeasured(line) => (line, Outcome::Unknown),
        };
        print_stderr(&format!("cluster-sim: limit: {line}\n"));
        // The outcome of the run comes first; among limits a finding does.
        if outcome == Outcome::Held || (artifact.outcome == Outcome::Held && consequence == Outcome::Violated) {
            outcome = consequence;
        }
    }
    outcome
}

/// How far a run is, as a line says it.
pub(crate) fn position(progress: &RunProgress, duration: Duration) -> String {
    let (at, whole) = (progress.at().as_nanoseconds() as f64 / 1e9, duration.as_secs_f64());
    let share = if whole > 0.0 { (100.0 * at / whole).min(100.0) } else { 100.0 };
    format!("{at:.1}s of {whole}s of virtual time ({share:.0} %), {} steps", progress.steps())
}

/// Says before a run that may take long how large it is.
pub(crate) fn say_size(name: &str, prepared: &Prepared, mode: ProgressMode) {
    let (size, messages) = (prepared.scenario().size(), prepared.expected_messages());
    let is_large = match messages {
        Some(messages) => messages >= MESSAGES_LARGE,
        None => size.nodes() as f64 * size.duration.as_secs_f64() >= NODE_SECONDS_LARGE,
    };
    if is_large && mode != ProgressMode::Never {
        let messages = messages.map_or_else(String::new, |messages| format!(", about {messages} messages"));
        print_stderr(&format!("cluster-sim: {name} is large: {size}{messages}; --max-steps and --max-time bound a run\n"));
    }
}

/// The result of a run, and what was asked for beside it.
struct Performed {
    report: Report,
    /// The events and facts in which two processes agree, if they do.
    compared: Option<u64>,
    profile: Option<Profile>,
}

/// Runs the scenario once, with a profile if asked for, or in two processes.
fn perform(prepared: &Prepared, arguments: &RunArguments, progress: &RunProgress) -> Result<Performed, DeterminismError> {
    const CHECKED: &str = "the scenario was checked when it was prepared";
    let (scenario, seed) = (prepared.scenario(), prepared.seed());
    if arguments.check_determinism {
        let check = scenario.try_check_determinism_in_process(seed, progress).expect(CHECKED);
        let compared = check.agreed().then(|| check.compared());
        return Ok(Performed { report: check.into_report()?, compared, profile: None });
    }
    if arguments.profile {
        let (report, profile) = scenario.try_profile(seed, progress).expect(CHECKED);
        return Ok(Performed { report, compared: None, profile: Some(profile) });
    }
    Ok(Performed { report: scenario.try_run_with_progress(seed, progress).expect(CHECKED), compared: None, profile: None })
}

/// Reads the scenario of a file, or finds the builtin one of that name; a file wins over a name, a folder does not.
///
/// # Errors
/// If there is none, or it cannot be run.
pub(crate) fn prepare(scenario: &Path, registry: &Registry, variables: &Variables) -> Result<Prepared, ScenarioError> {
    let prepared = find(scenario, registry, variables)?;
    prepared.scenario().validate().map_err(|error| {
        let (name, cure) = (scenario.to_string_lossy(), error.to_string());
        ScenarioError::new(ScenarioErrorKind::Misfit, &name, "SCENARIO", &format!("{name:?}"), &cure)
    })?;
    Ok(prepared)
}

fn find(scenario: &Path, registry: &Registry, variables: &Variables) -> Result<Prepared, ScenarioError> {
    let name = scenario.to_string_lossy();
    if let (false, Some(builtin)) = (scenario.is_file(), registry.named(&name)) {
        return builtin.prepare(variables);
    }
    let text = fs::read_to_string(scenario).map_err(|error| {
        let value = format!("{name:?}");
        if error.kind() == std::io::ErrorKind::NotFound {
            let names: Vec<_> = registry.scenarios().map(BuiltinScenario::name).collect();
            let meant = registry.closest(&name).map_or_else(String::new, |closest| format!("did you mean {closest}? "));
            let cure = format!("{meant}name a scenario file, or one of {}", names.join(", "));
            ScenarioError::new(ScenarioErrorKind::Missing, &name, "SCENARIO", &value, &cure)
        } else {
            let cure = format!("name a file with JSON in UTF-8 that you may read ({error})");
            ScenarioError::new(ScenarioErrorKind::Unreadable, &name, "SCENARIO", &value, &cure)
        }
    })?;
    registry.read(&text, &name, variables)
}

#[cfg(test)]
mod tests {
    use cluster_sim::{Boot, Effects, Input, LocalInstant, Machine, NodeId, Scenario, Seed, Timer, VirtualInstant};
    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::*;
    use crate::arguments::Bounds;
    use crate::fault_profile::FaultProfileFile;

    /// Sends the id of its process, so that two processes differ.
    struct Leaky {
        peers: Vec<NodeId>,
    }

    impl Machine for Leaky {
        type Message = u32;
        type View = ();

        fn step(&mut self, _: LocalInstant, _: Input<u32>, effects: &mut Effects<u32>) {
            effects.send_all(&self.peers, std::process::id());
            effects.set_timer(Timer(0), Duration::from_secs(1));
        }

        fn view(&self) -> &() {
            &()
        }
    }

    fn prepared() -> Prepared {
        let leaky = Scenario::new("leaky").machines("leaky", 2, |node: &Boot| Leaky { peers: node.peers() });
        Prepared::new(leaky.duration(Duration::from_secs(3)), Seed(7), json!({}))
    }

    /// Runs the leaky scenario as the command line does; returns the exit code and the report, if there is one.
    fn run_leaky(check_determinism: bool) -> (u8, Option<Value>) {
        let registry = Registry::new().with_scenario(BuiltinScenario::new("leaky", "leaks", |_| Ok(prepared())));
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("report.json");
        let arguments = RunArguments {
            scenario: "leaky".into(),
            out: Some(out.clone()),
            fault_profile: FaultProfileFile::default(),
            seed: None,
            check_determinism,
            profile: false,
            limits: Vec::new(),
            bounds: Bounds { progress: ProgressMode::Never, ..Bounds::default() },
            twice: false,
        };
        let code = run(&arguments, &registry, &Variables::default()).unwrap();
        (code, fs::read_to_string(out).ok().map(|text| serde_json::from_str(&text).unwrap()))
    }

    #[test]
    fn processes_that_differ_exit_with_3_and_report_the_first_difference() {
        let (code, report) = run_leaky(true);
        let report = report.unwrap();
        assert_eq!((code, &report["outcome"]), (3, &json!("nondeterministic")));
        let event = &report["divergence"]["event"];
        assert_eq!(event["kind"], json!({"event": "send"}), "{event}");
        assert!(event["node"].as_str().unwrap().starts_with("leaky/"), "{event}");
        assert_eq!((&report["steps"], &report["traffic"]["sent"]), (&json!(0), &json!(0)), "nothing else is claimed");
    }

    #[test]
    fn the_summary_of_a_run_begins_as_its_report_does() {
        let fails = Scenario::new("two").machines("leaky", 2, |boot: &Boot| Leaky { peers: boot.peers() });
        let fails = fails.always("it is early", |world| world.now() < VirtualInstant::ZERO + Duration::from_secs(1));
        let prepared = Prepared::new(fails.duration(Duration::from_secs(3)), Seed(7), json!({}));
        let report = prepared.scenario().run(prepared.seed());
        let lines = report.verdict_lines("two").to_string();
        assert!(lines.starts_with("FAIL  two  seed=0x7  digest=") && lines.lines().count() >= 2, "{lines}");
        assert!(report.to_string().starts_with(&lines), "{report}");
        let summary = summary("two", &report, &prepared.artifact(report.clone()));
        assert!(summary.starts_with(&lines), "{summary}");
    }

    #[test]
    fn a_scenario_that_names_what_is_not_there_is_refused() {
        let broken = |_: &Variables| {
            let scenario = Scenario::new("broken").nodes("store", 2, async |_| {}).without("store/7");
            Ok(Prepared::new(scenario, Seed(7), json!({})))
        };
        let registry = Registry::new().with_scenario(BuiltinScenario::new("broken", "names what is not there", broken));
        let error = prepare(Path::new("broken"), &registry, &Variables::default()).err().unwrap();
        assert_eq!((error.kind, error.path.as_str()), (ScenarioErrorKind::Misfit, "SCENARIO"));
        assert!(error.cure.ends_with("; known: store/0, store/1"), "{error}");
    }

    #[test]
    fn one_run_of_a_leaky_scenario_passes() {
        let (code, report) = run_leaky(false);
        let report = report.unwrap();
        assert_eq!((code, &report["outcome"], report.get("divergence")), (0, &json!("held"), None));
    }

    #[test]
    fn runs_that_cannot_be_compared_exit_with_4_and_no_report() {
        // There is no test of this name, so the other process never reaches the call.
        let thread = std::thread::Builder::new().name("no such test".to_owned()).spawn(|| run_leaky(true)).unwrap();
        assert_eq!(thread.join().unwrap(), (UNKNOWN, None));
    }
}
