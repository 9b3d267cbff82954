//! Scenario files to start from, and numbers of reports.

use cluster_sim_scenarios::Artifact;
use cluster_sim_scenarios::edge_cache::{self, Chaos, EdgeCacheFile, Seconds, Step, TimedStep};
use serde_json::Value;

/// Ten seconds without chaos, steps and roaming.
pub(crate) fn quiet() -> EdgeCacheFile {
    let example = EdgeCacheFile::example();
    let chaos = Chaos { delay_ms: 0, loss_rate: 0.0, reorder_rate: 0.0, ..example.chaos.clone() };
    EdgeCacheFile { duration_secs: Seconds(10.0), chaos, steps: Vec::new(), roam_interval_ms: 0, ..example }
}

/// A quiet file after a change.
pub(crate) fn changed(change: impl FnOnce(&mut EdgeCacheFile)) -> EdgeCacheFile {
    let mut file = quiet();
    change(&mut file);
    file
}

/// Steps at their seconds.
pub(crate) fn steps(steps: impl IntoIterator<Item = (f64, Step)>) -> Vec<TimedStep> {
    steps.into_iter().map(|(at, step)| TimedStep { at_secs: Seconds(at), step }).collect()
}

pub(crate) fn run(file: &EdgeCacheFile) -> Artifact {
    edge_cache::run(file).expect("the file is a scenario")
}

/// A number of the report by its dotted name.
pub(crate) fn metric(artifact: &Artifact, name: &str) -> f64 {
    let value = name.split('.').try_fold(&artifact.metrics_snapshot, |value, part| value.get(part));
    value.and_then(Value::as_f64).unwrap_or_else(|| panic!("the report has no number {name:?}"))
}

/// A number of one edge.
pub(crate) fn of_edge(artifact: &Artifact, edge: usize, name: &str) -> u64 {
    let value = artifact.metrics_snapshot["edges"].get(edge).and_then(|edge| edge.get(name)).and_then(Value::as_u64);
    value.unwrap_or_else(|| panic!("edge {edge} has no number {name:?}"))
}

/// How many messages were dropped by a cause.
pub(crate) fn lost(artifact: &Artifact, cause: &str) -> u64 {
    artifact.traffic.dropped.get(cause).copied().unwrap_or(0)
}

/// The counters of violations and staleness.
pub(crate) const VIOLATIONS: [&str; 15] = [
    "stale_reads",
    "staleness.versions.max",
    "staleness.age_ms.max",
    "read_your_writes_violations",
    "monotonic_violations",
    "inversion_distance.version_buckets.v1",
    "inversion_distance.version_buckets.v2_5",
    "inversion_distance.version_buckets.v6_20",
    "inversion_distance.version_buckets.v21_plus",
    "inversion_distance.temporal_buckets.lt_5ms",
    "inversion_distance.temporal_buckets.ms5_20",
    "inversion_distance.temporal_buckets.ms21_100",
    "inversion_distance.temporal_buckets.gt_100ms",
    "inversion_distance.micro_inversions",
    "rolled_back",
];
