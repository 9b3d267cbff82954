//! Rules that ask for views of a type that no node publishes say which types there are.

use cluster_sim::prelude::*;
use rstest::rstest;

use super::{counters, counters_and_talkers, rule};

const RULE: &str = "a rule";

/// Published by no node.
struct Absent;

const ABSENT: &str = "no node publishes a view of `rules::missing_views::Absent`";

#[test]
fn a_rule_that_looked_at_nothing_names_the_views() {
    let report = counters_and_talkers().always(RULE, |world| world.views::<Absent>().count() == 0).run(Seed(7));
    assert_eq!(report.outcome, Outcome::Unknown);
    let known = "the nodes publish `alloc::string::String` (2 nodes), `u64` (5 nodes)";
    assert_eq!(rule(&report, RULE).unknown, Some(format!("it looked at nothing: {ABSENT}; {known}")));
}

#[test]
fn a_rule_that_reads_one_node_names_the_views() {
    let report = counters().always(RULE, |world| world.view::<Absent>(NodeId(1)).is_none()).run(Seed(7));
    let expected = format!("it looked at nothing: {ABSENT}; the nodes publish `u64` (5 nodes)");
    assert_eq!(rule(&report, RULE).unknown, Some(expected));
}

#[test]
fn a_rule_that_reads_nothing_says_so() {
    let report = counters().always(RULE, |_| true).run(Seed(7));
    assert_eq!(rule(&report, RULE).unknown.as_deref(), Some("it looked at nothing: it read no view, health or traffic"));
}

#[test]
fn a_pending_rule_names_the_views_that_it_missed() {
    let report = counters().eventually(RULE, |world| world.views::<Absent>().count() > 0).run(Seed(7));
    assert_eq!(report.outcome, Outcome::Violated);
    let message = &report.violations[0].message;
    assert!(message.ends_with(&format!(": {ABSENT}; the nodes publish `u64` (5 nodes)")), "{message}");
}

#[test]
fn nodes_without_views_are_told() {
    async fn idle(node: Node) {
        node.sleep(Duration::from_secs(1)).await;
    }
    let report = Scenario::new("idle").nodes("idle", 2, idle).always(RULE, |world| world.views::<u64>().count() == 0).run(Seed(7));
    let expected = "it looked at nothing: no node publishes a view of `u64`, and none publishes any other";
    assert_eq!(rule(&report, RULE).unknown.as_deref(), Some(expected));
}

#[rstest]
#[case::views_of_nodes_that_are_there(true)]
#[case::no_view_but_a_health(false)]
fn a_rule_that_read_something_names_no_views(#[case] reads_views: bool) {
    let pending = counters().eventually(RULE, move |world| {
        let seen = if reads_views {
            world.views::<u64>().count()
        } else {
            usize::from(world.health(NodeId(0)) == cluster_sim::check::Health::Up)
        };
        seen == 0
    });
    let message = &pending.run(Seed(7)).violations[0].message;
    assert!(!message.contains("publish"), "{message}");
}
