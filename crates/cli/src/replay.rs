//! The command `replay`: runs a reproducer again.

use std::fs;
use std::path::Path;

use cluster_sim::explore::{BuildInfo, Reproducer, ReproducerError, RunProgress, ScenarioSource};
use cluster_sim::{Explore, Outcome, Scenario, explain};
use cluster_sim_registry::{BuiltinScenario, Registry, ScenarioError, ScenarioErrorKind, Variables};

use crate::arguments::ReplayArguments;
use crate::interrupt::Interrupt;
use crate::monitor::Monitor;
use crate::output::Output;
use crate::report_file::{Input, ReportFile};
use crate::run::position;
use crate::streams::print_stderr;
use crate::unavailable;

/// Runs a reproducer's case, compares it with the recorded run, and returns the exit code.
///
/// # Errors
/// If the file is not a reproducer, or not of a scenario in the registry; nothing was run.
pub(crate) fn replay(arguments: &ReplayArguments, registry: &Registry, variables: &Variables) -> Result<u8, ScenarioError> {
    let file = arguments.file.to_string_lossy();
    let refused = |error: &ReproducerError| {
        ScenarioError::new(ScenarioErrorKind::Misfit, &file, "reproducer", "the file", &error.to_string())
    };
    let text = fs::read_to_string(&arguments.file).map_err(|error| unread(&file, &error))?;
    let reproducer = Reproducer::parse(&text).map_err(|error| refused(&error))?;
    let scenario = scenario_of(&reproducer, &file, registry, variables)?;
    let input = Input { what: "reproducer", path: &arguments.file };
    let page = arguments.html.as_ref().map(|page| ReportFile::prepare("--html", page, input)).transpose()?;
    let changes = reproducer.build.changes_to(&BuildInfo::here());
    changes.iter().for_each(|change| print_stderr(&format!("warning: {file}: {change}\n")));
    let interrupt = Interrupt::new().map_err(|error| unavailable("interrupt", &error))?;
    let asked = if arguments.original { reproducer.original() } else { reproducer.clone() };
    let duration = asked.smallest().0.duration.unwrap_or(scenario.size().duration);
    let progress = RunProgress::default();
    let monitor = Monitor {
        mode: arguments.progress,
        interrupt: &interrupt,
        max_time: None,
        name: format!("{file}  seed={}", reproducer.seed),
        position: &|| position(&progress, duration),
        stdout_is_taken: page.as_ref().is_some_and(|page| page.path().is_none()),
    };
    let replay = monitor.beside(|| scenario.replay_with_progress(&asked, &progress));
    let replay = replay.map_err(|error| refused(&error))?;
    let mut output = Output::default();
    output.summary(&replay.to_string(), &[page.as_ref()]);
    match (page, &replay.recording) {
        (Some(page), Some(recording)) => {
            output.file(&page, &explain::html(recording, Some(&reproducer.source.replay_command(&arguments.file))));
        }
        (Some(_), None) => print_stderr("cluster-sim: no page was written: the run never returned from a step\n"),
        (None, _) => {}
    }
    let is_same_build = changes.is_empty() && is_known(&reproducer.build);
    let outcome = if is_same_build && !replay.is_same() { Outcome::Nondeterministic } else { replay.report.outcome };
    Ok(output.exit_code(outcome.exit_code()))
}

/// Whether the revision identifies the code; uncommitted changes may differ from one build to the next.
fn is_known(build: &BuildInfo) -> bool {
    build.revision.as_ref().is_some_and(|revision| !revision.ends_with("-dirty"))
}

fn unread(file: &str, error: &std::io::Error) -> ScenarioError {
    let (kind, cure) = match error.kind() {
        std::io::ErrorKind::NotFound => {
            (ScenarioErrorKind::Missing, "name the reproducer.json that a failing sweep wrote".to_owned())
        }
        _ => (ScenarioErrorKind::Unreadable, format!("name a file with JSON in UTF-8 that you may read ({error})")),
    };
    ScenarioError::new(kind, file, "FILE", &format!("{file:?}"), &cure)
}

fn scenario_of(reproducer: &Reproducer, file: &str, registry: &Registry, variables: &Variables) -> Result<Scenario, ScenarioError> {
    let prepared = match &reproducer.source {
        ScenarioSource::Registered { name, file: Some(document) } => registry.read(&document.to_string(), name, variables)?,
        // By name alone: a file of that name is another scenario.
        ScenarioSource::Registered { name, file: None } => match registry.named(name) {
            Some(builtin) => builtin.prepare(variables)?,
            None => {
                let names: Vec<_> = registry.scenarios().map(BuiltinScenario::name).collect();
                let cure = format!("replay it with a cluster-sim that has it; this one has {}", names.join(", "));
                return Err(ScenarioError::new(ScenarioErrorKind::UnknownWord, file, "source", &format!("{name:?}"), &cure));
            }
        },
        ScenarioSource::Test { package, name } => {
            let cure = format!("run it by: {}", reproducer.source.replay_command(Path::new(file)));
            let value = format!("test {name} of package {package}");
            return Err(ScenarioError::new(ScenarioErrorKind::Misfit, file, "source", &value, &cure));
        }
    };
    Ok(prepared.scenario().clone())
}
