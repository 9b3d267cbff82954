//! What was measured, as it stands in the report.

use std::time::Duration;

use cluster_sim_metrics::{Counter, Histogram, numbers};
use serde::{Deserialize, Serialize};

use crate::inversion::InversionDistance;
use crate::tally::Spread;
use crate::trace::ViolationTrace;

/// Everything that was measured about an edge cache: `metrics_snapshot` of the report.
///
/// Every read is judged twice: for staleness when an edge serves it, for what its client knew when the client observes it.
/// A read whose answer is lost is served and unavailable, but never observed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsSnapshot {
    /// Reads that showed a client a lower version of a key than it had seen before (EDGE-11).
    pub monotonic_violations: Counter,
    /// How far those took it back.
    pub inversion_distance: InversionDistance,
    /// Reads that showed a client a lower version than one acknowledged to it before it asked (EDGE-10).
    pub read_your_writes_violations: Counter,
    /// Reads that edges served.
    pub reads_total: Counter,
    /// Reads whose answer reached the client in time.
    pub reads_observed: Counter,
    /// Reads that clients gave up (EDGE-D21).
    pub reads_unavailable: Counter,
    /// Reads served with a lower version than was committed at that instant (EDGE-09).
    pub stale_reads: Counter,
    /// How stale those were.
    pub staleness: Staleness,
    /// Writes that the source committed: its own and those of clients.
    pub writes_total: Counter,
    /// Acknowledgements that reached the clients who wrote; one that the network repeats counts again.
    pub client_writes_acked: Counter,
    /// From the commit of a write until all edges hold it (EDGE-21).
    pub time_to_consistency_ms: TimeToConsistency,
    /// How often the router had skipped messages when it drained its subscription.
    pub source_lags: Counter,
    /// Messages that it skipped.
    pub source_messages_skipped: Counter,
    /// Entries of edges that changed.
    pub applied: Counter,
    /// Entries of edges that changed to a lower version.
    pub rolled_back: Counter,
    /// Keys that edges asked the source for because of a gap.
    pub refetches: Counter,
    /// Snapshots of the source that edges took over.
    pub resyncs: Counter,
    /// The same by edge, in order of edge.
    pub edges: Vec<EdgeMetrics>,
    /// The first violation of each kind, in order of time.
    pub first_violations: Vec<ViolationTrace>,
}

/// How stale the stale reads were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staleness {
    /// How many versions the served one was behind the latest.
    pub versions: Spread,
    /// How long the served version had been superseded, in whole milliseconds rounded down.
    ///
    /// Up to 1,024 stale reads exact; beyond that percentiles are high by less than 0.1 %.
    pub age_ms: Spread,
}

/// From the commit of a write until every edge that is up holds it or a later version, all at one instant (EDGE-D08).
///
/// Milliseconds with microseconds, rounded down; 0 where there are no samples. Up to 1,024 samples exact; beyond that
/// percentiles are high by less than 0.1 %.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeToConsistency {
    /// The shortest.
    pub min_ms: f64,
    /// The longest.
    pub max_ms: f64,
    /// The mean.
    pub mean_ms: f64,
    /// Half took no longer.
    pub p50_ms: f64,
    /// 95 of 100 took no longer.
    pub p95_ms: f64,
    /// 99 of 100 took no longer.
    pub p99_ms: f64,
    /// Writes that all edges came to hold.
    pub samples: u64,
    /// Writes that never did.
    pub unresolved: u64,
}

/// What was measured about one edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeMetrics {
    /// Which edge, from 0.
    pub edge: u32,
    /// Reads that it served.
    pub reads_total: Counter,
    /// Reads given up after it was asked.
    pub reads_unavailable: Counter,
    /// Reads that it served stale.
    pub stale_reads: Counter,
    /// Reads answered by it that broke monotonic reads.
    pub monotonic_violations: Counter,
    /// Reads answered by it that broke read-your-writes.
    pub read_your_writes_violations: Counter,
    /// Entries that changed.
    pub applied: Counter,
    /// Entries that changed to a lower version.
    pub rolled_back: Counter,
    /// Keys that it asked the source for because of a gap.
    pub refetches: Counter,
    /// Snapshots of the source that it took over.
    pub resyncs: Counter,
}

impl MetricsSnapshot {
    /// Every number that a threshold can be set on, by its dotted path: `inversion_distance.version_buckets.v1`.
    ///
    /// In order of path. The lists have none: the break-down by edge and the first violations.
    pub fn counters(&self) -> Vec<(String, f64)> {
        let tree = serde_json::to_value(self).expect("a tree of numbers has a form in JSON");
        numbers(&tree).into_iter().filter_map(|(path, number)| Some((path, number?))).collect()
    }

    /// The paths of [`counters`](Self::counters).
    pub fn counter_names() -> Vec<String> {
        Self::default().counters().into_iter().map(|(path, _)| path).collect()
    }

    /// The first sum that does not add up, as a sentence (EDGE-D06).
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
    /// The spread of durations in whole milliseconds rounded down.
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
        // Cut off at microseconds: the nearest float to a whole number of them prints as just that.
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
    fn edge_11_to_20_the_paths_of_the_report_are_those_that_were_asked_for() {
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
    fn edge_d18_counters_carry_their_values_and_leave_the_break_down_out() {
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
    fn edge_22_a_snapshot_survives_its_json() {
        let mut snapshot = MetricsSnapshot { edges: vec![EdgeMetrics::of(0)], ..MetricsSnapshot::default() };
        snapshot.stale_reads.add(7);
        snapshot.time_to_consistency_ms.mean_ms = 50.123;
        let text = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(serde_json::from_str::<MetricsSnapshot>(&text).unwrap(), snapshot);
        assert!(text.contains("\"mean_ms\":50.123,"), "{text}");
    }

    #[test]
    fn edge_d06_reads_and_writes_that_do_not_add_up_are_named() {
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
    fn edge_d08_times_are_milliseconds_with_microseconds_rounded_down() {
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
