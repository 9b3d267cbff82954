//! The file that holds all there is to know of a failing run.

use std::fmt;

use cluster_sim_runtime::{Digest, Seed};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Case, ReproducerError};
use crate::campaign::Minimized;
use crate::report::{Finding, Report};

/// The number of the file's form; a reader refuses others by name.
pub const REPRODUCER_FORMAT: u32 = 2;

/// A failing run as data, complete: only the code is named rather than held.
///
/// ```
/// use cluster_sim::prelude::*;
/// use cluster_sim::{BuildInfo, ScenarioSource, Reproducer};
///
/// async fn breaks(node: Node) {
///     node.sleep(Duration::from_secs(1)).await;
///     node.view(|broken: &mut bool| *broken = true);
/// }
///
/// let scenario = Scenario::new("breaking")
///     .nodes("one", 1, breaks)
///     .always("nothing breaks", |world| world.views::<bool>().all(|(_, broken)| !broken));
/// let report = scenario.run(Seed(7));
/// let driver = ScenarioSource::Registered { name: "breaking".into(), file: None };
/// let file = Reproducer::of(driver, &report, scenario.shrink(&report), BuildInfo::default()).expect("a rule was broken").to_text();
///
/// let read = Reproducer::parse(&file)?;
/// let replay = scenario.replay(&read)?;
/// assert!(replay.is_same(), "{replay}");
/// assert_eq!(replay.report.violations[0].rule, "nothing breaks");
/// # Ok::<(), cluster_sim::ReproducerError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reproducer {
    /// The number of this form.
    pub format: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Where the scenario is to be had.
    pub source: ScenarioSource,
    /// The seed.
    pub seed: Seed,
    /// What the run found.
    pub finding: Finding,
    /// Its digest.
    pub digest: Digest,
    /// What decided it besides scenario and seed.
    pub case: Case,
    /// The smallest case that breaks the same rule, if somebody looked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimized: Option<Minimized>,
    /// The code that ran.
    #[serde(default)]
    pub build: BuildInfo,
}

/// Where the scenario of a run is to be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScenarioSource {
    /// A scenario that is run by name, or by a scenario file.
    Registered {
        /// Its name.
        name: String,
        /// The scenario file as it was, if there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<Value>,
    },
    /// A test.
    Test {
        /// The package it is in.
        package: String,
        /// Its name, with the modules it is in.
        name: String,
    },
}

/// Which code ran; another one need not show the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildInfo {
    /// The revision, if it was known; it ends in `-dirty` if something was changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// A hash of the lockfile, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lockfile: Option<String>,
}

impl BuildInfo {
    /// In which respects `now` is other code than this, as sentences; nothing where nobody knows.
    pub fn changes_to(&self, now: &Self) -> Vec<String> {
        let pairs = [("revision", &self.revision, &now.revision), ("lockfile", &self.lockfile, &now.lockfile)];
        let changed = pairs.into_iter().filter_map(|(field, then, now)| {
            let (then, now) = (then.as_ref()?, now.as_ref()?);
            (then != now).then(|| format!("the {field} was {then} and is {now} now"))
        });
        changed.collect()
    }
}

impl Reproducer {
    /// The file about a run of a scenario that is to be had from `driver`; nothing if the run found nothing that could be shown again: one
    /// that held, spent a budget, could not be judged, or gave something else the second time.
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

    /// Reads a file's text.
    ///
    /// # Errors
    /// If it is no reproducer, is of another form, or was cut short.
    pub fn parse(text: &str) -> Result<Self, ReproducerError> {
        let malformed = |error: serde_json::Error| match error.is_eof() {
            true => ReproducerError::CutShort { reason: error.to_string() },
            false => ReproducerError::Malformed { reason: error.to_string() },
        };
        let data: Value = serde_json::from_str(text).map_err(malformed)?;
        match data.get("format").and_then(Value::as_u64) {
            Some(format) if format == u64::from(REPRODUCER_FORMAT) => {}
            Some(found) => return Err(ReproducerError::UnknownFormat { found, known: REPRODUCER_FORMAT }),
            None => return Err(ReproducerError::Malformed { reason: "it has no number \"format\"".to_owned() }),
        }
        serde_json::from_value(data).map_err(malformed)
    }

    /// The file's text: indented JSON with a newline at its end.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a reproducer is plain data with text keys");
        text.push('\n');
        text
    }

    /// The smallest case it holds, what its run finds, and the digest of that.
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
