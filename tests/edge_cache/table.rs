//! Each counter with its cause.

use cluster_sim_scenarios::edge_cache::{ApplyMode, EdgeCacheFile, SourceLagPolicy, Step};

use crate::measured::steps;

/// A cause that raises counters, and a scenario in which they are zero without it.
pub(crate) struct Row {
    /// Name of the cause.
    pub(crate) name: &'static str,
    /// The counters it raises.
    pub(crate) counters: &'static [&'static str],
    /// Changes a quiet file into the scenario without the cause.
    pub(crate) scenario: fn(&mut EdgeCacheFile),
    /// Adds the cause.
    pub(crate) cause: fn(&mut EdgeCacheFile),
}

/// A thousand writes a second of one key, read often; the links take 100 ms.
fn one_busy_key(file: &mut EdgeCacheFile) {
    (file.key_count, file.mutation_rate_per_sec, file.writes_per_client_per_sec) = (1, 1_000.0, 0.0);
    (file.chaos.delay_ms, file.reads_per_client_per_sec) = (100, 200.0);
}

/// More writes in a stall than the router's subscription holds.
fn tight_subscription(file: &mut EdgeCacheFile) {
    (file.source_fanout_capacity, file.mutation_rate_per_sec) = (4, 200.0);
}

/// No writes.
fn nothing_written(file: &mut EdgeCacheFile) {
    (file.mutation_rate_per_sec, file.writes_per_client_per_sec) = (0.0, 0.0);
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "writes",
        counters: &["writes_total", "applied", "time_to_consistency_ms.samples"],
        scenario: nothing_written,
        cause: |file| file.mutation_rate_per_sec = 10.0,
    },
    Row {
        name: "writes of clients",
        counters: &["client_writes_acked", "writes_total", "applied"],
        scenario: nothing_written,
        cause: |file| file.writes_per_client_per_sec = 0.5,
    },
    Row {
        name: "reads",
        counters: &["reads_total", "reads_observed"],
        scenario: |file| file.reads_per_client_per_sec = 0.0,
        cause: |file| file.reads_per_client_per_sec = 20.0,
    },
    Row {
        name: "a killed edge",
        counters: &["reads_unavailable"],
        scenario: |_| {},
        cause: |file| file.steps = steps([(1.0, Step::KillEdgeNode { edge_id: 0 })]),
    },
    Row {
        name: "lost messages",
        counters: &[
            "stale_reads",
            "staleness.versions.p50",
            "staleness.versions.p95",
            "staleness.versions.p99",
            "staleness.versions.max",
            "staleness.age_ms.p50",
            "staleness.age_ms.p95",
            "staleness.age_ms.p99",
            "staleness.age_ms.max",
            "time_to_consistency_ms.unresolved",
        ],
        scenario: |_| {},
        cause: |file| file.chaos.loss_rate = 0.3,
    },
    Row {
        name: "late messages",
        counters: &[
            "read_your_writes_violations",
            "time_to_consistency_ms.min_ms",
            "time_to_consistency_ms.max_ms",
            "time_to_consistency_ms.mean_ms",
            "time_to_consistency_ms.p50_ms",
            "time_to_consistency_ms.p95_ms",
            "time_to_consistency_ms.p99_ms",
        ],
        scenario: |file| (file.key_count, file.writes_per_client_per_sec) = (8, 5.0),
        cause: |file| file.chaos.delay_ms = 200,
    },
    Row {
        name: "reordered messages",
        counters: &[
            "rolled_back",
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
        ],
        scenario: one_busy_key,
        cause: |file| file.chaos.reorder_rate = 0.3,
    },
    Row {
        name: "a cut-off edge, among roaming clients",
        counters: &["monotonic_violations", "inversion_distance.version_buckets.v21_plus", "stale_reads"],
        scenario: |file| (file.key_count, file.mutation_rate_per_sec, file.roam_interval_ms) = (1, 100.0, 250),
        cause: |file| file.steps = steps([(5.0, Step::PartitionEdge { edge_id: 1, duration_ms: Some(2_000) })]),
    },
    Row {
        name: "roaming, between edges of which some are stale",
        counters: &["monotonic_violations", "inversion_distance.version_buckets.v1"],
        scenario: |file| file.chaos.loss_rate = 0.2,
        cause: |file| file.roam_interval_ms = 250,
    },
    Row {
        name: "stalls of the router",
        counters: &["source_lags", "source_messages_skipped"],
        scenario: tight_subscription,
        cause: |file| file.chaos.burst_lag_ms = Some(400),
    },
    Row {
        name: "the policy to fetch a snapshot after a lag",
        counters: &["resyncs"],
        scenario: |file| {
            tight_subscription(file);
            file.chaos.burst_lag_ms = Some(400);
        },
        cause: |file| file.chaos.source_lag_policy = SourceLagPolicy::ResyncFromSource,
    },
    Row {
        name: "gaps in what version-gated edges hear",
        counters: &["refetches"],
        scenario: |file| file.apply_mode = ApplyMode::VersionGated,
        cause: |file| file.chaos.loss_rate = 0.1,
    },
    Row {
        name: "edges that notice gaps",
        counters: &["refetches"],
        scenario: |file| file.chaos.loss_rate = 0.1,
        cause: |file| file.apply_mode = ApplyMode::VersionGated,
    },
];
