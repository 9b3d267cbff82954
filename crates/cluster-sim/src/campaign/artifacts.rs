//! What is kept of a failing run, for whoever looks at it later.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::explain;
use crate::replay::{BuildInfo, Reproducer, ScenarioSource};
use crate::report::Report;
use crate::scenario::Scenario;

use super::shrink::{Minimized, ShrinkBounds, ShrinkProgress};
use super::target::is_rerunnable;
use crate::replay::Case;

/// What is kept of a failing run: files in a folder of their own.
///
/// | file | is |
/// |---|---|
/// | `reproducer.json` | all there is to know of it, with its smallest case |
/// | `report.json` | what the run showed |
/// | `report.html` | its smallest case as a picture |
/// | `events.jsonl` | every event of that |
/// | `logs/` | what each node lived through, in virtual time |
///
/// Where nobody could look for a smaller case, the picture and the events are those of the run itself; of a run that takes its process along
/// or never comes back there are none.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "files that could not be written are among it"]
pub struct Artifacts {
    /// The folder.
    pub folder: PathBuf,
    /// What is in `reproducer.json`, if the run can be shown again.
    pub reproducer: Option<Reproducer>,
    /// The files that were written, by their names in the folder.
    pub files: Vec<PathBuf>,
    /// Why others were not, as sentences.
    pub problems: Vec<String>,
    /// The line to paste that shows the reproducer's case again, if it was written.
    pub replay: Option<String>,
    /// How the run of the picture ended, if there is one and it did not hold.
    pub summary: Option<explain::FailureSummary>,
}

/// Where a scenario is to be had, and in which words to say how to replay a file about it.
pub struct ArtifactContext {
    /// What the folder of its files is called: another name for everything that may run at the same time.
    pub name: String,
    /// Where it is to be had.
    pub source: ScenarioSource,
    /// The code that runs.
    pub build: BuildInfo,
    /// The line to paste that shows a file again.
    pub replay: Box<dyn Fn(&Path) -> String>,
}

impl Artifacts {
    /// The smallest case, if anybody looked for it.
    pub fn minimized(&self) -> Option<&Minimized> {
        self.reproducer.as_ref()?.minimized.as_ref()
    }

    /// Where the reproducer is, if it was written.
    pub fn reproducer_file(&self) -> Option<PathBuf> {
        let name = Path::new(REPRODUCER);
        self.files.iter().any(|file| file == name).then(|| self.folder.join(name))
    }
}

const REPRODUCER: &str = "reproducer.json";

/// How many faults of a case are shown, and how many decisions.
const LINES: usize = 10;

impl Scenario {
    /// Looks for the smallest case of a failing run, and keeps all there is to know of it in a folder of its own below `root`, named for where
    /// the scenario is from and for the seed.
    ///
    /// A file that cannot be written is a problem of the artifacts, and nobody else's: each is written whole or not at all. The search says
    /// how far it is to `progress`, as [`shrink_within`](Self::shrink_within) does.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    pub fn keep_artifacts(
        &self,
        report: &Report,
        context: &ArtifactContext,
        root: &Path,
        bounds: ShrinkBounds,
        progress: impl FnMut(&ShrinkProgress) + Send + 'static,
    ) -> Artifacts {
        let folder = root.join(file_name(&context.name)).join(report.seed().to_string());
        let is_rerunnable = is_rerunnable(report);
        let minimized =
            if is_rerunnable && !report.by_hand { self.shrink_within(Case::of(report), report, bounds, progress) } else { None };
        // What a run shows only under a rule from elsewhere, or not again, cannot be shown by a file.
        let has_reproducer = minimized.is_some() || !is_rerunnable;
        let (source, build) = (context.source.clone(), context.build.clone());
        let reproducer = if has_reproducer { Reproducer::of(source, report, minimized, build) } else { None };
        let mut artifacts = Artifacts { folder, reproducer, files: Vec::new(), problems: Vec::new(), replay: None, summary: None };
        artifacts.write_all(self, report, is_rerunnable, context);
        artifacts
    }
}

/// A name that any file system takes: what is neither a letter nor a digit becomes a hyphen.
fn file_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|character| if character.is_alphanumeric() || character == '_' || character == '.' { character } else { '-' })
        .collect();
    match name.trim_matches('.') {
        "" => "unnamed".to_owned(),
        name => name.to_owned(),
    }
}

impl Artifacts {
    fn write_all(&mut self, scenario: &Scenario, report: &Report, is_rerunnable: bool, context: &ArtifactContext) {
        if let Some(reproducer) = &self.reproducer {
            let text = reproducer.to_text();
            self.write(REPRODUCER, &text);
            self.replay = self.reproducer_file().map(|file| (context.replay)(&file));
        }
        let data = serde_json::to_string_pretty(report).expect("a report is plain data with text keys");
        self.write("report.json", &format!("{data}\n"));
        if !is_rerunnable || report.by_hand {
            return;
        }
        let shown = match &self.reproducer {
            Some(reproducer) => reproducer.smallest().0.apply_to(scenario),
            None => scenario.clone(),
        };
        let recording = shown.record(report.seed());
        // A rule from elsewhere, over the report, is none that the run itself breaks.
        self.summary = explain::FailureSummary::of(&recording);
        let page = explain::html(&recording, self.replay.as_deref());
        self.write("report.html", &page);
        self.write("events.jsonl", &explain::events_jsonl(&recording));
        for (node, log) in explain::node_logs(&recording) {
            self.write(&format!("logs/{}.log", file_name(&node)), &log);
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
        }
        if let Some(summary) = &self.summary {
            write!(formatter, "      ends: {}\n{summary}", summary.verdict)?;
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

/// Writes a file whole or not at all: under another name first.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    // Somebody else may be at the same file.
    let partial = path.with_extension(format!("{}-{:?}.part", std::process::id(), std::thread::current().id()));
    let result = fs::File::create(&partial).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let result = result.and_then(|()| fs::rename(&partial, path));
    if result.is_err() {
        // What is left of it is nothing to anybody; where even that fails, the first error says why.
        let _ = fs::remove_file(&partial);
    }
    result
}
