//! Reads by read index and by lease.

use std::time::Duration;

use cluster_sim_node::NodeId;
use cluster_sim_replicated_log::{LogEvent, Refused};

use crate::cluster::{Cluster, ERROR};

const ALL: fn(u32) -> bool = |_| true;

#[test]
fn a_read_waits_until_a_majority_still_follows() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    // Past the lease, and before it steps down.
    cluster.pass(Duration::from_millis(140));
    cluster.handle(0, LogEvent::Read { token: 7 });
    assert_eq!(cluster.at(0).reads, []);
    cluster.deliver(ALL);
    let commit = cluster.view(0).commit;
    assert_eq!(cluster.at(0).reads, [(7, Ok(commit))]);
    cluster.assert_sound();
}

#[test]
fn a_read_by_lease_needs_no_message() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.heartbeat(0, ALL);
    cluster.handle(0, LogEvent::Read { token: 7 });
    let commit = cluster.view(0).commit;
    assert_eq!((cluster.at(0).reads.clone(), cluster.network.len()), (vec![(7, Ok(commit))], 0));
    cluster.assert_sound();
}

#[test]
fn a_lease_ends_before_another_may_be_elected() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.heartbeat(0, ALL);
    cluster.pass(Duration::from_millis(150) - ERROR);
    cluster.handle(0, LogEvent::Read { token: 7 });
    assert_eq!(cluster.at(0).reads, []);
    cluster.assert_sound();
}

#[test]
fn a_new_leader_reads_once_it_knows_what_is_committed() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.propose(0, "a");
    cluster.deliver(ALL);
    cluster.pass(Duration::from_secs(1));
    cluster.stand_until_leader(1, ALL);
    // It does not know that "a" is committed.
    cluster.handle(1, LogEvent::Read { token: 7 });
    assert_eq!((cluster.at(1).reads.clone(), cluster.view(1).commit), (Vec::new(), 1));
    cluster.deliver(ALL);
    assert_eq!(cluster.at(1).reads, [(7, Ok(3))]);
    cluster.assert_sound();
}

#[test]
fn a_follower_and_a_deposed_leader_refuse_reads() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.handle(1, LogEvent::Read { token: 1 });
    assert_eq!(cluster.at(1).reads, [(1, Err(Refused::NotLeader(Some(NodeId(0)))))]);
    cluster.pass(Duration::from_millis(140));
    cluster.handle(0, LogEvent::Read { token: 2 });
    cluster.network.clear();
    cluster.elect(1, |id| id != 0);
    cluster.heartbeat(1, ALL);
    assert_eq!(cluster.at(0).reads, [(2, Err(Refused::NotLeader(None)))]);
    cluster.assert_sound();
}
