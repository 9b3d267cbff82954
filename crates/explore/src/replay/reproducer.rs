//! [`Reproducer`]: the file of a failing run.

use std::fmt;
use std::path::Path;

use cluster_sim_runtime::{Digest, Seed};
use cluster_sim_simulation::{Finding, Report};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{BuildInfo, Case, Minimized, ReproducerError};
use crate::environment::REPLAY;
use crate::shell::{shell_quoted, test_command};

/// Version of the file format; other versions are refused.
pub const REPRODUCER_FORMAT: u32 = 2;

/// A failing run as data, complete but for the code, which is only named.
///
/// ```
/// use cluster_sim::prelude::*;
/// use cluster_sim::explore::{BuildInfo, ScenarioSource, Reproducer};
///
/// async fn breaks(node: Node) {
///     node.sleep(Duration::from_secs(1)).await;
///     node.publish(|broken: &mut bool| *broken = true);
/// }
///
/// let scenario = Scenario::new("breaking")
///     .nodes("one", 1, breaks)
///     .always("nothing breaks", |world| world.views::<bool>().all(|(_, broken)| !broken));
/// let report = scenario.run(Seed(7));
/// let source = ScenarioSource::Registered { name: "breaking".into(), file: None };
/// let file = Reproducer::of(source, &report, scenario.shrink(&report), BuildInfo::default()).expect("a rule was broken").to_text();
///
/// let read = Reproducer::parse(&file)?;
/// let replay = scenario.replay(&read)?;
/// assert!(replay.is_same(), "{replay}");
/// assert_eq!(replay.report.violations[0].rule, "nothing breaks");
/// # Ok::<(), cluster_sim::explore::ReproducerError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reproducer {
    /// Version of the format.
    pub format: u32,
    /// Name of the scenario.
    pub scenario: String,
    /// Where the scenario comes from.
    pub source: ScenarioSource,
    /// The seed.
    pub seed: Seed,
    /// The finding of the original run.
    pub finding: Finding,
    /// The digest of the original run.
    pub digest: Digest,
    /// The case of the original run.
    pub case: Case,
    /// The minimized case, if the run was minimized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimized: Option<Minimized>,
    /// The code that ran.
    #[serde(default)]
    pub build: BuildInfo,
}

/// Where the scenario of a run comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScenarioSource {
    /// A scenario that is run by name or from a scenario file.
    Registered {
        /// Its name, or the path of its file.
        name: String,
        /// The content of the scenario file, if there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Value>,
    },
    /// A test.
    Test {
        /// Its package.
        package: String,
        /// Its name with its modules, without the crate.
        name: String,
    },
}

impl ScenarioSource {
    /// The command that replays a reproducer file of this scenario, quoted for the shell of this platform.
    ///
    /// That of a test has the runner by which this process runs, if it is one of tests: cargo-nextest, else `cargo test`.
    pub fn replay_command(&self, file: &Path) -> String {
        let file = file.to_string_lossy();
        match self {
            Self::Registered { .. } => format!("cluster-sim replay {}", shell_quoted(&file)),
            Self::Test { package, name } => test_command(REPLAY, &file, package, name),
        }
    }
}

impl Reproducer {
    /// Makes the reproducer of a failing run.
    ///
    /// Returns nothing if the run has no finding that another run could find again: it passed, could not be
    /// judged, or was nondeterministic.
    pub fn of(source: ScenarioSource, report: &Report, minimized: Option<Minimized>, build: BuildInfo) -> Option<Self> {
        Some(Self {
            format: REPRODUCER_FORMAT,
            scenario: report.scenario.clone(),
            source,
            seed: report.seed(),
            finding: report.finding()?,
            digest: report.digest,
            case: Case::of(report),
            minimized,
            build,
        })
    }

    /// Parses a reproducer.
    ///
    /// # Errors
    /// If the text is not a reproducer, is truncated, or has another format.
    pub fn parse(text: &str) -> Result<Self, ReproducerError> {
        let malformed = |error: serde_json::Error| match error.is_eof() {
            true => ReproducerError::CutShort { reason: error.to_string() },
            false => ReproducerError::Malformed { reason: error.to_string() },
        };
        // Editors of some systems begin a file with a byte-order mark, which JSON does not have.
        let data: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(malformed)?;
        match data.get("format").and_then(Value::as_u64) {
            Some(format) if format == u64::from(REPRODUCER_FORMAT) => {}
            Some(found) => return Err(ReproducerError::UnknownFormat { found, known: REPRODUCER_FORMAT }),
            None => return Err(ReproducerError::Malformed { reason: "it has no number \"format\"".to_owned() }),
        }
        serde_json::from_value(data).map_err(malformed)
    }

    /// The file's text: indented JSON and a newline.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a reproducer is plain data with text keys");
        text.push('\n');
        text
    }

    /// The reproducer of the original case, without the minimized one.
    #[must_use]
    pub fn original(&self) -> Self {
        Self { minimized: None, ..self.clone() }
    }

    /// The minimized case, its finding and its digest; those of the original run if it was not minimized.
    pub fn smallest(&self) -> (&Case, &Finding, Digest) {
        match &self.minimized {
            Some(minimized) => (&minimized.case, &minimized.finding, minimized.digest),
            None => (&self.case, &self.finding, self.digest),
        }
    }
}

impl fmt::Display for Reproducer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (case, finding, digest) = self.smallest();
        writeln!(formatter, "{}  seed={}  digest={digest}", self.scenario, self.seed)?;
        writeln!(formatter, "      {finding}")?;
        if let Some(minimized) = &self.minimized {
            writeln!(formatter, "      {minimized}")?;
        }
        case.faults
            .faults()
            .iter()
            .try_for_each(|scheduled| writeln!(formatter, "        {}  {}", scheduled.at, scheduled.fault))?;
        case.decisions.iter().flatten().take(20).try_for_each(|decision| writeln!(formatter, "        {decision}"))
    }
}
