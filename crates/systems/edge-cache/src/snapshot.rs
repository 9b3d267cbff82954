//! The measurements of an edge cache, as they appear in the report.

use std::time::Duration;

use cluster_sim_metrics::{Counter, Histogram, numbers};
use serde::{Deserialize, Serialize};

use crate::inversion::InversionDistance;
use crate::tally::Spread;
use crate::trace::ViolationTrace;

/// All measurements of an edge cache: `metrics_snapshot` in the report.
///
/// Every read is judged twice: for staleness when an edge serves it, and against the client's history when the client gets the
/// answer. A read whose answer is lost counts as served and as unavailable, but not as observed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsSnapshot {
    /// Reads that returned a lower version than the client had read of that key (EDGE-11).
    pub monotonic_violations: Counter,
    /// The severity of those.
    pub inversion_distance: InversionDistance,
    /// Reads that returned a lower version than one acknowledged to the client before the read (EDGE-10).
    pub read_your_writes_violations: Counter,
    /// Reads served by edges.
    pub reads_total: Counter,
    /// Reads whose answer reached the client in time.
    pub reads_observed: Counter,
    /// Reads given up by clients (EDGE-D21).
    pub reads_unavailable: Counter,
    /// Reads served with a lower version than was committed at that instant (EDGE-09).
    pub stale_reads: Counter,
    /// The staleness of those.
    pub staleness: Staleness,
    /// Writes committed by the source: its own and those of clients.
    pub writes_total: Counter,
    /// Acknowledgements that reached the writing clients; duplicates count again.
    pub client_writes_acked: Counter,
    /// The time from the commit of a write until all edges hold it (EDGE-21).
    pub time_to_consistency_ms: TimeToConsistency,
    /// Stalls of the router in which messages were skipped.
    pub source_lags: Counter,
    /// Skipped messages.
    pub source_messages_skipped: Counter,
    /// Changes of edge entries.
    pub applied: Counter,
    /// Changes of edge entries to a lower version.
    pub rolled_back: Counter,
    /// Refetches of keys because of a gap.
    pub refetches: Counter,
    /// Snapshots applied.
    pub resyncs: Counter,
    /// Counters by edge, in order of edge.
    pub edges: Vec<EdgeMetrics>,
    /// The first violation of each kind, in order of time.
    pub first_violations: Vec<ViolationTrace>,
}

/// The distribution of staleness over stale reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staleness {
    /// Versions between the served one and the latest.
    pub versions: Spread,
    /// The time since the served version was superseded, in whole milliseconds rounded down.
    ///
    /// Exact up to 1,024 stale reads. Beyond that percentiles are at most 0.1 % too high.
    pub age_ms: Spread,
}

/// The time from the commit of a write until all edges that are up hold it (EDGE-D08).
///
/// They hold it, or a later version of its key, all at one instant.
///
/// In milliseconds with three decimals, rounded down; 0 without samples. Exact up to 1,024 samples. Beyond that percentiles are
/// at most 0.1 % too high.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeToConsistency {
    /// The minimum.
    pub min_ms: f64,
    /// The maximum.
    pub max_ms: f64,
    /// The mean.
    pub mean_ms: f64,
    /// The median.
    pub p50_ms: f64,
    /// The 95th percentile.
    pub p95_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// Writes that all edges came to hold.
    pub samples: u64,
    /// Writes that never reached that state.
    pub unresolved: u64,
}

/// The measurements of one edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeMetrics {
    /// The number of the edge, from 0.
    pub edge: u32,
    /// Reads that it served.
    pub reads_total: Counter,
    /// Reads given up after it was asked.
    pub reads_unavailable: Counter,
    /// Stale reads that it served.
    pub stale_reads: Counter,
    /// Reads it answered that violated monotonic reads.
    pub monotonic_violations: Counter,
    /// Reads it answered that violated read-your-writes.
    pub read_your_writes_violations: Counter,
    /// Changes of its entries.
    pub applied: Counter,
    /// Changes of its entries to a lower version.
    pub rolled_back: Counter,
    /// Refetches of keys because of a gap.
    pub refetches: Counter,
    /// Snapshots applied.
    pub resyncs: Counter,
}

impl MetricsSnapshot {
    /// Lists all numbers that a threshold can refer to, by dotted path.
    ///
    /// Sorted by path, such as `inversion_distance.version_buckets.v1`. Numbers within lists are left out: those by edge, and those
    /// of the first violations.
    pub fn counters(&self) -> Vec<(String, f64)> {
        let tree = serde_json::to_value(self).expect("numbers can be written as JSON");
        numbers(&tree).into_iter().filter_map(|(path, number)| Some((path, number?))).collect()
    }

    /// Lists the paths of [`counters`](Self::counters).
    pub fn counter_names() -> Vec<String> {
        Self::default().counters().into_iter().map(|(path, _)| path).collect()
    }

    /// Returns the first sum that does not match, as a sentence (EDGE-D06).
    pub(crate) fn imbalance(&self) -> Option<String> {
        let reads = (self.stale_reads > self.reads_total)
            .then(|| format!("stale_reads is {}, but reads_total is {}", self.stale_reads, self.reads_total));
        let TimeToConsistency { samples, unresolved, .. } = self.time_to_consistency_ms;
        let writes = (samples + unresolved != self.writes_total.get())
            .then(|| format!("{samples} samples and {unresolved} unresolved writes, but writes_total is {}", self.writes_total));
        self.inversion_distance.imbalance(self.monotonic_violations).or(reads).or(writes)
    }
}

