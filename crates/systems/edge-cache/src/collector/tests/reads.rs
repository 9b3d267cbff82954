//! Measurements of reads.

use rstest::rstest;

use super::*;

#[test]
fn edge_09_a_read_below_the_committed_version_is_stale() {
    let mut run = committed(3);
    run.at(10).serve(0, 0, 2).serve(0, 0, 1);
    assert_eq!((run.counter("reads_total"), run.counter("stale_reads")), (2.0, 2.0));
    assert_eq!(run.counter("staleness.versions.max"), 2.0);
    // Version 2 superseded version 1 at 2 ms; version 3 superseded version 2 at 3 ms.
    assert_eq!((run.counter("staleness.age_ms.p50"), run.counter("staleness.age_ms.max")), (7.0, 8.0));
}

#[test]
fn edge_09_a_read_of_the_latest_version_is_fresh() {
    let mut run = committed(3);
    run.at(10).serve(0, 0, 3).serve(0, 1, 0);
    assert_eq!((run.counter("reads_total"), run.counter("stale_reads")), (2.0, 0.0));
    assert_eq!(run.counter("staleness.versions.max"), 0.0);
}

#[test]
fn edge_d01_a_read_is_judged_at_the_instant_it_is_served() {
    let mut run = committed(1);
    run.at(10).serve(0, 0, 1);
    run.at(11).commit(0, 2);
    run.at(12).observe(0, 0, 1, 0);
    assert_eq!(run.counter("stale_reads"), 0.0);
    run.at(12).serve(0, 0, 1);
    assert_eq!(run.counter("stale_reads"), 1.0);
}

#[test]
fn edge_10_a_read_below_an_acknowledged_own_write_counts() {
    let mut run = committed(3);
    run.at(10).observe(0, 0, 2, 3);
    assert_eq!(run.counter("read_your_writes_violations"), 1.0);
    assert_eq!(run.counter("monotonic_violations"), 0.0);
    let first = &run.collector.snapshot().first_violations[0];
    assert_eq!((first.kind, first.expected, first.observed), (ViolationKind::ReadYourWrites, 3, 2));
}

#[test]
fn edge_10_a_read_of_an_own_write_or_later_does_not_count() {
    let mut run = committed(3);
    run.at(10).observe(0, 0, 2, 2).observe(0, 0, 3, 2).observe(1, 0, 0, 0);
    assert_eq!(run.counter("read_your_writes_violations"), 0.0);
}

#[test]
fn edge_11_a_read_below_an_earlier_one_counts() {
    let mut run = committed(3);
    run.at(10).observe(0, 0, 3, 0).observe(0, 0, 2, 0);
    assert_eq!(run.counter("monotonic_violations"), 1.0);
}

#[test]
fn edge_11_a_read_of_an_equal_or_later_version_does_not_count() {
    let mut run = committed(3);
    run.at(10).observe(0, 0, 2, 0).observe(0, 0, 2, 0).observe(0, 0, 3, 0);
    assert_eq!((run.counter("monotonic_violations"), run.counter("reads_observed")), (0.0, 3.0));
}

#[test]
fn edge_d03_the_highest_version_is_kept_per_client_and_key() {
    let mut run = committed(3);
    run.commit(1, 1);
    run.at(10).observe(0, 0, 3, 0);
    run.observe(1, 0, 2, 0).observe(0, 1, 1, 0);
    assert_eq!(run.counter("monotonic_violations"), 0.0);
}

#[test]
fn edge_d03_the_highest_version_is_never_lowered() {
    let mut run = committed(3);
    run.at(10).observe(0, 0, 3, 0).observe(0, 0, 1, 0).observe(0, 0, 2, 0);
    assert_eq!(run.counter("monotonic_violations"), 2.0);
    assert_eq!(run.counter("inversion_distance.version_buckets.v1"), 1.0);
    assert_eq!(run.counter("inversion_distance.version_buckets.v2_5"), 1.0);
}

#[rstest]
#[case::edge_12_one(1, "v1")]
#[case::edge_13_two(2, "v2_5")]
#[case::edge_13_five(5, "v2_5")]
#[case::edge_14_six(6, "v6_20")]
#[case::edge_14_twenty(20, "v6_20")]
#[case::edge_15_twenty_one(21, "v21_plus")]
fn edge_d04_a_rollback_is_counted_in_one_version_bucket(#[case] distance: Version, #[case] bucket: &str) {
    let mut run = committed(40);
    run.at(50).observe(0, 0, 40, 0).observe(0, 0, 40 - distance, 0);
    for name in ["v1", "v2_5", "v6_20", "v21_plus"] {
        let expected = if name == bucket { 1.0 } else { 0.0 };
        assert_eq!(run.counter(&format!("inversion_distance.version_buckets.{name}")), expected, "{name}");
    }
}

