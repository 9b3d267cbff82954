//! The smallest cases of planted bugs, written step by step: each breaks its rule, and the same steps break none in correct code.

use std::time::Duration;

use cluster_sim_replicated_log::{Body, Bug, LogEvent, Role};

use crate::cluster::Cluster;

const ALL: fn(u32) -> bool = |_| true;

/// Runs the steps without a bug, in which they must be sound, and with it.
fn with_and_without(bug: Bug, part: &str, steps: impl Fn(&mut Cluster)) {
    let mut sound = Cluster::three(None);
    steps(&mut sound);
    sound.assert_sound();
    let mut cluster = Cluster::three(Some(bug));
    steps(&mut cluster);
    cluster.assert_broken(part);
}

#[test]
fn r01_one_entry_and_a_slow_disk() {
    with_and_without(Bug::AckBeforeDurable, "promised", |cluster| {
        cluster.elect(0, ALL);
        cluster.at(1).is_slow = true;
        cluster.propose(0, "a");
        cluster.deliver(ALL);
    });
}

#[test]
fn r02_one_election_and_a_slow_disk() {
    with_and_without(Bug::VoteNotDurable, "promised", |cluster| {
        cluster.at(1).is_slow = true;
        cluster.elect(0, ALL);
    });
}

#[test]
fn r04_one_late_heartbeat() {
    with_and_without(Bug::CommitRegress, "went back", |cluster| {
        cluster.elect(0, ALL);
        cluster.heartbeat(0, ALL);
        cluster.tick(0);
        let late = cluster.take(0, 1, |body| matches!(body, Body::Append { .. }));
        cluster.propose(0, "a");
        cluster.deliver(ALL);
        cluster.heartbeat(0, ALL);
        cluster.give(0, 1, &late);
    });
}

#[test]
fn r05_one_late_entry() {
    with_and_without(Bug::TruncateOnLength, "cut off what followed", |cluster| {
        cluster.elect(0, ALL);
        cluster.propose(0, "a");
        let late = cluster.take(0, 1, |body| matches!(body, Body::Append { .. }));
        cluster.give(0, 1, &late);
        cluster.propose(0, "b");
        cluster.deliver(ALL);
        cluster.give(0, 1, &late);
    });
}

#[test]
fn r06_one_late_vote() {
    with_and_without(Bug::StaleVote, "with 1 votes of 3", |cluster| {
        let granted = |cluster: &mut Cluster, body: Body| {
            cluster.tick(0);
            let question = cluster.take(0, 1, |body| matches!(body, Body::PreVote { .. }));
            cluster.give(0, 1, &question);
            let answer = cluster.take(1, 0, |found| *found == body);
            cluster.give(1, 0, &answer);
        };
        cluster.pass(Duration::from_millis(500));
        granted(cluster, Body::PreVoteGranted);
        let vote = cluster.take(0, 1, |body| matches!(body, Body::Vote { .. }));
        cluster.give(0, 1, &vote);
        let late = cluster.take(1, 0, |body| *body == Body::VoteGranted);
        // It was too late for that election, and comes in the next one.
        granted(cluster, Body::PreVoteGranted);
        cluster.give(1, 0, &late);
    });
}

#[test]
fn r08_one_repeated_snapshot() {
    with_and_without(Bug::SnapshotLowersApplied, "installed a snapshot", |cluster| {
        cluster.elect(0, ALL);
        ["a", "b"].into_iter().for_each(|command| cluster.propose(0, command));
        cluster.deliver(|id| id != 2);
        let index = cluster.view(0).applied;
        cluster.handle(0, LogEvent::Compact { index, state: "ab".into() });
        let snapshot = cluster.heartbeat_until_snapshot(0, 2);
        cluster.deliver(ALL);
        cluster.propose(0, "c");
        cluster.deliver(ALL);
        cluster.heartbeat(0, ALL);
        cluster.give(0, 2, &snapshot);
    });
}

#[test]
fn r11_one_read_at_the_end_of_a_lease() {
    with_and_without(Bug::LeaseReadNoEpsilon, "read by its lease", |cluster| {
        cluster.elect(0, ALL);
        cluster.heartbeat(0, ALL);
        cluster.pass(Duration::from_millis(140));
        cluster.handle(0, LogEvent::Read { token: 1 });
    });
}

/// No rule is broken: nothing is committed any more.
#[test]
fn r14_one_entry_of_an_earlier_term() {
    for (bug, commands) in [(None, vec!["a".to_owned()]), (Some(Bug::CommitStall), Vec::new())] {
        let mut cluster = Cluster::three(bug);
        cluster.elect(0, ALL);
        cluster.heartbeat(0, ALL);
        cluster.propose(0, "a");
        let append = cluster.take(0, 1, |body| matches!(body, Body::Append { .. }));
        cluster.give(0, 1, &append);
        cluster.network.clear();
        cluster.elect(1, |id| id != 0);
        (0..5).for_each(|_| cluster.heartbeat(1, |id| id != 0));
        assert_eq!((cluster.view(1).role, cluster.commands(1)), (Role::Leader, commands));
        cluster.assert_sound();
    }
}
