//! The command `check`: holds a recorded history against a model.

use cluster_sim::check::history::Bounds;
use cluster_sim::explain;
use cluster_sim_registry::{ScenarioError, ScenarioErrorKind};

use crate::arguments::CheckArguments;
use crate::history_file::{HistoryFile, refused};
use crate::history_judge;
use crate::history_model::{IsolationLevel, value_name};
use crate::output::Output;
use crate::report_file::{Input, ReportFile};
use crate::streams::print_stderr;

/// Judges a file, and returns the exit code.
///
/// # Errors
/// If the file cannot be read, or is no history of the model.
pub(crate) fn check(arguments: &CheckArguments) -> Result<u8, ScenarioError> {
    let name = arguments.file.to_string_lossy();
    let level = level(arguments)?;
    let file = HistoryFile::open(&arguments.file, &name)?;
    let input = Input { what: "history", path: &arguments.file };
    let page = arguments.html.as_ref().map(|page| ReportFile::prepare("--html", page, input)).transpose()?;
    let bounds = Bounds { steps: arguments.max_steps.get(), memory: arguments.max_memory.get() << 20 };
    let judged = history_judge::judged(arguments.model, file, level, bounds).map_err(|error| refused(&name, &error))?;
    let mut output = Output::default();
    output.summary(&judged.summary(&name, &value_name(arguments.model)), &[page.as_ref()]);
    match (page, &judged.picture) {
        (Some(page), Some(picture)) => drop(output.file(&page, &explain::history_page(&name, picture))),
        (Some(_), None) => print_stderr("cluster-sim: no page was written: the history shows no contradiction\n"),
        (None, _) => {}
    }
    Ok(output.exit_code(judged.exit_code()))
}

/// The level to judge by.
///
/// # Errors
/// If one was given for a model without levels.
fn level(arguments: &CheckArguments) -> Result<IsolationLevel, ScenarioError> {
    match arguments.level {
        Some(level) if !arguments.model.has_levels() => {
            let cure =
                format!("leave it out: {} has no transactions; list-append and rw-register have", value_name(arguments.model));
            Err(ScenarioError::new(
                ScenarioErrorKind::Misfit,
                "command line",
                "--level",
                &format!("{:?}", value_name(level)),
                &cure,
            ))
        }
        level => Ok(level.unwrap_or(IsolationLevel::StrictSerializable)),
    }
}
