//! Measurements of writes and other counters.

use rstest::rstest;

use super::*;

#[test]
fn edge_21_time_to_consistency_runs_from_the_commit_to_the_last_edge() {
    let mut run = Run::new();
    run.at(100).commit(0, 1);
    run.at(110).apply(0, 1, 0).apply(1, 1, 0);
    assert_eq!(run.counter("time_to_consistency_ms.samples"), 0.0);
    run.at(150).apply(2, 1, 0);
    for name in ["min_ms", "max_ms", "mean_ms", "p50_ms", "p95_ms", "p99_ms"] {
        assert_eq!(run.counter(&format!("time_to_consistency_ms.{name}")), 50.0, "{name}");
    }
    assert_eq!(run.counter("time_to_consistency_ms.samples"), 1.0);
    assert_eq!(run.counter("time_to_consistency_ms.unresolved"), 0.0);
    assert_eq!(run.finish(), Verdict::Holds);
}

#[test]
fn edge_d08_a_write_that_misses_an_edge_is_unresolved() {
    let mut run = committed(1);
    run.at(10).apply(0, 1, 0).apply(1, 1, 0);
    assert_eq!(run.finish(), Verdict::Holds);
    assert_eq!(run.counter("time_to_consistency_ms.unresolved"), 1.0);
    assert_eq!(run.counter("time_to_consistency_ms.max_ms"), 0.0);
}

#[test]
fn edge_d08_paused_edges_are_waited_for_and_dead_ones_are_not() {
    for (health, samples) in [(Health::Killed, 1.0), (Health::Down, 1.0), (Health::Paused, 0.0)] {
        let mut run = committed(1);
        run.at(10).apply(0, 1, 0).apply(1, 1, 0).health(2, health);
        assert_eq!(run.counter("time_to_consistency_ms.samples"), samples, "{health:?}");
    }
}

#[test]
fn edge_d08_a_restarted_edge_is_waited_for_again() {
    let mut run = committed(1);
    run.at(10).health(2, Health::Down).health(2, Health::Up).apply(0, 1, 0).apply(1, 1, 0);
    assert_eq!(run.counter("time_to_consistency_ms.samples"), 0.0);
    run.at(20).apply(2, 1, 0);
    assert_eq!(run.counter("time_to_consistency_ms.max_ms"), 19.0);
}

#[test]
fn edge_d12_lags_and_skipped_messages_are_counted() {
    for source_lag_policy in [LagPolicy::ObserveAndContinue, LagPolicy::ResyncFromSource] {
        let mut run = Run::with(&Config { source_lag_policy, ..config() });
        assert_eq!((run.counter("source_lags"), run.counter("source_messages_skipped")), (0.0, 0.0));
        run.report(ROUTER, EdgeFact::Lagged { skipped: 3 }).report(ROUTER, EdgeFact::Lagged { skipped: 4 });
        assert_eq!((run.counter("source_lags"), run.counter("source_messages_skipped")), (2.0, 7.0));
        assert_eq!(run.finish(), Verdict::Holds);
    }
}

#[test]
fn edge_d12_fail_run_reports_policy_skipped_messages_and_capacity() {
    let config = Config { source_lag_policy: LagPolicy::FailRun, source_fanout_capacity: 16, ..config() };
    let mut run = Run::with(&config);
    let Verdict::Violated(evidence) = run.verdict(ROUTER, EdgeFact::Lagged { skipped: 3 }) else { panic!("not violated") };
    assert_eq!(evidence.nodes, [ROUTER]);
    assert_eq!(evidence.message, "source_lag_policy is FailRun, and 3 messages beyond the fan-out capacity of 16 were skipped");
}

