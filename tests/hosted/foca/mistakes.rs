//! Mistakes that users of foca make: each breaks a rule within the seeds granted to it in advance.

use cluster_sim::prelude::*;
use foca::{Config, OwnedNotification};

use super::glue::{Setup, SwimFact};
use super::member::Member;
use super::rules::DownIsForever;
use super::{setup, swim};

const SEEDS: u64 = 64;
const NODES: u32 = 12;

/// Asserts that a cluster with this setup breaks the rule, and that one fault shows it.
#[track_caller]
fn assert_found(mistake: Setup, rule: &str) {
    let scenario = swim(NODES, mistake);
    let sweep = scenario.sweep(0..SEEDS);
    let report = sweep.failure().expect("a seed shows the mistake");
    assert_eq!(report.violations[0].rule, rule, "{report}");
    let minimized = scenario.shrink(report).expect("it broke a rule");
    assert!(minimized.faults.1 <= 1, "{minimized}");
}

#[test]
fn the_seeds_find_nothing_without_a_mistake() {
    swim(NODES, setup()).sweep(0..SEEDS).assert_ok();
}

#[test]
fn a_node_that_announces_itself_once_stays_alone() {
    assert_found(Setup { rejoin_after: None, seeds: vec![NodeId(0)], ..setup() }, "every node has the live set");
}

#[test]
fn a_node_that_forgets_its_lives_returns_as_itself() {
    assert_found(Setup { first_generation: |_| 0, ..setup() }, "no two lives share an identity");
}

#[test]
fn plain_swim_never_takes_back_what_it_gave_up() {
    let config = Config { notify_down_members: false, periodic_announce_to_down_members: None, ..setup().config };
    assert_found(Setup { config, ..setup() }, "every node has the live set");
}

/// Takes another node for a member, gives it up, and takes it for a member again.
async fn recant(node: Node) {
    let member = Member { node: NodeId(1), generation: 0 };
    node.emit(SwimFact::Heard(OwnedNotification::MemberUp(member)));
    node.emit(SwimFact::Heard(OwnedNotification::MemberDown(member)));
    node.emit(SwimFact::Heard(OwnedNotification::MemberUp(member)));
}

#[test]
fn a_member_that_returns_unchanged_breaks_its_rule() {
    let report = Scenario::new("recant").nodes("node", 1, recant).observe("down", DownIsForever::default).run(Seed(7));
    assert_eq!(report.violations[0].message, "Member { node: NodeId(1), generation: 0 } was down and is up");
}
