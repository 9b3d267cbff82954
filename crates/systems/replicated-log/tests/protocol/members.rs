//! Changes of the configuration, and transfers.

use std::time::Duration;

use cluster_sim_node::NodeId;
use cluster_sim_replicated_log::{Body, LogEvent, MemberChange, Refused, Role};

use crate::cluster::{Cluster, members};

const ALL: fn(u32) -> bool = |_| true;

fn change(cluster: &mut Cluster, id: u32, change: MemberChange) -> Result<(), Refused> {
    cluster.handle(id, LogEvent::Change(change));
    cluster.at(id).out.change.take().expect("it answers")
}

#[test]
fn a_server_joins_once_it_has_caught_up() {
    let mut cluster = Cluster::with_voters(4, 3, None);
    cluster.elect(0, ALL);
    ["a", "b"].into_iter().for_each(|command| cluster.propose(0, command));
    cluster.deliver(ALL);
    assert_eq!(change(&mut cluster, 0, MemberChange::Add(NodeId(3))), Ok(()));
    assert_eq!(cluster.view(0).members, members(0..3), "it has no vote yet");
    (0..4).for_each(|_| cluster.heartbeat(0, ALL));
    (0..4).for_each(|id| assert_eq!(cluster.view(id).members, members(0..4), "{id}"));
    assert_eq!(cluster.commands(3), ["a", "b"]);
    cluster.assert_sound();
}

#[test]
fn a_server_that_does_not_catch_up_stays_out() {
    let mut cluster = Cluster::with_voters(4, 3, None);
    cluster.elect(0, ALL);
    assert_eq!(change(&mut cluster, 0, MemberChange::Add(NodeId(3))), Ok(()));
    assert_eq!(change(&mut cluster, 0, MemberChange::Remove(NodeId(2))), Err(Refused::ChangePending));
    (0..120).for_each(|_| cluster.heartbeat(0, |id| id < 3));
    assert_eq!(change(&mut cluster, 0, MemberChange::Remove(NodeId(2))), Ok(()));
    cluster.assert_sound();
}

#[test]
fn a_second_change_waits_for_the_first_to_be_committed() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    assert_eq!(change(&mut cluster, 0, MemberChange::Remove(NodeId(2))), Ok(()));
    assert_eq!(cluster.view(0).members, members(0..2), "it is in force at once");
    assert_eq!(change(&mut cluster, 0, MemberChange::Remove(NodeId(1))), Err(Refused::ChangePending));
    cluster.deliver(ALL);
    assert_eq!(change(&mut cluster, 0, MemberChange::Remove(NodeId(2))), Err(Refused::NoChange));
    assert_eq!(change(&mut cluster, 1, MemberChange::Add(NodeId(2))), Err(Refused::NotLeader(Some(NodeId(0)))));
    assert_eq!(change(&mut cluster, 0, MemberChange::Remove(NodeId(1))), Ok(()));
    cluster.deliver(ALL);
    assert_eq!(change(&mut cluster, 0, MemberChange::Remove(NodeId(0))), Err(Refused::NoChange), "no voter would be left");
    cluster.assert_sound();
}

#[test]
fn a_leader_that_leaves_leads_until_that_is_committed() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    assert_eq!(change(&mut cluster, 0, MemberChange::Remove(NodeId(0))), Ok(()));
    assert_eq!(cluster.view(0).role, Role::Leader);
    cluster.deliver(ALL);
    assert_ne!(cluster.view(0).role, Role::Leader);
    cluster.elect(1, ALL);
    assert_eq!(cluster.view(1).members, members(1..3));
    cluster.assert_sound();
}

#[test]
fn a_configuration_that_is_replaced_is_in_force_no_longer() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.heartbeat(0, ALL);
    assert_eq!(change(&mut cluster, 0, MemberChange::Remove(NodeId(2))), Ok(()));
    cluster.network.clear();
    cluster.elect(1, |id| id != 0);
    cluster.heartbeat(1, ALL);
    cluster.heartbeat(1, ALL);
    assert_eq!(cluster.view(0).members, members(0..3));
    cluster.assert_sound();
}

#[test]
fn a_transfer_makes_the_target_lead_at_once() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.propose(0, "a");
    cluster.handle(0, LogEvent::Transfer(NodeId(2)));
    cluster.handle(0, LogEvent::Propose("b".into()));
    assert_eq!(cluster.at(0).out.proposed.take(), Some(Err(Refused::Transferring)));
    cluster.deliver(ALL);
    assert_eq!((cluster.view(2).role, cluster.view(2).term), (Role::Leader, 2));
    assert_eq!(cluster.commands(2), ["a"]);
    cluster.assert_sound();
}

#[test]
fn a_transfer_that_fails_ends_and_leaves_no_lease() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.handle(0, LogEvent::Transfer(NodeId(2)));
    cluster.take(0, 2, |body| *body == Body::TimeoutNow);
    (0..8).for_each(|_| cluster.heartbeat(0, ALL));
    cluster.propose(0, "a");
    cluster.deliver(ALL);
    cluster.handle(0, LogEvent::Read { token: 1 });
    assert_eq!(cluster.at(0).reads, [], "the target may still stand for election");
    cluster.deliver(ALL);
    assert_eq!(cluster.at(0).reads.len(), 1);
    cluster.pass(Duration::ZERO);
    cluster.assert_sound();
}
