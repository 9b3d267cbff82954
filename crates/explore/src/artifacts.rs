//! Files kept about a failing run.

use std::env;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cluster_sim_explain as explain;
use cluster_sim_simulation::text::{printable, thousands};
use cluster_sim_simulation::{Decision, FailureSummary, Report};

use super::file_names::{FileNames, folder_name};
use super::process_rules::is_rerunnable;
use super::replay::{BuildInfo, Case, Minimized, Reproducer, ScenarioSource};
use super::runner::Runner;
use super::shrink::{ShrinkBounds, ShrinkProgress, shrink_from};
use super::trial::Trial;

/// Files kept about a failing run, in a folder of their own.
///
/// | file | content |
/// |---|---|
/// | `reproducer.json` | seed, faults, finding, digest, build, and the minimized case if the search found one |
/// | `report.json` | the report of the original run |
/// | `report.html` | a page about the minimized run |
/// | `events.jsonl` | every event of the minimized run |
/// | `logs/` | one log per node of the minimized run, in virtual time; a name that falls together with another ends in a hash |
///
/// Without a minimized case, page, events and logs are those of the original run. A run that aborts its process or never returns
/// from a step has none.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "files that could not be written are among it"]
pub struct Artifacts {
    /// The folder that holds the files.
    pub folder: PathBuf,
    /// The content of `reproducer.json`; absent if the run cannot be reproduced from a file.
    pub reproducer: Option<Reproducer>,
    /// Names of the files written, relative to the folder.
    pub files: Vec<PathBuf>,
    /// One sentence for each file that could not be written.
    pub problems: Vec<String>,
    /// The command that replays the reproducer, if `reproducer.json` was written.
    pub replay: Option<String>,
    /// How the run shown on the page failed; absent if there is no page or that run passed.
    pub summary: Option<FailureSummary>,
    /// Why no case of the run could be tried, and the cure, if so; then there is no page and no reproducer.
    pub unrepeatable: Option<String>,
}

/// Where the artifacts of a scenario go, and how a user replays them.
pub struct ArtifactContext {
    /// Name of the artifact folder; must be unique among everything that may run at the same time.
    ///
    /// A name that not every file system has as it is ends in a hash in the name of the folder.
    pub name: String,
    /// Where a replay finds the scenario.
    pub source: ScenarioSource,
    /// The code under test.
    pub build: BuildInfo,
    /// Makes the command that replays a reproducer file.
    pub replay: Box<dyn Fn(&Path) -> String>,
}

impl Artifacts {
    /// Returns the minimized case, if there is one.
    pub fn minimized(&self) -> Option<&Minimized> {
        self.reproducer.as_ref()?.minimized.as_ref()
    }

    /// Returns the path of `reproducer.json`, if it was written.
    pub fn reproducer_file(&self) -> Option<PathBuf> {
        let name = Path::new(REPRODUCER);
        self.files.iter().any(|file| file == name).then(|| self.folder.join(name))
    }
}

const REPRODUCER: &str = "reproducer.json";

/// Folder for artifacts below cargo's target folder.
const FOLDER: &str = "cluster-sim";

/// Faults and decisions of the minimized case that the text lists, each.
const LINES: usize = 10;

/// Returns `target/cluster-sim` beside this executable.
///
/// Below the current folder if cargo did not build it.
pub(super) fn artifacts_root() -> PathBuf {
    let executable = env::current_exe().unwrap_or_default();
    let built = executable.ancestors().find(|folder| folder.ends_with("deps"));
    let target = built.and_then(Path::parent).and_then(Path::parent);
    target.unwrap_or(Path::new("target")).join(FOLDER)
}

/// The failure of a test that panicked before it had a run.
const NO_RUN: &str = "the test failed outside of the run of its trial, so there is no run to try cases of";

/// A runner that gives a failing run again, and the decisions of that run if they are known, which saves a run.
pub(super) type Repeat = (Runner, Option<Vec<Decision>>);

