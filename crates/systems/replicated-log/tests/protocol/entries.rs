//! Entries: replication, conflicts, commitment.

use std::time::Duration;

use cluster_sim_node::NodeId;
use cluster_sim_replicated_log::{Body, LogConfig, LogEvent, Refused, Role};

use crate::cluster::Cluster;

const ALL: fn(u32) -> bool = |_| true;

#[test]
fn a_command_is_executed_everywhere_in_order() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    ["a", "b", "c"].into_iter().for_each(|command| cluster.propose(0, command));
    cluster.deliver(ALL);
    cluster.heartbeat(0, ALL);
    (0..3).for_each(|id| assert_eq!(cluster.commands(id), ["a", "b", "c"], "{id}"));
    cluster.assert_sound();
}

#[test]
fn a_follower_refuses_a_command_and_names_the_leader() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.handle(1, LogEvent::Propose("a".into()));
    let refused = cluster.at(1).out.proposed.take();
    assert_eq!(refused, Some(Err(Refused::NotLeader(Some(NodeId(0))))));
}

#[test]
fn a_minority_never_commits() {
    let mut cluster = Cluster::new(5);
    cluster.elect(0, ALL);
    let commit = cluster.view(0).commit;
    cluster.propose(0, "a");
    cluster.deliver(|id| id < 2);
    cluster.heartbeat(0, |id| id < 2);
    assert_eq!(cluster.view(0).commit, commit);
    cluster.heartbeat(0, |id| id < 3);
    assert_eq!(cluster.commands(0), ["a"]);
    cluster.assert_sound();
}

#[test]
fn a_leader_counts_its_own_disk_as_any_other() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.at(0).is_slow = true;
    cluster.propose(0, "a");
    cluster.deliver(|id| id != 2);
    assert_eq!(cluster.commands(0), Vec::<String>::new());
    cluster.heartbeat(0, ALL);
    assert!(cluster.view(0).commit > cluster.view(0).stable, "both others have it");
    assert_eq!(cluster.commands(0), Vec::<String>::new(), "its own disk does not");
    cluster.sync(0);
    assert_eq!(cluster.commands(0), ["a"]);
    cluster.assert_sound();
}

#[test]
fn an_acknowledgement_waits_for_the_disk_and_a_heartbeat_does_not() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.at(1).is_slow = true;
    cluster.propose(0, "a");
    cluster.deliver(|id| id != 2);
    assert_eq!(cluster.commands(0), Vec::<String>::new());
    for _ in 0..20 {
        cluster.heartbeat(0, |id| id != 2);
    }
    assert_eq!(cluster.view(0).role, Role::Leader);
    assert_eq!(cluster.commands(0), Vec::<String>::new());
    cluster.sync(1);
    cluster.deliver(|id| id != 2);
    assert_eq!(cluster.commands(0), ["a"]);
    cluster.assert_sound();
}

#[test]
fn entries_of_a_deposed_leader_are_replaced() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.heartbeat(0, ALL);
    ["x", "y", "z"].into_iter().for_each(|command| cluster.propose(0, command));
    cluster.deliver(|id| id == 0);
    cluster.elect(1, |id| id != 0);
    cluster.propose(1, "a");
    cluster.deliver(ALL);
    cluster.heartbeat(1, ALL);
    cluster.heartbeat(1, ALL);
    (0..3).for_each(|id| assert_eq!(cluster.commands(id), ["a"], "{id}"));
    assert_eq!(cluster.view(0).chain, cluster.view(1).chain);
    cluster.assert_sound();
}

/// Figure 3.7: a majority has an entry of an earlier term, and another leader may still replace it.
#[test]
fn an_entry_of_an_earlier_term_is_not_committed_by_counting() {
    // An entry a message, so that the old one goes out alone.
    let mut cluster = Cluster::with_config(5, LogConfig { message_bytes: 1, ..LogConfig::default() });
    cluster.elect(0, ALL);
    cluster.heartbeat(0, ALL);
    cluster.propose(0, "old");
    cluster.deliver(|id| id < 2);
    let old = cluster.view(0).last;
    // Server 4 leads, and no other gets its first entry.
    cluster.pass(Duration::from_secs(1));
    cluster.stand_until_leader(4, |id| id > 1);
    cluster.network.clear();
    cluster.pass(Duration::from_secs(1));
    cluster.stand_until_leader(0, |id| id < 4);
    cluster.network.retain(|(from, to, _)| [*from, *to] == [0, 2]);
    while cluster.view(2).last < old {
        let (from, to, message) = cluster.network.pop_front().expect("the leader brings server 2 up to date");
        if [0, 2].contains(&from) && [0, 2].contains(&to) {
            cluster.give(from, to, &message);
        }
    }
    let acknowledged = cluster.take(2, 0, |body| matches!(body, Body::Appended { .. }));
    cluster.give(2, 0, &acknowledged);
    assert!(cluster.view(0).commit < old, "servers 0, 1 and 2 have it");
    cluster.deliver(|id| id < 4);
    cluster.heartbeat(0, |id| id < 4);
    assert_eq!(cluster.commands(0), ["old"], "the entry of its own term commits it");
    cluster.assert_sound();
}

#[test]
fn late_and_repeated_messages_change_nothing() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.propose(0, "a");
    let first = cluster.take(0, 1, |body| matches!(body, Body::Append { .. }));
    cluster.deliver(ALL);
    ["b", "c"].into_iter().for_each(|command| cluster.propose(0, command));
    cluster.deliver(ALL);
    cluster.heartbeat(0, ALL);
    let before = cluster.view(1).clone();
    cluster.give(0, 1, &first);
    cluster.give(0, 1, &first);
    assert_eq!(cluster.view(1), &before);
    assert_eq!(cluster.commands(1), ["a", "b", "c"]);
    cluster.assert_sound();
}

#[test]
fn an_entry_that_does_not_follow_is_refused_and_told() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.propose(0, "a");
    let mut message = cluster.take(0, 1, |body| matches!(body, Body::Append { .. }));
    if let Body::Append { entries, .. } = &mut message.body {
        let mut damaged = entries[0].to_vec();
        damaged[20 - 3] ^= 1;
        entries[0] = damaged.into();
    }
    let last = cluster.view(1).last;
    cluster.give(0, 1, &message);
    assert_eq!(cluster.view(1).last, last);
    cluster.assert_broken("does not follow its entry before");
}

#[test]
fn a_crash_takes_only_what_was_promised_to_no_other() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.propose(0, "a");
    cluster.deliver(ALL);
    cluster.at(1).is_slow = true;
    cluster.propose(0, "b");
    cluster.deliver(ALL);
    let (last, stable) = (cluster.view(1).last, cluster.view(1).stable);
    cluster.restart(1);
    assert_eq!((last, cluster.view(1).last), (stable + 1, stable));
    cluster.at(1).is_slow = false;
    cluster.heartbeat(0, ALL);
    cluster.heartbeat(0, ALL);
    assert_eq!(cluster.commands(1), ["a", "b"]);
    cluster.assert_sound();
}
