//! The report of one run, as a file.

use cluster_sim::{CheckReport, Digest, Divergence, Exhausted, FaultRecord, Outcome, PanicFinding, Traffic, Violation};
use cluster_sim_metrics::{Signature, numbers};
use serde::Serialize;
use serde_json::Value;

/// The version of the report's layout.
pub const ARTIFACT_FORMAT: u32 = 1;

/// The report of one run (EDGE-22, EDGE-D19).
///
/// Equal scenario, seed and code give equal bytes (EDGE-D09): nothing in it comes from the machine it ran on, and maps are in order of key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Artifact {
    /// The version of this layout.
    pub format: u32,
    /// The scenario with defaults filled in: as a file of its own it gives this run again, where its system has a file format.
    pub scenario: Value,
    /// What decided the run.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// The virtual instant of the end, in nanoseconds.
    pub ended_at_ns: u64,
    /// Steps that nodes took.
    pub steps: u64,
    /// What was measured.
    pub metrics_snapshot: Value,
    /// The steps of the scenario, with what came of each.
    pub timeline: Vec<TimelineEntry>,
    /// The faults that were done, with what came of each.
    pub faults: Vec<FaultRecord>,
    /// The fate of every message.
    pub traffic: Traffic,
    /// Rules that were broken.
    pub violations: Vec<Violation>,
    /// The panic that ended it.
    pub panic: Option<PanicFinding>,
    /// The budget that ended it.
    pub exhausted: Option<Exhausted>,
    /// Where two runs of this seed part; then nothing else here means anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence: Option<Box<Divergence>>,
    /// What each check said.
    pub checks: Vec<CheckReport>,
    /// The last events of a run that did not hold, oldest first.
    pub last_events: Vec<String>,
    /// The main numbers as one line.
    pub signature: Signature,
    /// The hash of every event of the run, 16 hex digits.
    pub digest: Digest,
}

/// A step of a scenario and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimelineEntry {
    /// When it was due, in seconds since the start of the run, as the scenario says it.
    pub at_secs: Value,
    /// The step, as the scenario says it.
    pub step: Value,
    /// `applied`, `no-op: …` with the reason, or `not reached: …`.
    pub effect: String,
}

impl Artifact {
    /// The report as a file: indented JSON with a line break at its end.
    pub fn to_json(&self) -> String {
        // By way of a value, whose maps are sorted: all keys are, down to the last list (EDGE-D09).
        let sorted = serde_json::to_value(self).expect("a report is plain data with text keys");
        format!("{sorted:#}\n")
    }

    /// Every number that was measured, by the name under which a threshold may ask for it; nothing for a mean or percentile of no samples.
    pub fn metrics(&self) -> Vec<(String, Option<f64>)> {
        numbers(&self.metrics_snapshot)
    }
}
