//! Snapshots: compaction, install, and what waits meanwhile.

use cluster_sim_replicated_log::{Body, LogEvent, Role};

use crate::cluster::Cluster;

const ALL: fn(u32) -> bool = |_| true;

/// Servers 0 and 1 have a snapshot of all but the last entries, and server 2 has nothing of it.
fn behind() -> Cluster {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    ["a", "b", "c"].into_iter().for_each(|command| cluster.propose(0, command));
    cluster.deliver(|id| id != 2);
    let index = cluster.view(0).applied;
    cluster.handle(0, LogEvent::Compact { index, state: "abc".into() });
    cluster.propose(0, "d");
    cluster.deliver(|id| id != 2);
    assert_eq!((cluster.view(0).base, cluster.view(0).last), (index, index + 1));
    cluster
}

#[test]
fn a_follower_far_behind_gets_a_snapshot_and_the_rest() {
    let mut cluster = behind();
    (0..8).for_each(|_| cluster.heartbeat(0, ALL));
    assert_eq!(cluster.at(2).installed.as_ref().map(|(_, state)| state.clone()), Some("abc".into()));
    assert_eq!((cluster.commands(2), cluster.view(2).chain), (vec!["d".to_owned()], cluster.view(0).chain));
    cluster.assert_sound();
}

#[test]
fn until_its_host_has_the_snapshot_a_server_promises_nothing() {
    let mut cluster = behind();
    cluster.at(2).is_installing = true;
    (0..8).for_each(|_| cluster.heartbeat(0, ALL));
    assert!(cluster.view(2).is_installing);
    let last = cluster.view(2).last;
    cluster.propose(0, "e");
    cluster.deliver(ALL);
    assert_eq!(cluster.view(2).last, last, "it takes no entries");
    // Server 1 gets no vote of it, and so no majority.
    cluster.pass(std::time::Duration::from_secs(1));
    cluster.tick(1);
    cluster.deliver(|id| id != 0);
    assert_eq!(cluster.view(1).role, Role::PreCandidate);
    let index = cluster.at(2).installed.as_ref().map_or(0, |(index, _)| *index);
    cluster.handle(2, LogEvent::Installed { index });
    cluster.elect(1, |id| id != 0);
    cluster.heartbeat(1, |id| id != 0);
    assert_eq!(cluster.commands(2), ["d", "e"]);
    cluster.assert_sound();
}

#[test]
fn a_crash_during_an_install_hands_the_snapshot_out_again() {
    let mut cluster = behind();
    cluster.at(2).is_installing = true;
    (0..8).for_each(|_| cluster.heartbeat(0, ALL));
    cluster.restart(2);
    assert_eq!(cluster.at(2).installed.as_ref().map(|(_, state)| state.clone()), Some("abc".into()));
    cluster.heartbeat(0, ALL);
    cluster.heartbeat(0, ALL);
    assert_eq!(cluster.commands(2), ["d"]);
    cluster.assert_sound();
}

#[test]
fn recovery_from_a_snapshot_gives_the_state_and_the_rest() {
    let mut cluster = behind();
    cluster.restart(0);
    assert_eq!(cluster.at(0).installed.clone().map(|(_, state)| state), Some("abc".into()));
    cluster.elect(1, ALL);
    cluster.heartbeat(1, ALL);
    assert_eq!(cluster.commands(0), ["d"]);
    assert_eq!(cluster.commands(1), ["a", "b", "c", "d"]);
    cluster.assert_sound();
}

#[test]
fn an_old_snapshot_is_acknowledged_and_not_installed() {
    let mut cluster = behind();
    let snapshot = cluster.heartbeat_until_snapshot(0, 2);
    cluster.deliver(ALL);
    (0..3).for_each(|_| cluster.heartbeat(0, ALL));
    let before = cluster.view(2).clone();
    assert_eq!(cluster.commands(2), ["d"]);
    cluster.give(0, 2, &snapshot);
    assert_eq!(cluster.view(2), &before);
    assert!(matches!(cluster.take(2, 0, |_| true).body, Body::Appended { matched, .. } if matched == before.base));
    cluster.assert_sound();
}

#[test]
fn a_snapshot_of_entries_that_are_not_executed_is_ignored() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    let before = cluster.view(0).clone();
    cluster.handle(0, LogEvent::Compact { index: before.applied + 1, state: "too early".into() });
    assert_eq!(cluster.view(0), &before);
}