impl Spread {
    /// Computes the distribution of durations in whole milliseconds, rounded down.
    pub(crate) fn of_milliseconds(durations: &Histogram) -> Self {
        let whole = |duration: Option<Duration>| duration.map_or(0, |duration| duration.as_millis() as u64);
        Self {
            p50: whole(durations.percentile(50.0)),
            p95: whole(durations.percentile(95.0)),
            p99: whole(durations.percentile(99.0)),
            max: whole(durations.max()),
        }
    }
}

impl TimeToConsistency {
    pub(crate) fn of(durations: &Histogram, unresolved: u64) -> Self {
        // Truncated to microseconds, whose nearest float prints with at most three decimals.
        let milliseconds = |duration: Option<Duration>| duration.map_or(0.0, |duration| duration.as_micros() as f64 / 1e3);
        Self {
            min_ms: milliseconds(durations.min()),
            max_ms: milliseconds(durations.max()),
            mean_ms: milliseconds(durations.mean()),
            p50_ms: milliseconds(durations.percentile(50.0)),
            p95_ms: milliseconds(durations.percentile(95.0)),
            p99_ms: milliseconds(durations.percentile(99.0)),
            samples: durations.len(),
            unresolved,
        }
    }
}

impl EdgeMetrics {
    pub(crate) fn of(edge: u32) -> Self {
        let none = Counter::new();
        Self {
            edge,
            reads_total: none,
            reads_unavailable: none,
            stale_reads: none,
            monotonic_violations: none,
            read_your_writes_violations: none,
            applied: none,
            rolled_back: none,
            refetches: none,
            resyncs: none,
        }
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_invariants::VirtualInstant;

    use super::*;
    use crate::trace::ViolationKind;

    #[test]
    fn edge_11_to_20_the_report_has_the_required_paths() {
        let names = MetricsSnapshot::counter_names();
        for path in [
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
            "read_your_writes_violations",
            "reads_total",
            "reads_unavailable",
            "stale_reads",
            "staleness.versions.p99",
            "staleness.age_ms.max",
            "time_to_consistency_ms.min_ms",
            "time_to_consistency_ms.p95_ms",
            "time_to_consistency_ms.samples",
            "time_to_consistency_ms.unresolved",
        ] {
            assert!(names.iter().any(|name| name == path), "{path} is not in {names:?}");
        }
    }

    #[test]
    fn edge_d18_counters_have_their_values_and_exclude_those_by_edge() {
        let mut snapshot = MetricsSnapshot { edges: vec![EdgeMetrics::of(0)], ..MetricsSnapshot::default() };
        snapshot.monotonic_violations.add(3);
        snapshot.inversion_distance.version_buckets.v1.add(2);
        snapshot.time_to_consistency_ms.p99_ms = 51.5;
        snapshot.first_violations.push(ViolationTrace {
            kind: ViolationKind::MonotonicReads,
            at_ns: VirtualInstant::ZERO,
            client: 0,
            operation: 1,
            edge: 0,
            key: 0,
            expected: 2,
            expected_committed_at_ns: VirtualInstant::ZERO,
            observed: 1,
            observed_committed_at_ns: VirtualInstant::ZERO,
        });
        let counters = snapshot.counters();
        let value = |path: &str| counters.iter().find(|(name, _)| name == path).map(|(_, value)| *value);
        assert_eq!(value("monotonic_violations"), Some(3.0));
        assert_eq!(value("inversion_distance.version_buckets.v1"), Some(2.0));
        assert_eq!(value("time_to_consistency_ms.p99_ms"), Some(51.5));
        let names: Vec<String> = counters.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, MetricsSnapshot::counter_names());
    }

    #[test]
    fn edge_22_a_snapshot_round_trips_through_json() {
        let mut snapshot = MetricsSnapshot { edges: vec![EdgeMetrics::of(0)], ..MetricsSnapshot::default() };
        snapshot.stale_reads.add(7);
        snapshot.time_to_consistency_ms.mean_ms = 50.123;
        let text = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(serde_json::from_str::<MetricsSnapshot>(&text).unwrap(), snapshot);
        assert!(text.contains("\"mean_ms\":50.123,"), "{text}");
    }

    #[test]
    fn edge_d06_wrong_sums_of_reads_and_writes_are_reported() {
        assert_eq!(MetricsSnapshot::default().imbalance(), None);
        let mut snapshot = MetricsSnapshot::default();
        snapshot.stale_reads.increment();
        assert_eq!(snapshot.imbalance().as_deref(), Some("stale_reads is 1, but reads_total is 0"));
        let mut snapshot = MetricsSnapshot::default();
        snapshot.time_to_consistency_ms.unresolved = 1;
        assert_eq!(snapshot.imbalance().as_deref(), Some("0 samples and 1 unresolved writes, but writes_total is 0"));
        let mut snapshot = MetricsSnapshot::default();
        snapshot.monotonic_violations.increment();
        assert!(snapshot.imbalance().is_some());
    }

    #[test]
    fn edge_d08_times_are_milliseconds_truncated_to_microseconds() {
        let mut durations = Histogram::new();
        [1_234_567, 3_999_999].into_iter().for_each(|nanoseconds| durations.record(Duration::from_nanos(nanoseconds)));
        let measured = TimeToConsistency::of(&durations, 4);
        assert_eq!((measured.min_ms, measured.p50_ms, measured.max_ms), (1.234, 1.234, 3.999));
        assert_eq!((measured.mean_ms, measured.samples, measured.unresolved), (2.617, 2, 4));
    }

    #[test]
    fn an_empty_set_measures_zero() {
        assert_eq!(TimeToConsistency::of(&Histogram::new(), 0), TimeToConsistency::default());
        assert_eq!(Spread::of_milliseconds(&Histogram::new()), Spread::default());
    }
}