#[rstest]
#[case::edge_16_four(4_999, "lt_5ms", 1.0)]
#[case::edge_17_five(5_000, "ms5_20", 1.0)]
#[case::edge_17_just_below_twenty(19_999, "ms5_20", 1.0)]
#[case::edge_17_twenty_and_a_bit(20_999, "ms5_20", 0.0)]
#[case::edge_18_twenty_one(21_000, "ms21_100", 0.0)]
#[case::edge_18_hundred_and_a_bit(100_999, "ms21_100", 0.0)]
#[case::edge_19_hundred_and_one(101_000, "gt_100ms", 0.0)]
fn edge_d05_a_rollback_is_counted_by_the_time_between_commits(#[case] microseconds: u64, #[case] bucket: &str, #[case] micro: f64) {
    let mut run = Run::new();
    run.at(3).commit(0, 1);
    run.now = milliseconds(3) + Duration::from_micros(microseconds);
    run.commit(0, 2);
    // Much later, because only the commits count and not the reads.
    run.at(5_000).observe(0, 0, 2, 0);
    run.at(9_000).observe(0, 0, 1, 0);
    for name in ["lt_5ms", "ms5_20", "ms21_100", "gt_100ms"] {
        let expected = if name == bucket { 1.0 } else { 0.0 };
        assert_eq!(run.counter(&format!("inversion_distance.temporal_buckets.{name}")), expected, "{name}");
    }
    assert_eq!(run.counter("inversion_distance.micro_inversions"), micro);
}

#[test]
fn edge_d05_an_unwritten_key_counts_as_committed_at_the_start() {
    let mut run = Run::new();
    run.at(60).commit(0, 1);
    run.at(70).observe(0, 0, 1, 0).observe(0, 0, 0, 0);
    assert_eq!(run.counter("inversion_distance.temporal_buckets.ms21_100"), 1.0);
}

#[rstest]
#[case::four_versions_in_19_ms(4, 19, 1.0)]
#[case::five_versions_in_19_ms(5, 19, 0.0)]
#[case::four_versions_in_20_ms(4, 20, 0.0)]
fn edge_20_d07_micro_inversions_are_short_in_versions_and_in_time(#[case] versions: Version, #[case] gap: u64, #[case] micro: f64) {
    let mut run = Run::new();
    run.at(1).commit(0, 1);
    for version in 2..=versions + 1 {
        run.at(1 + gap).commit(0, version);
    }
    run.at(50).observe(0, 0, versions + 1, 0).observe(0, 0, 1, 0);
    assert_eq!(run.counter("monotonic_violations"), 1.0);
    assert_eq!(run.counter("inversion_distance.micro_inversions"), micro);
}

#[test]
fn edge_d21_an_unavailable_read_is_counted_and_is_no_violation() {
    let mut run = committed(3);
    run.at(5).observe(0, 0, 3, 3);
    assert_eq!(run.counter("reads_unavailable"), 0.0);
    run.at(10).report(LAYOUT.client(0), EdgeFact::Unavailable { operation: 6, edge: LAYOUT.edge(2) });
    assert_eq!(run.counter("reads_unavailable"), 1.0);
    for path in ["monotonic_violations", "read_your_writes_violations", "stale_reads", "reads_total"] {
        assert_eq!(run.counter(path), 0.0, "{path}");
    }
    assert_eq!(run.collector.snapshot().edges[2].reads_unavailable.get(), 1);
    assert_eq!(run.collector.snapshot().first_violations, []);
}

#[test]
fn the_first_violation_of_each_kind_names_write_edge_and_client() {
    let mut run = committed(3);
    run.at(9).observe(0, 0, 3, 0);
    run.at(10).observe(0, 0, 2, 0).observe(0, 0, 1, 0);
    let expected = ViolationTrace {
        kind: ViolationKind::MonotonicReads,
        at_ns: VirtualInstant::ZERO + milliseconds(10),
        client: 0,
        operation: 5,
        edge: 1,
        key: 0,
        expected: 3,
        expected_committed_at_ns: VirtualInstant::ZERO + milliseconds(3),
        observed: 2,
        observed_committed_at_ns: VirtualInstant::ZERO + milliseconds(2),
    };
    assert_eq!(run.collector.snapshot().first_violations, std::slice::from_ref(&expected));
    run.at(11).observe(1, 0, 1, 2).observe(1, 0, 0, 2);
    let firsts = run.collector.snapshot().first_violations;
    assert_eq!(firsts.len(), 2);
    assert_eq!(firsts[0], expected);
    assert_eq!((firsts[1].kind, firsts[1].client), (ViolationKind::ReadYourWrites, 1));
    assert_eq!((firsts[1].expected, firsts[1].observed), (2, 1));
}

#[test]
fn edge_d06_a_wrong_sum_is_found_at_the_next_violation_and_the_end() {
    let mut run = committed(2);
    run.collector.counted.inversion_distance.version_buckets.v1.increment();
    run.at(10).observe(0, 0, 2, 0);
    let observed = EdgeFact::Observed { operation: 0, edge: LAYOUT.edge(0), key: 0, version: 1, acked: 0 };
    for verdict in [run.verdict(LAYOUT.client(0), observed), run.finish()] {
        let Verdict::Violated(evidence) = verdict else { panic!("not violated") };
        assert_eq!(evidence.message, "the version buckets sum up to 2, but monotonic_violations is 1");
    }
}