#[test]
fn edge_d16_changes_rollbacks_refetches_and_resyncs_are_counted_by_edge() {
    let mut run = committed(3);
    run.at(10).apply(0, 3, 0).apply(0, 2, 3).apply(1, 1, 0);
    assert_eq!((run.counter("applied"), run.counter("rolled_back")), (3.0, 1.0));
    assert_eq!((run.counter("refetches"), run.counter("resyncs")), (0.0, 0.0));
    run.report(LAYOUT.edge(1), EdgeFact::Refetching { key: 0, expected: 2, got: 3 });
    run.report(LAYOUT.edge(2), EdgeFact::Resynced { lag: 0 });
    assert_eq!((run.counter("refetches"), run.counter("resyncs")), (1.0, 1.0));
    let edges = run.collector.snapshot().edges;
    assert_eq!(edges.iter().map(|edge| edge.edge).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!([0, 1, 2].map(|edge| edges[edge].applied.get()), [2, 1, 0]);
    assert_eq!([0, 1, 2].map(|edge| edges[edge].rolled_back.get()), [1, 0, 0]);
    assert_eq!([0, 1, 2].map(|edge| edges[edge].refetches.get()), [0, 1, 0]);
    assert_eq!([0, 1, 2].map(|edge| edges[edge].resyncs.get()), [0, 0, 1]);
}

#[test]
fn reads_are_counted_by_the_edge_that_answered() {
    let mut run = committed(3);
    run.at(10).serve(2, 0, 1).serve(2, 0, 3).observe(0, 0, 3, 0).observe(0, 0, 1, 2);
    let edges = run.collector.snapshot().edges;
    assert_eq!([0, 1, 2].map(|edge| edges[edge].reads_total.get()), [0, 0, 2]);
    assert_eq!([0, 1, 2].map(|edge| edges[edge].stale_reads.get()), [0, 0, 1]);
    assert_eq!([0, 1, 2].map(|edge| edges[edge].monotonic_violations.get()), [0, 1, 0]);
    assert_eq!([0, 1, 2].map(|edge| edges[edge].read_your_writes_violations.get()), [0, 1, 0]);
}

#[test]
fn edge_08_writes_and_acknowledgements_are_counted_separately() {
    let mut run = committed(2);
    assert_eq!((run.counter("writes_total"), run.counter("client_writes_acked")), (2.0, 0.0));
    run.report(LAYOUT.client(0), EdgeFact::WriteAcked { operation: 0, key: 0, version: 2 });
    assert_eq!((run.counter("writes_total"), run.counter("client_writes_acked")), (2.0, 1.0));
}

#[rstest]
#[case::restarted(1)]
#[case::repeated(2)]
#[case::skipped_one(4)]
fn a_source_with_non_consecutive_versions_is_a_finding(#[case] version: Version) {
    let mut run = committed(2);
    let Verdict::Violated(evidence) = run.verdict(SOURCE, EdgeFact::Committed { key: 0, version }) else { panic!("not violated") };
    assert_eq!(evidence.message, format!("the source committed version {version} of key 0 after version 2"));
    assert_eq!(run.counter("writes_total"), 2.0);
}

#[test]
fn times_checked_counts_reads_and_writes() {
    let mut run = committed(2);
    assert_eq!(run.collector.times_checked(), 2);
    run.at(10).serve(0, 0, 1).serve(0, 0, 2);
    assert_eq!(run.collector.times_checked(), 4);
    assert_eq!(Run::new().collector.times_checked(), 0);
}

#[test]
fn edge_22_the_measurement_is_the_snapshot_as_json() {
    let mut run = committed(2);
    run.at(10).observe(0, 0, 2, 0).observe(0, 0, 1, 0);
    let measured = run.collector.measured();
    assert_eq!(measured["monotonic_violations"], 1);
    assert_eq!(measured["inversion_distance"]["version_buckets"]["v1"], 1);
    assert_eq!(measured["inversion_distance"]["temporal_buckets"]["lt_5ms"], 1);
    assert_eq!(measured["inversion_distance"]["micro_inversions"], 1);
    let snapshot: MetricsSnapshot = serde_json::from_value(measured).unwrap();
    assert_eq!(snapshot, run.collector.snapshot());
}

#[test]
fn facts_and_views_of_other_systems_are_ignored() {
    let mut run = Run::new();
    assert_eq!(run.observe_change(&Change::Fact(SOURCE, Box::new(7_u64))), Verdict::Holds);
    assert_eq!(run.observe_change(&Change::View(SOURCE)), Verdict::Holds);
    assert_eq!(run.observe_change(&Change::Health(LAYOUT.client(0), Health::Killed, Incarnation(0))), Verdict::Holds);
    assert_eq!(run.collector.snapshot(), Run::new().collector.snapshot());
}
