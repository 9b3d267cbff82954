//! The bugs of the stream queue, which has one form: each in a test of its own, as its runs take longer than those of other systems.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::{StreamQueueSystem, planted};
use cluster_sim_scenarios::{NodeStyle, Registry};
use cluster_sim_stream_queue::Bug;
use rstest::rstest;

/// Several rules may see the first thing that goes wrong; the one of the bug comes first.
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
fn sq_d24_a_planted_bug_is_found_by_its_rule_and_minimized(#[case] bug: Bug) {
    let registry = Registry::new().with(StreamQueueSystem);
    let planted = registry.bug(&format!("stream-queue/{bug}")).expect("it is planted");
    let sweep = planted.hunt(NodeStyle::Async).scenario().sweep(0..planted.expected.seeds);
    let report = sweep.failure().unwrap_or_else(|| panic!("{bug} was not found within {} seeds", planted.expected.seeds));
    println!("{bug}: seed {} of {}", sweep.passed(), planted.expected.seeds);
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    assert_eq!(report.violations[0].rule, planted.expected.rule, "{report}");
    crate::minimize::assert_minimized(std::slice::from_ref(planted), NodeStyle::Async);
}

#[test]
fn without_a_bug_those_seeds_find_nothing() {
    planted::cluster(NodeStyle::Async, None).scenario().sweep(0..200).assert_ok();
}
