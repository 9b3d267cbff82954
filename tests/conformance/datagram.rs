//! Datagrams: they may be lost, late, repeated or overtaken, so who wants an answer asks until it comes.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use cluster_sim::prelude::*;
use cluster_sim::{Port, Received};
use rstest::rstest;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::twin::Twin;

const BOUNDED_WAITS: Duration = Duration::from_millis(50);
const SERVER: NodeId = NodeId(0);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Question {
    Say(String),
    Answer(NodeId, String),
}

/// Sends until something comes back.
async fn ask<M: cluster_sim::Message>(node: &Node, port: &Port<M>, to: NodeId, message: &M) -> Received<M> {
    loop {
        port.send(to, message.clone());
        if let Ok(answer) = node.timeout(BOUNDED_WAITS, port.recv()).await {
            return answer;
        }
    }
}

#[rstest]
fn a_datagram_says_who_sent_it_and_what(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(3, async |node, told| {
        let port = node.bind::<Question>("questions");
        if node.id() != SERVER {
            let text = format!("from {}", node.name());
            let answer = ask(&node, &port, SERVER, &Question::Say(text.clone())).await;
            assert_eq!(answer, Received { from: SERVER, message: Question::Answer(node.id(), text) });
            return told.shown();
        }
        told.shown();
        loop {
            let Received { from, message } = port.recv().await;
            let Question::Say(text) = message else { panic!("nobody answers a server: {message:?}") };
            port.send(from, Question::Answer(from, text));
        }
    });
}

#[rstest]
fn a_broadcast_reaches_every_peer_and_not_oneself(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(3, async |node, told| {
        let port = node.bind::<u32>("gossip");
        let mut heard = BTreeSet::new();
        let mut has_told = false;
        loop {
            port.broadcast(node.index());
            port.recv_for(BOUNDED_WAITS, |received| {
                assert_eq!(received.from, NodeId(received.message));
                heard.insert(received.from);
            })
            .await;
            assert!(!heard.contains(&node.id()));
            if heard.len() == 2 && !has_told {
                told.shown();
                has_told = true;
            }
        }
    });
}

#[rstest]
fn a_node_reaches_itself(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, told| {
        let port = node.bind::<String>("own");
        let answer = ask(&node, &port, node.id(), &"echo".to_owned()).await;
        assert_eq!(answer, Received { from: node.id(), message: "echo".to_owned() });
        told.shown();
    });
}

#[rstest]
fn ports_of_one_node_are_kept_apart_by_name(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, told| {
        let (one, other) = (node.bind::<u8>("one"), node.bind::<u8>("other"));
        for _ in 0..3 {
            assert_eq!(ask(&node, &one, node.id(), &1).await.message, 1);
            assert_eq!(ask(&node, &other, node.id(), &2).await.message, 2);
        }
        told.shown();
    });
}

#[rstest]
fn a_dropped_wait_takes_nothing_and_holds_nobody_up(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, told| {
        let port = node.bind::<u8>("own");
        for _ in 0..3 {
            let mut nobody = Context::from_waker(Waker::noop());
            assert!(pin!(port.recv()).poll(&mut nobody).is_pending());
        }
        assert_eq!(ask(&node, &port, node.id(), &7).await.message, 7);
        told.shown();
    });
}

#[rstest]
fn two_tasks_take_from_one_port(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, told| {
        let port = Arc::new(node.bind::<u64>("shared"));
        let (took, mut takers) = mpsc::unbounded_channel();
        for taker in 0..2 {
            let (port, took) = (Arc::clone(&port), took.clone());
            // Each takes one message only, so the other must not miss its own.
            node.spawn(async move {
                port.recv().await;
                took.send(taker).expect("somebody counts them");
            });
        }
        let mut seen = BTreeSet::new();
        while seen.len() < 2 {
            port.send(node.id(), 1);
            if let Ok(taker) = node.timeout(BOUNDED_WAITS, takers.recv()).await {
                seen.extend(taker);
            }
        }
        told.shown();
    });
}

#[rstest]
fn what_is_no_message_of_the_ports_type_is_not_received(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        if node.id() == SERVER {
            let port = node.bind::<(u64, bool)>("typed");
            assert_eq!(port.recv().await.message, (7, true), "the text does not decode to a pair");
            return told.shown();
        }
        told.shown();
        loop {
            let texts = node.bind::<String>("typed");
            texts.send(SERVER, "no pair of a number and a truth".to_owned());
            drop(texts);
            node.sleep(BOUNDED_WAITS).await;
            let pairs = node.bind::<(u64, bool)>("typed");
            pairs.send(SERVER, (7, true));
            node.sleep(BOUNDED_WAITS).await;
        }
    });
}

#[rstest]
fn a_port_is_bound_once_until_it_is_dropped(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, told| {
        let port = node.bind::<u8>("once");
        let again = catch_unwind(AssertUnwindSafe(|| drop(node.bind::<u8>("once"))));
        let panic = again.expect_err("it is bound already");
        let message = panic.downcast_ref::<String>().expect("the panic says why");
        assert!(message.contains("port \"once\" is bound already"), "{message}");
        drop(port);
        let port = node.bind::<u8>("once");
        assert_eq!(ask(&node, &port, node.id(), &7).await.message, 7);
        told.shown();
    });
}

#[rstest]
fn at_most_256_messages_wait_in_a_port(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, told| {
        let (full, after) = (node.bind::<u32>("full"), node.bind::<u32>("after"));
        for number in 0..600 {
            full.send(node.id(), number);
            if number % 50 == 0 {
                // Lets the socket be emptied, so that the operating system is not the one who drops.
                ask(&node, &after, node.id(), &number).await;
            }
        }
        node.sleep(BOUNDED_WAITS).await;
        ask(&node, &after, node.id(), &600).await;
        let waited = std::iter::from_fn(|| full.try_recv()).count();
        assert_eq!(waited, 256);
        told.shown();
    });
}

#[rstest]
fn listening_ends_in_time_however_much_there_is_to_hear(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, told| {
        let port = node.bind::<u64>("flood");
        for number in 0..200 {
            port.send(node.id(), number);
        }
        let mut heard = 0_u64;
        // Whatever is heard is said again, so that there is always more to hear.
        let listening = port.recv_for(BOUNDED_WAITS, |received| {
            heard += 1;
            port.send(received.from, received.message);
        });
        listening.await;
        assert!(heard > 0);
        told.shown();
    });
}
