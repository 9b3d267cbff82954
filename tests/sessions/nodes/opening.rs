//! What comes of asking for a session: it is accepted, refused, nobody answers, or who asked waits no more.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use super::{CLIENT, Log, SERVER, accept, connect, pair, read_all, words};
use crate::streamer::sessions;

const TIMED_OUT: &str = "TimedOut";

async fn asks(node: Node, log: Log) {
    let asked = node.connect::<u64>(SERVER, "door").await;
    log.write(&node, asked.map_or_else(|error| format!("{error:?}"), |session| format!("with {}", session.peer())));
    pending().await
}

#[test]
fn who_listens_accepts_after_one_way_and_who_asked_knows_after_both() {
    let (mut sim, log) = pair(ten(), asks, async |node, log| {
        let session = accept(&node).await;
        log.write(&node, format!("asked by {}", session.peer()));
        pending().await
    });
    sim.run_for(milliseconds(100));
    log.assert(&[(10, "asked by n0"), (20, "with n1")]);
}

#[test]
fn where_nobody_listens_who_asks_is_refused_after_a_round_trip() {
    let (mut sim, log) = pair(ten(), asks, async |node, _| {
        // Neither a port of that name for datagrams nor one of another name is one for sessions.
        let ports = (node.bind::<u64>("door"), node.listen::<u64>("another door"));
        (pending::<()>().await, ports).0
    });
    sim.run_for(milliseconds(100));
    log.assert(&[(20, "Refused")]);
}

#[test]
fn who_asks_a_node_that_does_not_answer_loses_patience() {
    let (mut sim, log) = pair(ten(), asks, async |node, _| drop((accept(&node).await, pending::<()>().await)));
    sim.run_for(Duration::ZERO);
    assert!(sim.crash(SERVER));
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(15_000, TIMED_OUT)]);

    let (mut sim, log) = pair(ten(), asks, async |node, _| drop((accept(&node).await, pending::<()>().await)));
    let cut = sim.partition([CLIENT], [SERVER]);
    sim.run_for(Duration::from_secs(60));
    drop(cut);
    log.assert(&[(15_000, TIMED_OUT)]);
    sim.run_for(Duration::from_secs(60));
    assert_eq!(sessions(&sim).accepted, 0, "nobody asks any more");
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again() {
    let (mut sim, log) = pair(ten(), asks, async |node, _| drop((accept(&node).await, pending::<()>().await)));
    let cut = sim.partition([CLIENT], [SERVER]);
    sim.run_for(milliseconds(150));
    drop(cut);
    sim.run_for(Duration::from_secs(1));
    log.assert(&[(220, "with n1")]);
}

#[test]
fn who_stops_waiting_asks_no_more() {
    let gives_up = async |node: Node, log: Log| {
        let asked = node.timeout(milliseconds(5_000), node.connect::<u64>(SERVER, "door")).await;
        log.write(&node, if asked.is_ok() { "answered" } else { "gave up" });
    };
    let (mut sim, log) = pair(ten(), gives_up, async |node, _| drop(accept(&node).await));
    let cut = sim.partition([CLIENT], [SERVER]);
    sim.run_for(milliseconds(5_100));
    drop(cut);
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(5_000, "gave up")]);
    let traffic = sessions(&sim);
    assert_eq!((traffic.connects, traffic.accepted, traffic.resets), (1, 0, 1));
}

#[test]
fn who_accepted_what_nobody_waits_for_is_told_so_when_the_answer_arrives() {
    let gives_up = async |node: Node, log: Log| {
        let asked = node.timeout(milliseconds(15), node.connect::<u64>(SERVER, "door")).await;
        log.write(&node, if asked.is_ok() { "answered" } else { "gave up" });
    };
    let (mut sim, log) = pair(ten(), gives_up, async |node, log| {
        let session = accept(&node).await;
        log.write(&node, "accepted");
        read_all(&node, &log, &session).await;
    });
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(10, "accepted"), (15, "gave up"), (30, "reset")]);
}

#[test]
fn an_open_session_that_nobody_took_is_reset_and_not_finished() {
    let forgets = async |node: Node, log: Log| {
        let mut asking = Box::pin(node.connect::<u64>(SERVER, "door"));
        assert!(node.timeout(milliseconds(1), &mut asking).await.is_err());
        node.sleep(milliseconds(99)).await;
        drop(asking);
        log.write(&node, "dropped");
    };
    let (mut sim, log) = pair(ten(), forgets, async |node, log| read_all(&node, &log, &accept(&node).await).await);
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(100, "dropped"), (110, "reset")]);
}

#[test]
fn a_dropped_listener_resets_what_nobody_accepted_also_if_nothing_was_sent() {
    let client = async |node: Node, log: Log| {
        let session = connect(&node).await;
        log.write(&node, "open");
        read_all(&node, &log, &session).await;
        asks(node, log).await;
    };
    let (mut sim, log) = pair(ten(), client, async |node, _| {
        let listener = node.listen::<u64>("door");
        node.sleep(milliseconds(50)).await;
        drop(listener);
        pending().await
    });
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(20, "open"), (60, "reset"), (80, "Refused")]);
}

#[test]
fn several_tasks_accept_from_one_listener_and_none_is_forgotten() {
    let client = async |node: Node, log: Log| {
        for _ in 0..3 {
            let (node, log) = (node.clone(), log.clone());
            node.clone().spawn(async move {
                let session = connect(&node).await;
                log.write(&node, words(&session.recv().await));
            });
        }
        pending().await
    };
    let (mut sim, log) = pair(ten(), client, async |node, _| {
        let listener = Arc::new(node.listen::<u64>("door"));
        for _ in 0..3 {
            let listener = Arc::clone(&listener);
            node.spawn(async move { listener.accept().await.send(7).await.expect("the client is there") });
        }
        // One that looks in and gives up takes no session with it.
        assert!(node.timeout(milliseconds(5), listener.accept()).await.is_err());
        pending().await
    });
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(20, "7"); 3]);
}

#[test]
fn who_asks_a_node_that_is_not_there_is_a_finding() {
    let (mut sim, _) = pair(ten(), async |node, _| drop(node.connect::<u64>(7, "door").await), async |_, _| ());
    sim.run_for(milliseconds(1));
    let report = sim.finish();
    let panic = report.panic.as_ref().expect("it is a finding");
    assert_eq!(panic.message, "it connects to n7, but the cluster has n0 to n1", "{report}");
}
