//! The command `run`.

use std::fs;
use std::path::Path;

use cluster_sim::DeterminismError;
use cluster_sim_scenarios::edge_cache::Defaults;
use cluster_sim_scenarios::{Artifact, BuiltinScenario, Prepared, Registry, ScenarioError, ScenarioErrorKind};

use crate::arguments::RunArguments;
use crate::report_file::ReportFile;
use crate::summary::summary;
use crate::thresholds::Judgement;
use crate::{print_stderr, print_stdout, progress};

/// The exit code of a finding.
const FINDING: u8 = 1;
/// The exit code of a rule that could not be judged.
const UNKNOWN: u8 = 4;

/// Runs one scenario once, writes its report, prints a summary, and answers with the exit code.
///
/// # Errors
/// If flags, scenario or report place do not fit; everything is looked at before the run, so that nothing was run.
pub(crate) fn run(arguments: &RunArguments, registry: &Registry, defaults: &Defaults) -> Result<u8, ScenarioError> {
    let mut prepared = prepare(&arguments.scenario, registry, defaults)?;
    if let Some(seed) = arguments.seed {
        prepared = prepared.with_seed(seed);
    }
    arguments.fail_on.iter().try_for_each(|threshold| threshold.check(&prepared))?;
    let report_file = ReportFile::prepare("--out", &arguments.out, Some(&arguments.scenario))?;

    let name = arguments.scenario.to_string_lossy();
    let (artifact, compared) = match progress::shown(&name, || perform(&prepared, arguments.check_determinism)) {
        Ok(performed) => performed,
        Err(error) => {
            print_stderr(&format!("cluster-sim: could not compare two runs: {error}\n"));
            return Ok(UNKNOWN);
        }
    };
    report_file.write(&artifact.to_json())?;

    let mut code = artifact.outcome.exit_code();
    let mut text = summary(&name, &artifact);
    if let Some(entries) = compared {
        text += &format!("twice   two processes agree in {entries} events and facts\n");
    }
    // Two runs that differ print_stdout nothing about a metric.
    let thresholds = if artifact.divergence.is_none() { &arguments.fail_on[..] } else { &[] };
    for threshold in thresholds {
        let (line, consequence) = match threshold.judge(&artifact) {
            Judgement::Within => continue,
            Judgement::Exceeded(line) => (line, FINDING),
            Judgement::Unmeasured(line) => (line, UNKNOWN),
        };
        print_stderr(&format!("cluster-sim: threshold: {line}\n"));
        // What the run itself came to weighs more; among thresholds a finding does.
        if code == 0 || (artifact.outcome.exit_code() == 0 && consequence == FINDING) {
            code = consequence;
        }
    }
    match report_file.path() {
        None => print_stderr(&text),
        Some(path) => {
            text += &format!("report  {}\n", path.display());
            print_stdout(&text);
        }
    }
    Ok(code)
}

/// Runs the scenario, if asked to in two processes; then also says in how many events and facts they agree, if they do.
fn perform(prepared: &Prepared, twice: bool) -> Result<(Artifact, Option<u64>), DeterminismError> {
    if !twice {
        return Ok((prepared.run(), None));
    }
    let twice = prepared.scenario().check_determinism_in_process(prepared.seed());
    let compared = twice.agreed().then(|| twice.compared());
    Ok((prepared.artifact(twice.into_report()?), compared))
}

/// The scenario of a file, or the ready one of that name; a file comes first, a folder of that name does not.
pub(crate) fn prepare(scenario: &Path, registry: &Registry, defaults: &Defaults) -> Result<Prepared, ScenarioError> {
    let name = scenario.to_string_lossy();
    if let (false, Some(ready)) = (scenario.is_file(), registry.named(&name)) {
        return ready.prepare(defaults);
    }
    let text = fs::read_to_string(scenario).map_err(|error| {
        let value = format!("{name:?}");
        if error.kind() == std::io::ErrorKind::NotFound {
            let names: Vec<_> = registry.scenarios().map(BuiltinScenario::name).collect();
            let cure = format!("name a scenario file, or one of {}", names.join(", "));
            ScenarioError::new(ScenarioErrorKind::Missing, &name, "--scenario", &value, &cure)
        } else {
            let cure = format!("name a file with JSON in UTF-8 that you may read ({error})");
            ScenarioError::new(ScenarioErrorKind::Unreadable, &name, "--scenario", &value, &cure)
        }
    })?;
    registry.read(&text, &name, defaults)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cluster_sim::{Effects, Input, LocalInstant, Machine, NodeId, NodeInfo, Scenario, Seed, Timer};
    use serde_json::{Value, json};
    use tempfile::TempDir;

    use super::*;

    /// Sends the number of its process.
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
        let leaky = Scenario::new("leaky").machines("leaky", 2, |seat: &NodeInfo| Leaky { peers: seat.peers() });
        Prepared::new(leaky.duration(Duration::from_secs(3)), Seed(7), json!({}))
    }

    /// Runs the leaky scenario as by the command line; the exit code and the report, if there is one.
    fn run_leaky(twice: bool) -> (u8, Option<Value>) {
        let registry = Registry::new().with(BuiltinScenario::new("leaky", "leaks", |_| Ok(prepared())));
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("report.json");
        let arguments =
            RunArguments { scenario: "leaky".into(), out: out.clone(), seed: None, check_determinism: twice, fail_on: Vec::new() };
        let code = run(&arguments, &registry, &Defaults::default()).unwrap();
        (code, fs::read_to_string(out).ok().map(|text| serde_json::from_str(&text).unwrap()))
    }

    #[test]
    fn two_processes_that_differ_end_with_3_and_a_report_that_says_where() {
        let (code, report) = run_leaky(true);
        let report = report.unwrap();
        assert_eq!((code, &report["outcome"]), (3, &json!("nondeterministic")));
        let event = &report["divergence"]["event"];
        assert_eq!(event["kind"], json!({"event": "send"}), "{event}");
        assert!(event["node"].as_str().unwrap().starts_with("leaky/"), "{event}");
        assert_eq!((&report["steps"], &report["traffic"]["sent"]), (&json!(0), &json!(0)), "nothing else is claimed");
    }

    #[test]
    fn one_run_of_a_leaky_scenario_looks_well() {
        let (code, report) = run_leaky(false);
        let report = report.unwrap();
        assert_eq!((code, &report["outcome"], report.get("divergence")), (0, &json!("held"), None));
    }

    #[test]
    fn two_runs_that_cannot_be_compared_end_with_4_and_without_a_report() {
        // No test is called so: the other process never comes to the call.
        let thread = std::thread::Builder::new().name("no such test".to_owned()).spawn(|| run_leaky(true)).unwrap();
        assert_eq!(thread.join().unwrap(), (UNKNOWN, None));
    }
}
