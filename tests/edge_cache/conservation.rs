use cluster_sim::Outcome;
use cluster_sim_scenarios::Artifact;

use crate::measured::{metric, run};
use crate::random;

/// How many random runs.
const RUNS: u64 = 1_000;

/// The sums of EDGE-D06 that do not add up, computed from the report alone, without the check of the collector.
fn unbalanced(artifact: &Artifact) -> Vec<String> {
    let value = |name: &str| metric(artifact, name);
    let inversions = |names: &[&str]| names.iter().map(|name| value(&format!("inversion_distance.{name}"))).sum::<f64>();
    let of_edges = |name: &str| {
        let edges = artifact.metrics_snapshot["edges"].as_array().expect("a list of edges");
        edges.iter().map(|edge| edge[name].as_f64().expect("a number")).sum::<f64>()
    };
    let monotonic = value("monotonic_violations");
    let micro = value("inversion_distance.micro_inversions");
    let buckets =
        |kind: &str, names: [&str; 4]| inversions(&names.map(|name| format!("{kind}.{name}")).each_ref().map(|name| &**name));
    let by_version = buckets("version_buckets", ["v1", "v2_5", "v6_20", "v21_plus"]);
    let by_time = buckets("temporal_buckets", ["lt_5ms", "ms5_20", "ms21_100", "gt_100ms"]);
    let few_versions = inversions(&["version_buckets.v1", "version_buckets.v2_5"]);
    let little_time = inversions(&["temporal_buckets.lt_5ms", "temporal_buckets.ms5_20"]);
    let consistent = value("time_to_consistency_ms.samples") + value("time_to_consistency_ms.unresolved");
    let mut sums = vec![
        ("violations by version", by_version == monotonic),
        ("violations by time", by_time == monotonic),
        ("micro inversions of few versions", micro <= few_versions),
        ("micro inversions of little time", micro <= little_time),
        ("stale reads among all", value("stale_reads") <= value("reads_total")),
        ("observed reads among those served", value("reads_observed") <= value("reads_total")),
        ("violations among observed reads", monotonic <= value("reads_observed")),
        ("consistent and unresolved writes", consistent == value("writes_total")),
        ("rollbacks among changes", value("rolled_back") <= value("applied")),
        ("the fates of messages", artifact.traffic.is_balanced()),
    ];
    for name in ["reads_total", "reads_unavailable", "stale_reads", "applied", "rolled_back", "refetches", "resyncs"] {
        sums.push((name, of_edges(name) == value(name)));
    }
    for name in ["monotonic_violations", "read_your_writes_violations"] {
        sums.push((name, of_edges(name) == value(name)));
    }
    sums.into_iter().filter(|(_, holds)| !holds).map(|(name, _)| name.to_owned()).collect()
}

/// The totals of a thousand runs.
#[derive(Debug, Default)]
struct Tally {
    runs: u64,
    with_stale_reads: u64,
    with_monotonic_violations: u64,
    with_micro_inversions: u64,
    with_read_your_writes_violations: u64,
    with_rollbacks: u64,
    with_unavailable_reads: u64,
    ended_by_policy: u64,
}

impl Tally {
    fn note(&mut self, artifact: &Artifact) {
        let some = |name: &str| u64::from(metric(artifact, name) > 0.0);
        self.runs += 1;
        self.with_stale_reads += some("stale_reads");
        self.with_monotonic_violations += some("monotonic_violations");
        self.with_micro_inversions += some("inversion_distance.micro_inversions");
        self.with_read_your_writes_violations += some("read_your_writes_violations");
        self.with_rollbacks += some("rolled_back");
        self.with_unavailable_reads += some("reads_unavailable");
        self.ended_by_policy += u64::from(artifact.outcome == Outcome::Violated);
    }
}

#[test]
fn edge_d06_the_sums_add_up_in_a_thousand_random_runs() {
    let mut tally = Tally::default();
    for number in 0..RUNS {
        let file = random::file(number);
        let artifact = run(&file);
        let about = || format!("run {number}: {}", artifact.scenario);
        assert_eq!(unbalanced(&artifact), [""; 0], "{}", about());
        // The only possible finding is that of the policy `fail_run`.
        match artifact.outcome {
            Outcome::Held => assert_eq!(artifact.violations, [], "{}", about()),
            Outcome::Violated => assert!(
                artifact.violations.iter().all(|violation| violation.message.starts_with("source_lag_policy is FailRun, and ")),
                "{:?} in {}",
                artifact.violations,
                about()
            ),
            other => panic!("{other:?} {:?} in {}", artifact.panic, about()),
        }
        tally.note(&artifact);
    }
    assert_eq!(tally.runs, RUNS);
    // The runs had enough to count.
    for (many, least) in [
        (tally.with_stale_reads, RUNS / 2),
        (tally.with_monotonic_violations, RUNS / 5),
        (tally.with_read_your_writes_violations, RUNS / 4),
        (tally.with_micro_inversions, RUNS / 20),
        (tally.with_rollbacks, RUNS / 10),
        (tally.with_unavailable_reads, RUNS / 20),
        (tally.ended_by_policy, RUNS / 50),
    ] {
        assert!(many >= least, "{tally:?}");
    }
    assert!(tally.ended_by_policy < RUNS / 4, "{tally:?}");
}

#[test]
fn edge_d06_an_unbalanced_sum_is_detected() {
    let whole = run(&random::file(0));
    let changed = |pointer: &str| {
        let mut artifact = whole.clone();
        let number = artifact.metrics_snapshot.pointer_mut(pointer).expect("the number is there");
        *number = (number.as_u64().expect("a whole number") + 1_000_000).into();
        unbalanced(&artifact)
    };
    assert_eq!(unbalanced(&whole), [""; 0]);
    for pointer in [
        "/monotonic_violations",
        "/inversion_distance/version_buckets/v6_20",
        "/inversion_distance/temporal_buckets/gt_100ms",
        "/inversion_distance/micro_inversions",
        "/stale_reads",
        "/reads_observed",
        "/time_to_consistency_ms/unresolved",
        "/rolled_back",
        "/refetches",
        "/edges/0/resyncs",
    ] {
        assert_ne!(changed(pointer), [""; 0], "{pointer}");
    }
}
