//! The layout of a report file.

use cluster_sim::Outcome;
use cluster_sim::check::Violation;
use cluster_sim::fault::FaultRecord;
use cluster_sim::net::Traffic;
use cluster_sim::report::{CheckReport, Digest, Divergence, Exhausted, PanicFinding};
use cluster_sim_metrics::{Signature, numbers};
use serde::Serialize;
use serde_json::Value;

/// The version of the report's layout.
///
/// Format 2 names the key of a fault's length `duration_ns`, in format 1 `lasting_ns`, and the count of a check `times_checked`, in format 1
/// `witnesses`.
pub const ARTIFACT_FORMAT: u32 = 2;

/// The report of one run.
///
/// Equal scenario, seed and code give equal bytes: nothing in it depends on the machine, and maps are sorted by key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Artifact {
    /// The version of this layout.
    pub format: u32,
    /// The scenario with defaults filled in. If its system has a file format, this is a scenario file that reproduces the run.
    pub scenario: Value,
    /// The seed of the run.
    pub seed: u64,
    /// The outcome of the run.
    pub outcome: Outcome,
    /// When the run ended, in nanoseconds of virtual time.
    pub ended_at_ns: u64,
    /// The number of steps that nodes took.
    pub steps: u64,
    /// The measurements of the scenario's observer; null if it has none.
    pub metrics_snapshot: Value,
    /// The steps of the scenario, with the effect of each.
    pub timeline: Vec<TimelineEntry>,
    /// The faults of the run, with the effect of each.
    pub faults: Vec<FaultRecord>,
    /// The fate of every message.
    pub traffic: Traffic,
    /// The violated rules.
    pub violations: Vec<Violation>,
    /// The panic that ended the run.
    pub panic: Option<PanicFinding>,
    /// The budget that ended the run.
    pub exhausted: Option<Exhausted>,
    /// The links or tasks that used it up, most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exhausted_by: Vec<String>,
    /// Where two runs of this seed differ; the other fields are then meaningless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence: Option<Box<Divergence>>,
    /// The result of each check.
    pub checks: Vec<CheckReport>,
    /// The last events of a run that did not pass, oldest first.
    pub last_events: Vec<String>,
    /// The main numbers as one line.
    pub signature: Signature,
    /// The hash of every event of the run, 16 hex digits.
    pub digest: Digest,
}

/// A step of a scenario and its effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelineEntry {
    /// When the step was scheduled, in seconds since the start of the run, as the scenario gives it.
    pub at_secs: Value,
    /// The step, as the scenario gives it.
    pub step: Value,
    /// `applied`, `no-op: …` with the reason, or `not reached: …`.
    pub effect: String,
}

impl Artifact {
    /// Formats the report as indented JSON with a final line break.
    pub fn to_json(&self) -> String {
        // The maps of a `Value` are sorted, so all keys are, at every level.
        let sorted = serde_json::to_value(self).expect("a report is plain data with text keys");
        format!("{sorted:#}\n")
    }

    /// Every measured number by its dotted name; `None` for a mean or percentile of no samples.
    pub fn metrics(&self) -> Vec<(String, Option<f64>)> {
        numbers(&self.metrics_snapshot)
    }
}
