//! How writes are followed, and what else is counted.

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
fn edge_d08_a_write_that_an_edge_never_holds_is_unresolved() {
    let mut run = committed(1);
    run.at(10).apply(0, 1, 0).apply(1, 1, 0);
    assert_eq!(run.finish(), Verdict::Holds);
    assert_eq!(run.counter("time_to_consistency_ms.unresolved"), 1.0);
    assert_eq!(run.counter("time_to_consistency_ms.max_ms"), 0.0);
}

#[test]
fn edge_d08_killed_and_crashed_edges_are_not_waited_for_but_paused_ones_are() {
    for (health, samples) in [(Health::Killed, 1.0), (Health::Down, 1.0), (Health::Paused, 0.0)] {
        let mut run = committed(1);
        run.at(10).apply(0, 1, 0).apply(1, 1, 0).health(2, health);
        assert_eq!(run.counter("time_to_consistency_ms.samples"), samples, "{health:?}");
    }
}

#[test]
fn edge_d08_an_edge_that_restarts_is_waited_for_again() {
    let mut run = committed(1);
    run.at(10).health(2, Health::Down).health(2, Health::Up).apply(0, 1, 0).apply(1, 1, 0);
    assert_eq!(run.counter("time_to_consistency_ms.samples"), 0.0);
    run.at(20).apply(2, 1, 0);
    assert_eq!(run.counter("time_to_consistency_ms.max_ms"), 19.0);
}

#[test]
fn edge_d12_lag_is_counted_and_observed() {
    for source_lag_policy in [LagPolicy::ObserveAndContinue, LagPolicy::ResyncFromSource] {
        let mut run = Run::with(&Config { source_lag_policy, ..config() });
        assert_eq!((run.counter("source_lags"), run.counter("source_messages_skipped")), (0.0, 0.0));
        run.state(ROUTER, EdgeFact::Lagged { skipped: 3 }).state(ROUTER, EdgeFact::Lagged { skipped: 4 });
        assert_eq!((run.counter("source_lags"), run.counter("source_messages_skipped")), (2.0, 7.0));
        assert_eq!(run.finish(), Verdict::Holds);
    }
}

#[test]
fn edge_d12_fail_run_is_a_finding_that_names_policy_skipped_and_capacity() {
    let config = Config { source_lag_policy: LagPolicy::FailRun, source_fanout_capacity: 16, ..config() };
    let mut run = Run::with(&config);
    let Verdict::Violated(witness) = run.judge(ROUTER, EdgeFact::Lagged { skipped: 3 }) else { panic!("held") };
    assert_eq!(witness.nodes, [ROUTER]);
    assert_eq!(witness.message, "source_lag_policy is FailRun, and 3 messages beyond the fan-out capacity of 16 were skipped");
}

#[test]
fn edge_d16_changes_rollbacks_refetches_and_resyncs_are_counted_by_edge() {
    let mut run = committed(3);
    run.at(10).apply(0, 3, 0).apply(0, 2, 3).apply(1, 1, 0);
    assert_eq!((run.counter("applied"), run.counter("rolled_back")), (3.0, 1.0));
    assert_eq!((run.counter("refetches"), run.counter("resyncs")), (0.0, 0.0));
    run.state(LAYOUT.edge(1), EdgeFact::Refetching { key: 0, expected: 2, got: 3 });
    run.state(LAYOUT.edge(2), EdgeFact::Resynced { lag: 0 });
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
fn edge_08_writes_and_acknowledgements_are_counted_apart() {
    let mut run = committed(2);
    assert_eq!((run.counter("writes_total"), run.counter("client_writes_acked")), (2.0, 0.0));
    run.state(LAYOUT.client(0), EdgeFact::WriteAcked { operation: 0, key: 0, version: 2 });
    assert_eq!((run.counter("writes_total"), run.counter("client_writes_acked")), (2.0, 1.0));
}

#[rstest]
#[case::began_anew(1)]
#[case::said_twice(2)]
#[case::left_one_out(4)]
fn a_source_whose_versions_do_not_count_up_is_a_finding(#[case] version: Version) {
    let mut run = committed(2);
    let Verdict::Violated(witness) = run.judge(SOURCE, EdgeFact::Committed { key: 0, version }) else { panic!("held") };
    assert_eq!(witness.message, format!("the source committed version {version} of key 0 after version 2"));
    assert_eq!(run.counter("writes_total"), 2.0);
}

#[test]
fn witnesses_are_reads_judged_and_writes() {
    let mut run = committed(2);
    assert_eq!(run.collector.times_checked(), 2);
    run.at(10).serve(0, 0, 1).serve(0, 0, 2);
    assert_eq!(run.collector.times_checked(), 4);
    assert_eq!(Run::new().collector.times_checked(), 0);
}

#[test]
fn edge_22_what_was_measured_is_the_snapshot_as_json() {
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
fn facts_and_views_of_others_are_none_of_its_business() {
    let mut run = Run::new();
    assert_eq!(run.tell(&Change::Fact(SOURCE, Box::new(7_u64))), Verdict::Holds);
    assert_eq!(run.tell(&Change::View(SOURCE)), Verdict::Holds);
    assert_eq!(run.tell(&Change::Health(LAYOUT.client(0), Health::Killed, Incarnation(0))), Verdict::Holds);
    assert_eq!(run.collector.snapshot(), Run::new().collector.snapshot());
}
