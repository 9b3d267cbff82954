//! Connecting: accepted, refused, timed out, or cancelled.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use super::{CLIENT, Log, SERVER, accept, connect, pair, read_all, text_of};
use crate::streamer::sessions;

const TIMED_OUT: &str = "TimedOut";

async fn asks(node: Node, log: Log) {
    let asked = node.connect::<u64>(SERVER, "door").await;
    log.write(&node, asked.map_or_else(|error| format!("{error:?}"), |session| format!("with {}", session.peer())));
    pending().await
}

#[test]
fn a_session_is_accepted_after_one_delay_and_open_after_two() {
    let (mut sim, log) = pair(ten(), asks, async |node, log| {
        let session = accept(&node).await;
        log.write(&node, format!("asked by {}", session.peer()));
        pending().await
    });
    sim.run_for(milliseconds(100));
    log.assert(&[(10, "asked by n0"), (20, "with n1")]);
}

#[test]
fn a_connect_without_a_listener_is_refused_after_a_round_trip() {
    let (mut sim, log) = pair(ten(), asks, async |node, _| {
        // Neither a datagram port of that name nor a listener of another name accepts sessions.
        let ports = (node.bind::<u64>("door"), node.listen::<u64>("another door"));
        (pending::<()>().await, ports).0
    });
    sim.run_for(milliseconds(100));
    log.assert(&[(20, "Refused")]);
}

#[test]
fn a_connect_without_an_answer_times_out() {
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
    assert_eq!(sessions(&sim).accepted, 0, "no request is sent after the timeout");
}

#[test]
fn a_lost_answer_is_requested_again() {
    let (mut sim, log) = pair(ten(), asks, async |node, _| drop((accept(&node).await, pending::<()>().await)));
    let cut = sim.partition([CLIENT], [SERVER]);
    sim.run_for(milliseconds(150));
    drop(cut);
    sim.run_for(Duration::from_secs(1));
    log.assert(&[(220, "with n1")]);
}

#[test]
fn a_cancelled_connect_sends_no_more_requests() {
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
fn the_session_of_a_cancelled_connect_is_reset_at_the_answer() {
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
fn an_open_session_never_taken_is_reset_when_dropped() {
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
fn a_dropped_listener_resets_sessions_it_never_accepted() {
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
fn every_task_that_accepts_on_one_listener_gets_a_session() {
    let client = async |node: Node, log: Log| {
        for _ in 0..3 {
            let (node, log) = (node.clone(), log.clone());
            node.clone().spawn(async move {
                let session = connect(&node).await;
                log.write(&node, text_of(&session.recv().await));
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
        // A cancelled accept takes no session.
        assert!(node.timeout(milliseconds(5), listener.accept()).await.is_err());
        pending().await
    });
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(20, "7"); 3]);
}

#[test]
fn a_connect_to_an_unknown_node_is_a_finding() {
    let (mut sim, _) = pair(ten(), async |node, _| drop(node.connect::<u64>(7, "door").await), async |_, _| ());
    sim.run_for(milliseconds(1));
    let report = sim.finish();
    let panic = report.panic.as_ref().expect("it is a finding");
    assert_eq!(panic.message, "it connects to n7, but the cluster has n0 to n1", "{report}");
}
