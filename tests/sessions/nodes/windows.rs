//! Full windows, and several tasks at one end of a session.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::node::{SessionReset, SessionSendError};
use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;
use futures::future::join_all;

use super::{Log, accept, connect, pair, read_all, text_of};
use crate::streamer::sessions;

fn window(window: u32) -> LinkModel {
    LinkModel { window, ..ten() }
}

#[test]
fn a_full_window_rejects_try_send_and_blocks_send() {
    let client = async |node: Node, log: Log| {
        let session = connect(&node).await;
        let taken = (0..).find_map(|number| session.try_send(number).err());
        assert_eq!((taken, session.try_send(9)), (Some(SessionSendError::Busy(4)), Err(SessionSendError::Busy(9))));
        let gave_up = node.timeout(milliseconds(100), session.send(99)).await;
        log.write(&node, if gave_up.is_err() { "gave up" } else { "sent" });
        session.send(4).await.expect("the server is there");
        log.write(&node, "sent");
        pending().await
    };
    let (mut sim, log) = pair(window(4), client, async |node, log| {
        let session = accept(&node).await;
        node.sleep(milliseconds(990)).await;
        read_all(&node, &log, &session).await;
    });
    sim.run_for(Duration::from_secs(2));
    // A cancelled send sends nothing later.
    let taken = ["0", "1", "2", "3"].map(|number| (1_000, number));
    log.assert(&[&[(120, "gave up")], &taken[..], &[(1_010, "sent"), (1_020, "4")]].concat());
    assert_eq!(sessions(&sim).retransmissions, 0);
}

#[test]
fn every_task_that_waits_for_room_gets_to_send() {
    let client = async |node: Node, _| {
        let session = Arc::new(connect(&node).await);
        for number in 0..20 {
            let (node, session) = (node.clone(), Arc::clone(&session));
            node.clone().spawn(async move {
                // Every second send is cancelled; its wake must go to another task.
                let sent = node.timeout(milliseconds(if number % 2 == 0 { 25 } else { 60_000 }), session.send(number)).await;
                assert!(number % 2 == 0 || sent == Ok(Ok(())));
            });
        }
        pending().await
    };
    let (mut sim, log) = pair(window(1), client, async |node, log| read_all(&node, &log, &accept(&node).await).await);
    sim.run_for(Duration::from_secs(60));
    let odd = std::mem::take(&mut *log.0.lock().unwrap()).into_iter().filter(|(_, entry)| entry.parse::<u64>().unwrap() % 2 == 1);
    let mut odd: Vec<String> = odd.map(|(_, entry)| entry).collect();
    odd.sort_by_key(|entry| entry.len());
    assert_eq!(odd.len(), 10, "{odd:?}");
    odd.sort();
    odd.dedup();
    assert_eq!(odd.len(), 10, "each comes once");
}

#[test]
fn each_message_goes_to_exactly_one_receiving_task() {
    let client = async |node: Node, _| {
        let session = connect(&node).await;
        for number in 0..3 {
            session.send(number).await.expect("the server is there");
            node.sleep(milliseconds(100)).await;
        }
        session.close();
        pending().await
    };
    let (mut sim, log) = pair(ten(), client, async |node, log| {
        let session = Arc::new(accept(&node).await);
        for _ in 0..5 {
            let (node, log, session) = (node.clone(), log.clone(), Arc::clone(&session));
            node.clone().spawn(async move { log.write(&node, text_of(&session.recv().await)) });
        }
        pending().await
    });
    sim.run_for(Duration::from_secs(60));
    // All receiving tasks see the close.
    log.assert(&[(30, "0"), (130, "1"), (230, "2"), (330, "end"), (330, "end")]);
}

#[test]
fn futures_with_foreign_wakers_share_one_end() {
    let client = async |node: Node, log: Log| {
        let session = connect(&node).await;
        // Two sends and two receives in one task, each under a foreign waker.
        let (sent, received) =
            futures::join!(join_all((0..8).map(|number| session.send(number))), join_all((0..2).map(|_| session.recv())));
        assert!(sent.iter().all(Result::is_ok));
        received.iter().for_each(|received| log.write(&node, text_of(received)));
        pending().await
    };
    let (mut sim, log) = pair(window(2), client, async |node, log| {
        let session = accept(&node).await;
        for _ in 0..8 {
            let received = session.recv().await.expect("the client is there").expect("it does not finish");
            assert!(received < 8);
        }
        session.send(100).await.expect("the client is there");
        session.send(101).await.expect("the client is there");
        log.write(&node, "all");
        pending().await
    });
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(150, "all"), (160, "100"), (160, "101")]);
}

#[test]
fn a_close_and_a_reset_wake_all_waiting_tasks() {
    let client = async |node: Node, log: Log| {
        let session = Arc::new(connect(&node).await);
        session.send(0).await.expect("there is room");
        let (sends, waits) = (Arc::clone(&session), node.clone());
        let wrote = log.clone();
        node.spawn(async move {
            assert_eq!(sends.send(1).await, Err(SessionReset));
            wrote.write(&waits, "sends no more");
        });
        node.sleep(milliseconds(80)).await;
        session.close();
        read_all(&node, &log, &session).await;
    };
    let (mut sim, log) = pair(window(1), client, async |node, _| {
        let session = accept(&node).await;
        node.sleep(milliseconds(190)).await;
        drop(session);
        pending().await
    });
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(100, "sends no more"), (210, "reset")]);
    assert_eq!(sim.inspect(|world| world.traffic()).dropped["session_unread"], 1);
}

#[test]
fn a_reset_wakes_both_senders_and_receivers() {
    let client = async |node: Node, log: Log| {
        let session = Arc::new(connect(&node).await);
        session.send(0).await.expect("there is room");
        let sends = async {
            assert_eq!(session.send(1).await, Err(SessionReset));
            log.write(&node, "sends no more");
        };
        futures::join!(sends, read_all(&node, &log, &session));
    };
    let (mut sim, log) = pair(window(1), client, async |node, _| {
        let session = accept(&node).await;
        node.sleep(milliseconds(90)).await;
        drop(session);
        pending().await
    });
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(110, "sends no more"), (110, "reset")]);
}
