//! The command `check`: holds a recorded history against a model.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;

use cluster_sim::check::history::Bounds;
use cluster_sim::check::history::file::FileError;
use cluster_sim::explain;
use cluster_sim_registry::{ScenarioError, ScenarioErrorKind};

use crate::UNKNOWN;
use crate::arguments::CheckArguments;
use crate::history_model::Checked;
use crate::output::Output;
use crate::report_file::{Input, ReportFile};
use crate::streams::print_stderr;

/// The largest file that is read, in bytes. A million operations take some 200 MB.
const LARGEST_FILE: usize = 512 << 20;

/// Judges a file, and returns the exit code.
///
/// # Errors
/// If the file cannot be read, or is no history of the model.
pub(crate) fn check(arguments: &CheckArguments) -> Result<u8, ScenarioError> {
    let file = arguments.file.to_string_lossy();
    let text = read(arguments, &file)?;
    let input = Input { what: "history", path: &arguments.file };
    let page = arguments.html.as_ref().map(|page| ReportFile::prepare("--html", page, input)).transpose()?;
    let bounds = Bounds { steps: arguments.max_steps.get(), memory: arguments.max_memory.get() << 20 };
    let checked = arguments.model.check(&text, bounds).map_err(|error| refused(&file, &error))?;
    let mut output = Output::default();
    output.summary(&summary(&file, &checked), &[page.as_ref()]);
    match (page, &checked.picture) {
        (Some(page), Some(picture)) => drop(output.file(&page, &explain::history_page(&file, picture))),
        (Some(_), None) => print_stderr("cluster-sim: no page was written: the history shows no contradiction\n"),
        (None, _) => {}
    }
    let code = match (checked.judgement.findings.is_empty(), checked.unknown()) {
        (false, _) => 1,
        (true, Some(_)) => UNKNOWN,
        (true, None) => 0,
    };
    Ok(output.exit_code(code))
}

fn read(arguments: &CheckArguments, name: &str) -> Result<String, ScenarioError> {
    let unread = |error: std::io::Error| {
        let (kind, cure) = match error.kind() {
            std::io::ErrorKind::NotFound => (ScenarioErrorKind::Missing, "name a file with a history".to_owned()),
            _ => (ScenarioErrorKind::Unreadable, format!("name a file in UTF-8 that you may read ({error})")),
        };
        ScenarioError::new(kind, name, "FILE", &format!("{name:?}"), &cure)
    };
    let mut text = String::new();
    let file = File::open(&arguments.file).map_err(unread)?;
    file.take(LARGEST_FILE as u64 + 1).read_to_string(&mut text).map_err(unread)?;
    if text.len() > LARGEST_FILE {
        return Err(refused(name, &FileError::too_large(LARGEST_FILE)));
    }
    Ok(text)
}

fn refused(file: &str, error: &FileError) -> ScenarioError {
    let place = if error.line > 0 { format!("line {}", error.line) } else { "the history".to_owned() };
    ScenarioError::new(ScenarioErrorKind::Misfit, file, &place, "the file", &error.to_string())
}

fn summary(file: &str, checked: &Checked) -> String {
    let mut text = String::new();
    let verdict = match (checked.judgement.findings.is_empty(), checked.unknown()) {
        (false, _) => "FAIL",
        (true, Some(_)) => "UNKNOWN",
        (true, None) => "PASS",
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{verdict}  {file}  {}: {}", checked.model, checked.rule);
    for finding in &checked.judgement.findings {
        let _ = writeln!(text, "      {}", finding.message);
    }
    if let (true, Some(reason)) = (checked.judgement.findings.is_empty(), checked.unknown()) {
        let _ = writeln!(text, "      {reason}");
    }
    let _ = writeln!(
        text,
        "      {} operations of {} processes, {} of them open, {} failed",
        checked.operations, checked.processes, checked.open, checked.failed
    );
    text
}
