//! The command `replay`: a failing run once more.

use std::fs;

use cluster_sim::{Code, Driver, Outcome, Reproducer, Scenario, explain};
use cluster_sim_scenarios::edge_cache::Defaults;
use cluster_sim_scenarios::{Registry, ScenarioError, ScenarioErrorKind};

use crate::arguments::ReplayArguments;
use crate::report_file::ReportFile;
use crate::run::prepare;
use crate::{complain, say};

/// Runs a reproducer's story, says whether it is the same run, and answers with the exit code.
///
/// # Errors
/// If the file is no reproducer that fits a scenario of the registry; nothing was run.
pub(crate) fn replay(arguments: &ReplayArguments, registry: &Registry, defaults: &Defaults) -> Result<u8, ScenarioError> {
    let file = arguments.file.to_string_lossy();
    let refused = |value: &str, cure: &str| ScenarioError::new(ScenarioErrorKind::Misfit, &file, "reproducer", value, cure);
    let text = fs::read_to_string(&arguments.file)
        .map_err(|error| refused("the file", &format!("name one that can be read ({error})")))?;
    let reproducer = Reproducer::parse(&text).map_err(|error| refused("the file", &error.to_string()))?;
    let scenario = scenario_of(&reproducer, &file, registry, defaults)?;
    let page = arguments.html.as_ref().map(|page| ReportFile::prepare("--html", page, None)).transpose()?;
    let changes = reproducer.code.changes_to(&Code::here());
    changes.iter().for_each(|change| complain(&format!("warning: {file}: {change}\n")));
    let replay = if arguments.whole { scenario.replay_whole(&reproducer) } else { scenario.replay(&reproducer) };
    let replay = replay.map_err(|error| refused("the file", &error.to_string()))?;
    say(&replay.to_string());
    if let Some(page) = page {
        let story = if arguments.whole { &reproducer.story } else { reproducer.smallest().0 };
        let recording = story.told_by(&scenario).record(reproducer.seed);
        page.write(&explain::html(&recording, Some(&format!("cluster-sim replay {file}"))))?;
    }
    let is_other_run_of_equal_code = !replay.is_same() && changes.is_empty() && reproducer.code.revision.is_some();
    let outcome = if is_other_run_of_equal_code { Outcome::Nondeterministic } else { replay.report.outcome };
    Ok(outcome.exit_code())
}

fn scenario_of(reproducer: &Reproducer, file: &str, registry: &Registry, defaults: &Defaults) -> Result<Scenario, ScenarioError> {
    let prepared = match &reproducer.driver {
        Driver::Registered { name, file: Some(document) } => registry.read(&document.to_string(), name, defaults)?,
        Driver::Registered { name, file: None } => prepare(name.as_ref(), registry, defaults)?,
        Driver::Test { package, name } => {
            let cure = format!("run it by: CLUSTER_SIM_REPLAY={file} cargo nextest run -p {package} -E 'test(={name})'");
            let value = format!("test {name} of package {package}");
            return Err(ScenarioError::new(ScenarioErrorKind::Misfit, file, "driver", &value, &cure));
        }
    };
    Ok(prepared.scenario().clone())
}
