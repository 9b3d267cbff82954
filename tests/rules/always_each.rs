//! Rules about one node.

use cluster_sim::prelude::*;
use cluster_sim::report::{CheckKind, PanicSite};
use rstest::rstest;

use super::{counters, counters_and_talkers, rule};

const RULE: &str = "counts stay small";

#[test]
fn a_sound_cluster_holds_and_each_view_counts_as_checked() {
    let report = counters_and_talkers().always_each(RULE, |_, count: &u64| *count < 55).run(Seed(7));
    report.assert_ok();
    // Five counters show a view at their start and after each of five steps; the talkers have views of another type.
    assert_eq!((rule(&report, RULE).kind, rule(&report, RULE).times_checked), (CheckKind::AlwaysEach, 5 * 6));
}

#[rstest]
#[case::of_a_bool(counters().always_each(RULE, |_, count: &u64| *count != 23), "")]
#[case::of_a_result(counters().always_each(RULE, |_, count: &u64| if *count == 23 { Err("23") } else { Ok(()) }), "23")]
#[case::of_a_verdict(
    counters().always_each(RULE, |_, count: &u64| if *count == 23 { Verdict::violated([], "it is 23") } else { Verdict::Holds }),
    "it is 23"
)]
fn a_violation_names_its_node(#[case] counting: Scenario, #[case] message: &str) {
    let report = counting.run(Seed(7));
    assert_eq!(report.outcome, Outcome::Violated);
    assert_eq!((report.violations[0].rule.as_str(), report.violations[0].message.as_str()), (RULE, message));
    assert_eq!(report.suspects(), [NodeId(3)]);
}

#[test]
fn the_node_comes_before_those_of_the_evidence_and_once() {
    let evidence = |node: NodeId, count: &u64| {
        if *count == 23 { Verdict::violated([NodeId(1), node, NodeId(0)], "") } else { Verdict::Holds }
    };
    assert_eq!(counters().always_each(RULE, evidence).run(Seed(7)).suspects(), [NodeId(3), NodeId(1), NodeId(0)]);
}

#[test]
fn views_that_async_nodes_publish_are_asked() {
    let report = counters_and_talkers().always_each("no talker says three", |_, said: &String| said != "three").run(Seed(7));
    assert_eq!(report.outcome, Outcome::Violated);
    assert!([[NodeId(5)], [NodeId(6)]].contains(&report.suspects().try_into().expect("one talker is named")));
}

#[test]
fn a_rule_that_meets_no_view_of_its_type_is_unknown() {
    let report = counters_and_talkers().always_each(RULE, |_, _: &u32| true).run(Seed(7));
    assert_eq!(report.outcome, Outcome::Unknown);
    assert_eq!(
        rule(&report, RULE).unknown.as_deref(),
        Some("no node publishes a view of `u32`; the nodes publish `alloc::string::String` (2 nodes), `u64` (5 nodes)")
    );
}

#[test]
fn a_rule_that_cannot_tell_is_unknown() {
    let report = counters().always_each(RULE, |_, _: &u64| Verdict::Unknown("too dark".to_owned())).run(Seed(7));
    assert_eq!((report.outcome, rule(&report, RULE).unknown.as_deref()), (Outcome::Unknown, Some("too dark")));
}

#[test]
fn a_node_is_asked_about_after_a_restart_and_not_while_down() {
    let mut sim = counters().always_each(RULE, |_, _: &u64| true).start(Seed(7));
    sim.run_for(Duration::from_secs(1));
    sim.crash(2);
    sim.run_for(Duration::from_secs(1));
    sim.restart(2);
    sim.run_for(Duration::from_secs(1));
    let report = sim.finish();
    report.assert_ok();
    assert_eq!(rule(&report, RULE).times_checked, 5 * 6 + 6);
}

#[test]
fn a_panic_in_a_rule_names_the_rule() {
    let report = counters().always_each(RULE, |_, count: &u64| if *count == 23 { panic!("it is 23") } else { true }).run(Seed(7));
    assert_eq!(report.panic.expect("the rule panics").site, PanicSite::Check { name: RULE.to_owned() });
}
