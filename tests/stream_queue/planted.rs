//! Each planted bug of the queue is found by its rule within its seeds, and without one these seeds find nothing.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::{StreamQueueSystem, planted};
use cluster_sim_scenarios::{NodeStyle, Registry};
use cluster_sim_stream_queue::Bug;
use rstest::rstest;

#[rstest]
#[case::w01(Bug::TrimBeforeCommit)]
#[case::w02(Bug::OffsetReuseUnderBackpressure)]
#[case::w07(Bug::FuzzyCheckpoint)]
#[case::r01(Bug::AcknowledgesBeforeSync)]
#[case::i2(Bug::ForgetsSequences)]
#[case::i3(Bug::SkipsDamagedRecord)]
#[case::i4(Bug::ForgetsGroups)]
#[case::i5(Bug::RotatesByOwnSetting)]
#[case::i6(Bug::TrimsUnshipped)]
fn d24_a_planted_bug_is_found_by_its_rule(#[case] bug: Bug) {
    let registry = Registry::new().with(StreamQueueSystem);
    let expected = registry.bug(&format!("stream-queue/{bug}")).expect("it is planted").expected;
    let sweep = planted::cluster(NodeStyle::Async, Some(bug)).scenario().sweep(0..expected.seeds);
    let report = sweep.failure().unwrap_or_else(|| panic!("{bug} was not found within {} seeds", expected.seeds));
    println!("{bug}: seed {} of {}", sweep.passed(), expected.seeds);
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    assert_eq!(report.violations[0].rule, expected.rule, "{report}");
}

#[test]
fn without_a_bug_those_seeds_find_nothing() {
    planted::cluster(NodeStyle::Async, None).scenario().sweep(0..200).assert_ok();
}
