//! Faults of triggers aimed by predicate: at the node that changed, the leader, a minority, all others.

use cluster_sim::check::Change;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

/// Five members, of which the one with index 3 leads from 20 ms on, beside two clients.
fn electing() -> Scenario {
    let member = async |node: Node| {
        node.sleep(milliseconds(20)).await;
        node.publish(|leads: &mut bool| *leads = node.index() == 3);
    };
    Scenario::new("electing")
        .nodes("client", 2, async |_| {})
        .nodes("member", 5, member)
        .nodes("pair", 2, async |_| {})
        .always("one leads", |world| world.nodes_where::<bool>(|leads| *leads).len() <= 1)
        .duration(milliseconds(500))
}

/// The nodes that the first fault hits, which a trigger fires once the leader leads.
fn aimed<F: Into<Fault>>(aim: impl Fn(&Change, &World<'_>, NodeId) -> F + Send + Sync + 'static) -> Vec<String> {
    let scenario = electing().when("the leader leads", move |change, world| {
        let leader = world.nodes_where::<bool>(|leads| *leads).first().copied()?;
        Some(aim(change, world, leader))
    });
    let report = scenario.run(Seed(7));
    report.assert_ok();
    assert!(report.faults[0].applied);
    report.faults[0].fault.nodes().into_iter().map(str::to_owned).collect()
}

#[test]
fn a_fault_hits_the_node_that_changed_and_the_leader() {
    let crash = |node: &str| NodeFault::crash(node, milliseconds(50));
    assert_eq!(aimed(move |change, world, _| crash(world.name(change.node()))), ["member/3"]);
    assert_eq!(aimed(move |_, world, leader| crash(world.name(leader))), ["member/3"]);
}

#[test]
fn a_minority_begins_with_the_node_that_is_given() {
    let pause = |nodes: Vec<String>| DomainFault::pause_all(nodes, milliseconds(50));
    assert_eq!(aimed(move |_, world, leader| pause(world.minority_of("member", leader))), ["member/3", "member/4"]);
    assert_eq!(aimed(move |_, world, _| pause(world.minority_of("member", NodeId(6)))), ["member/4", "member/0"]);
    assert_eq!(aimed(move |_, world, _| pause(world.minority_of("member", NodeId(0)))), ["member/0", "member/1"], "a client");
    let of_pairs = |_: &Change, world: &World<'_>, leader| {
        assert_eq!((world.minority_of("pair", leader), world.minority_of("none", leader)), (Vec::new(), Vec::new()));
        assert_eq!(world.members("pair"), [7, 8].map(NodeId));
        NodeFault::kill("client/0")
    };
    assert_eq!(aimed(of_pairs), ["client/0"]);
}

#[test]
fn a_cut_divides_the_leader_from_the_other_members() {
    let cut = |_: &Change, world: &World<'_>, leader| {
        NetworkFault::cut(world.names([leader]), world.others_of("member", leader), milliseconds(50))
    };
    assert_eq!(aimed(cut), ["member/3", "member/0", "member/1", "member/2", "member/4"]);
    assert_eq!(aimed(|_, world, leader| NetworkFault::isolate(world.name(leader), None)), ["member/3", "*"]);
    assert_eq!(aimed(|_, world, leader| NodeFault::pause(world.name(leader), milliseconds(5))), ["member/3"]);
}
