//! The command `run`.

use std::fs;
use std::path::Path;

use cluster_sim_scenarios::edge_cache::Defaults;
use cluster_sim_scenarios::{Prepared, ReadyScenario, Registry, ScenarioError, ScenarioErrorKind};

use crate::arguments::RunArguments;
use crate::report_file::ReportFile;
use crate::summary::summary;
use crate::thresholds::Judgement;
use crate::{complain, progress, say};

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
    let report_file = ReportFile::prepare(&arguments.out, Some(&arguments.scenario))?;

    let name = arguments.scenario.to_string_lossy();
    let artifact = progress::shown(&name, || prepared.run());
    report_file.write(&artifact.to_json())?;

    let mut code = artifact.outcome.exit_code();
    let mut text = summary(&name, &artifact);
    for threshold in &arguments.fail_on {
        let (line, consequence) = match threshold.judge(&artifact) {
            Judgement::Within => continue,
            Judgement::Exceeded(line) => (line, FINDING),
            Judgement::Unmeasured(line) => (line, UNKNOWN),
        };
        complain(&format!("cluster-sim: threshold: {line}\n"));
        // What the run itself came to weighs more; among thresholds a finding does.
        if code == 0 || (artifact.outcome.exit_code() == 0 && consequence == FINDING) {
            code = consequence;
        }
    }
    match report_file {
        ReportFile::Stdout => complain(&text),
        ReportFile::Device(path) | ReportFile::File(path) => {
            text += &format!("report  {}\n", path.display());
            say(&text);
        }
    }
    Ok(code)
}

/// The scenario of a file, or the ready one of that name; a file comes first, a folder of that name does not.
fn prepare(scenario: &Path, registry: &Registry, defaults: &Defaults) -> Result<Prepared, ScenarioError> {
    let name = scenario.to_string_lossy();
    if let (false, Some(ready)) = (scenario.is_file(), registry.named(&name)) {
        return ready.prepare(defaults);
    }
    let text = fs::read_to_string(scenario).map_err(|error| {
        let value = format!("{name:?}");
        if error.kind() == std::io::ErrorKind::NotFound {
            let names: Vec<_> = registry.scenarios().map(ReadyScenario::name).collect();
            let cure = format!("name a scenario file, or one of {}", names.join(", "));
            ScenarioError::new(ScenarioErrorKind::Missing, &name, "--scenario", &value, &cure)
        } else {
            let cure = format!("name a file with JSON in UTF-8 that you may read ({error})");
            ScenarioError::new(ScenarioErrorKind::Unreadable, &name, "--scenario", &value, &cure)
        }
    })?;
    registry.read(&text, &name, defaults)
}