/// See [`Explore::keep_artifacts`](crate::Explore::keep_artifacts).
///
/// `repeat` says how to run the seed again, or why that is not possible. It is not called for a run that must not be repeated here.
/// Once `stop` is true, it minimizes no further.
pub(super) fn keep_artifacts(
    report: &Report,
    repeat: impl FnOnce() -> Result<Repeat, String>,
    context: &ArtifactContext,
    root: &Path,
    (bounds, stop): (ShrinkBounds, &Arc<AtomicBool>),
    progress: impl FnMut(&ShrinkProgress) + Send + 'static,
) -> Artifacts {
    let folder = root.join(folder_name(&context.name)).join(report.seed().to_string());
    let is_rerunnable = is_rerunnable(report);
    let (runner, known, reason) = match is_rerunnable.then(repeat) {
        None => (None, None, None),
        Some(Ok((runner, known))) => (Some(runner), known, None),
        Some(Err(reason)) => (None, None, Some(reason)),
    };
    let minimized =
        runner.as_ref().and_then(|runner| shrink_from(runner, (Case::of(report), known), report, (bounds, stop), progress));
    // A finding that comes from a campaign rule, or does not recur, cannot be reproduced from a file.
    let has_reproducer = minimized.is_some() || !is_rerunnable;
    let minimized = minimized.filter(|_| bounds.runs > 0);
    let (source, build) = (context.source.clone(), context.build.clone());
    let reproducer = if has_reproducer { Reproducer::of(source, report, minimized, build) } else { None };
    let has_no_run = runner.as_ref().is_some_and(|runner| runner.scenario().is_none()) && reproducer.is_none();
    let reason = if has_no_run { Some(NO_RUN.to_owned()) } else { reason };
    // A run without a finding is not minimized anyway.
    let unrepeatable = reason.filter(|_| report.finding().is_some());
    let (files, problems) = (Vec::new(), Vec::new());
    let mut artifacts = Artifacts { folder, reproducer, files, problems, replay: None, summary: None, unrepeatable };
    artifacts.write_all(runner.as_ref(), report, context);
    artifacts
}

impl Artifacts {
    /// Writes all files; those of a recording only if a runner gives the run again.
    fn write_all(&mut self, runner: Option<&Runner>, report: &Report, context: &ArtifactContext) {
        if let Some(reproducer) = &self.reproducer {
            let text = reproducer.to_text();
            self.write(REPRODUCER, &text);
            self.replay = self.reproducer_file().map(|file| (context.replay)(&file));
        }
        let data = serde_json::to_string_pretty(report).expect("a report is plain data with text keys");
        self.write("report.json", &format!("{data}\n"));
        let Some(runner) = runner else { return };
        let trial = Trial::new(report.seed());
        let trial = self.reproducer.iter().fold(trial, |trial, reproducer| trial.under(reproducer.smallest().0));
        let (recording, _) = runner.record(trial);
        // Absent for a rule over the report: the run itself breaks no rule.
        self.summary = FailureSummary::of(&recording);
        let page = explain::html(&recording, self.replay.as_deref());
        self.write("report.html", &page);
        self.write("events.jsonl", &explain::events_jsonl(&recording));
        let mut names = FileNames::default();
        for (node, log) in explain::node_logs(&recording) {
            self.write(&format!("logs/{}.log", names.add(&node)), &log);
        }
    }

    fn write(&mut self, name: &str, text: &str) {
        let path = self.folder.join(name);
        match write_whole(&path, text) {
            Ok(()) => self.files.push(PathBuf::from(name)),
            Err(error) => self.problems.push(format!("{} was not written: {error}", path.display())),
        }
    }
}

impl Artifacts {
    /// When the minimized run fails, and its message if that is another one. Its rule is that of the original run.
    fn end_of(&self, minimized: &Minimized) -> String {
        let found = &minimized.finding;
        let original = self.reproducer.as_ref().map_or("", |reproducer| &reproducer.finding.message);
        let message = if original == found.message { String::new() } else { format!(": {}", found.message) };
        let text = format!("fails at {}, step {}{message}", found.at, thousands(found.step));
        printable(&text).into_owned()
    }
}

impl fmt::Display for Artifacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(minimized) = self.minimized() {
            writeln!(formatter, "      minimized: {minimized}")?;
            for scheduled in minimized.case.faults.faults().iter().take(LINES) {
                writeln!(formatter, "        {}  {}", scheduled.at, scheduled.fault)?;
            }
            for decision in minimized.case.decisions.iter().flatten().take(LINES) {
                writeln!(formatter, "        {decision}")?;
            }
            if let Some(kept) = minimized.kept_text() {
                writeln!(formatter, "        {kept}")?;
            }
            writeln!(formatter, "        {}", self.end_of(minimized))?;
            // Without a minimized case the summary is that of the run itself, which was shown before.
            if let Some(summary) = &self.summary {
                write!(formatter, "      in the minimized run\n{summary}")?;
            }
        }
        if let Some(reason) = &self.unrepeatable {
            writeln!(formatter, "      not minimized: {reason}")?;
        }
        self.problems.iter().try_for_each(|problem| writeln!(formatter, "      {problem}"))?;
        if let Some(replay) = &self.replay {
            writeln!(formatter, "      replay: {replay}")?;
        }
        if !self.files.is_empty() {
            writeln!(formatter, "      files: {}", self.folder.display())?;
        }
        Ok(())
    }
}

/// Writes a file atomically: to a temporary name, then renames it.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    // Unique per process and thread, which may write the same file at once.
    let partial = path.with_extension(format!("{}-{:?}.part", std::process::id(), std::thread::current().id()));
    let result = fs::File::create(&partial).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let result = result.and_then(|()| fs::rename(&partial, path));
    if result.is_err() {
        // Best effort: the first error is the one to report.
        let _ = fs::remove_file(&partial);
    }
    result
}
