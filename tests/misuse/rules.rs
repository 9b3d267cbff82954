//! Rules that are wrong or prove nothing.

use cluster_sim::check::{Change, Invariant};
use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{counters, findings, one};

/// Published by no node.
struct Absent;

#[test]
fn a_rule_that_reads_nothing() {
    assert_snapshot!(findings(&counters().always("all is well", |_| true).run(Seed(7))), @r"
    UNKNOWN
    unknown: all is well: it looked at nothing: it read no view, health or traffic
    ");
}

#[test]
fn an_always_rule_over_a_view_that_no_node_has() {
    let rule = |world: &World<'_>| world.views::<Absent>().all(|_| false);
    assert_snapshot!(findings(&counters().always("nothing is absent", rule).run(Seed(7))), @r"
    UNKNOWN
    unknown: nothing is absent: it looked at nothing: no node publishes a view of `misuse::rules::Absent`; the nodes publish `u64` (2 nodes)
    ");
}

#[test]
fn an_eventually_rule_over_a_view_that_no_node_has() {
    let rule = |world: &World<'_>| world.views::<Absent>().any(|_| true);
    assert_snapshot!(findings(&counters().eventually("something appears", rule).run(Seed(7))), @r"
    FAIL
    at 11.000000s  step 10  something appears: stalled: no pending event since 1.000000s: no node publishes a view of `misuse::rules::Absent`; the nodes publish `u64` (2 nodes)
    ");
}

#[test]
fn a_rule_of_each_node_over_a_view_that_no_node_has() {
    assert_snapshot!(findings(&counters().always_each("no count is large", |_, count: &u32| *count < 10).run(Seed(7))), @r"
    UNKNOWN
    unknown: no count is large: no node publishes a view of `u32`; the nodes publish `u64` (2 nodes)
    ");
}

#[test]
fn a_unique_rule_over_a_view_that_no_node_has() {
    assert_snapshot!(findings(&counters().always_unique("one node a count", |_, count: &u32| Some(*count)).run(Seed(7))), @r"
    UNKNOWN
    unknown: one node a count: no node publishes a view of `u32`; the nodes publish `u64` (2 nodes)
    ");
}

/// Broken by each change from the second count on.
struct Low;

impl Invariant for Low {
    fn observe(&mut self, _: &Change, world: &World<'_>) -> Verdict {
        match world.views::<u64>().find(|(_, count)| **count >= 2) {
            Some((node, count)) => Verdict::violated([node], format!("the count is {count}")),
            None => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        1
    }
}

#[test]
fn a_rule_that_two_changes_of_a_step_break() {
    let both = one(|node| async move {
        for number in 1..=2_u64 {
            node.sleep(Duration::from_millis(1)).await;
            node.emit(number);
            node.publish(|count: &mut u64| *count = number);
        }
    });
    let report = both.observe("counts are low", || Low).run(Seed(7));
    assert_eq!(report.violations.len(), 1, "{:?}", report.violations);
}

#[test]
fn a_rule_over_nodes_that_publish_nothing() {
    let idle = one(|node| async move { node.sleep(Duration::from_millis(1)).await });
    assert_snapshot!(findings(&idle.always("counts are small", |world| world.views::<u64>().all(|_| true)).run(Seed(7))), @r"
    UNKNOWN
    unknown: counts are small: it looked at nothing: no node publishes a view of `u64`, and none publishes any other
    ");
}

#[test]
fn a_rule_without_a_message() {
    let rule = |world: &World<'_>| world.views::<u64>().all(|(_, count)| *count < 3);
    assert_snapshot!(findings(&counters().always("counts stay below three", rule).run(Seed(7))), @r"
    FAIL
    at 0.200000s  step 7  counts stay below three
    ");
}

#[test]
fn a_rule_that_never_comes_true() {
    let rule = |world: &World<'_>| world.views::<u64>().all(|(_, count)| *count == 4);
    assert_snapshot!(findings(&counters().eventually("counts reach four", rule).run(Seed(7))), @r"
    FAIL
    at 11.000000s  step 10  counts reach four: stalled: no pending event since 1.000000s
    ");
}

#[test]
fn a_rule_that_panics() {
    let rule = |world: &World<'_>| world.views::<u64>().nth(5).unwrap().1 < &10;
    assert_snapshot!(findings(&counters().always("the sixth count is small", rule).run(Seed(7))), @r#"
    FAIL
    at 0.000000s  step 1  check "the sixth count is small" panicked: called `Option::unwrap()` on a `None` value
    in tests/misuse/rules.rs
    unknown: the sixth count is small: it was never checked
    "#);
}

#[test]
fn a_rule_about_a_misspelt_node() {
    let rule = |world: &World<'_>| world.named("conter/0").is_none_or(|node| world.view::<u64>(node).is_some());
    assert_snapshot!(findings(&counters().always("the first counts", rule).run(Seed(7))), @r"
    UNKNOWN
    unknown: the first counts: it looked at nothing: it read no view, health or traffic
    ");
}

#[test]
fn an_observer_that_had_nothing_to_judge() {
    struct Blind;

    impl Invariant for Blind {
        fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
            Verdict::Holds
        }

        fn times_checked(&self) -> u64 {
            0
        }
    }
    assert_snapshot!(findings(&counters().observe("it is judged", || Blind).run(Seed(7))), @r"
    UNKNOWN
    unknown: it is judged: it never had anything to judge
    ");
}
