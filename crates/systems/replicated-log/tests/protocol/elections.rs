//! Elections: who may lead, and who helps.

use std::time::Duration;

use cluster_sim_replicated_log::{Body, LogEvent, Role};

use crate::cluster::Cluster;

const ALL: fn(u32) -> bool = |_| true;

#[test]
fn a_single_voter_leads_at_once() {
    let mut cluster = Cluster::new(1);
    cluster.propose(0, "a");
    assert_eq!((cluster.view(0).role, cluster.commands(0)), (Role::Leader, vec!["a".to_owned()]));
    cluster.restart(0);
    assert_eq!((cluster.view(0).role, cluster.view(0).term), (Role::Leader, 2));
    assert_eq!(cluster.commands(0), ["a"]);
    cluster.assert_sound();
}

#[test]
fn a_single_voter_with_a_slow_disk_waits_for_its_own_vote() {
    let mut cluster = Cluster::new(1);
    cluster.at(0).is_slow = true;
    cluster.restart(0);
    assert_eq!(cluster.view(0).role, Role::Candidate);
    cluster.sync(0);
    assert_eq!((cluster.view(0).role, cluster.view(0).commit), (Role::Leader, 0));
    cluster.sync(0);
    assert_eq!(cluster.view(0).commit, 2);
    cluster.assert_sound();
}

#[test]
fn a_majority_elects_one_leader_and_all_hear_it() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1, ALL);
    let leaders: Vec<_> = (0..3).map(|id| cluster.view(id).leader.map(|leader| leader.0)).collect();
    assert_eq!(leaders, [Some(1); 3]);
    cluster.assert_sound();
}

#[test]
fn a_server_that_was_cut_off_deposes_no_leader() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    // Server 2 stands again and again, and no other hears it.
    for _ in 0..5 {
        cluster.heartbeat(0, |id| id < 2);
        cluster.handle(2, LogEvent::Tick);
        cluster.deliver(|id| id < 2);
    }
    cluster.tick(2);
    cluster.heartbeat(0, ALL);
    assert_eq!((cluster.view(0).role, cluster.view(0).term, cluster.view(2).term), (Role::Leader, 1, 1));
    cluster.assert_sound();
}

#[test]
fn a_follower_that_hears_a_leader_answers_no_candidate() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    while cluster.view(2).role != Role::PreCandidate {
        cluster.heartbeat(0, |id| id < 2);
        cluster.handle(2, LogEvent::Tick);
    }
    let question = cluster.take(2, 1, |body| matches!(body, Body::PreVote { .. }));
    cluster.network.clear();
    cluster.give(2, 1, &question);
    assert_eq!(cluster.network.len(), 0);
    cluster.pass(Duration::from_millis(150));
    cluster.give(2, 1, &question);
    assert_eq!(cluster.take(1, 2, |_| true).body, Body::PreVoteGranted);
}

#[test]
fn a_server_that_restarted_votes_only_after_an_election_timeout() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.pass(Duration::from_secs(1));
    cluster.restart(1);
    cluster.tick(2);
    cluster.deliver(|id| id != 0);
    assert_eq!(cluster.view(2).role, Role::PreCandidate);
    cluster.pass(Duration::from_millis(150));
    cluster.tick(2);
    cluster.deliver(|id| id != 0);
    assert_eq!(cluster.view(2).role, Role::Leader);
    cluster.assert_sound();
}

#[test]
fn a_candidate_with_a_shorter_log_gets_no_vote() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    cluster.propose(0, "a");
    cluster.deliver(|id| id != 2);
    cluster.pass(Duration::from_secs(1));
    cluster.tick(2);
    cluster.deliver(|id| id != 0);
    assert_eq!(cluster.view(2).role, Role::PreCandidate);
    cluster.elect(1, |id| id != 0);
    cluster.assert_sound();
}

#[test]
fn a_leader_without_a_majority_steps_down() {
    let mut cluster = Cluster::new(3);
    cluster.elect(0, ALL);
    for _ in 0..20 {
        if cluster.view(0).role == Role::Leader {
            cluster.heartbeat(0, |id| id == 0);
        }
    }
    assert_ne!(cluster.view(0).role, Role::Leader);
    cluster.assert_sound();
}

#[test]
fn a_vote_outlasts_a_crash() {
    let mut cluster = Cluster::new(3);
    cluster.pass(Duration::from_millis(600));
    cluster.tick(0);
    let ask = cluster.take(0, 2, |body| matches!(body, Body::PreVote { .. }));
    cluster.give(0, 2, &ask);
    let granted = cluster.take(2, 0, |body| *body == Body::PreVoteGranted);
    cluster.give(2, 0, &granted);
    let vote = cluster.take(0, 2, |body| matches!(body, Body::Vote { .. }));
    cluster.give(0, 2, &vote);
    cluster.restart(2);
    assert_eq!((cluster.view(2).term, cluster.view(2).vote.map(|vote| vote.0)), (1, Some(0)));
    cluster.assert_sound();
}
