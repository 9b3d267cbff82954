//! Datagrams may be lost, late, repeated or reordered, so a node that needs an answer asks until it arrives.

use std::collections::BTreeSet;
use std::sync::Arc;

use cluster_sim::node::{Port, Received};
use cluster_sim::prelude::*;
use cluster_sim_testkit::panics::panic_of;
use rstest::rstest;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_test::{assert_pending, task};

use crate::twin::Twin;

const BOUNDED_WAITS: Duration = Duration::from_millis(50);
const SERVER: NodeId = NodeId(0);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Question {
    Send(String),
    Answer(NodeId, String),
}

/// Sends until an answer arrives.
async fn ask<M: cluster_sim::Message>(node: &Node, port: &Port<M>, to: NodeId, message: &M) -> Received<M> {
    loop {
        port.send(to, message.clone());
        if let Ok(answer) = node.timeout(BOUNDED_WAITS, port.recv()).await {
            return answer;
        }
    }
}

#[rstest]
fn a_datagram_carries_its_sender_and_content(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(3, async |node, done| {
        let port = node.bind::<Question>("questions");
        if node.id() != SERVER {
            let text = format!("from {}", node.name());
            let answer = ask(&node, &port, SERVER, &Question::Send(text.clone())).await;
            assert_eq!(answer, Received { from: SERVER, message: Question::Answer(node.id(), text) });
            return done.report();
        }
        done.report();
        loop {
            let Received { from, message } = port.recv().await;
            let Question::Send(text) = message else { panic!("a server receives no answer: {message:?}") };
            port.send(from, Question::Answer(from, text));
        }
    });
}

#[rstest]
fn a_broadcast_reaches_every_peer_but_not_the_sender(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(3, async |node, done| {
        let port = node.bind::<u32>("gossip");
        let mut senders = BTreeSet::new();
        let mut has_sent = false;
        loop {
            port.broadcast(node.index());
            port.recv_for(BOUNDED_WAITS, |received| {
                assert_eq!(received.from, NodeId(received.message));
                senders.insert(received.from);
            })
            .await;
            assert!(!senders.contains(&node.id()));
            if senders.len() == 2 && !has_sent {
                done.report();
                has_sent = true;
            }
        }
    });
}

#[rstest]
fn a_node_can_send_to_itself(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let port = node.bind::<String>("own");
        let answer = ask(&node, &port, node.id(), &"echo".to_owned()).await;
        assert_eq!(answer, Received { from: node.id(), message: "echo".to_owned() });
        done.report();
    });
}

#[rstest]
fn ports_of_one_node_are_separate_by_name(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let (one, other) = (node.bind::<u8>("one"), node.bind::<u8>("other"));
        for _ in 0..3 {
            assert_eq!(ask(&node, &one, node.id(), &1).await.message, 1);
            assert_eq!(ask(&node, &other, node.id(), &2).await.message, 2);
        }
        done.report();
    });
}

#[rstest]
fn a_cancelled_receive_takes_no_message(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let port = node.bind::<u8>("own");
        for _ in 0..3 {
            assert_pending!(task::spawn(port.recv()).poll());
        }
        assert_eq!(ask(&node, &port, node.id(), &7).await.message, 7);
        done.report();
    });
}

#[rstest]
fn two_tasks_receive_from_one_port(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let port = Arc::new(node.bind::<u64>("shared"));
        let (took, mut takers) = mpsc::unbounded_channel();
        for taker in 0..2 {
            let (port, took) = (Arc::clone(&port), took.clone());
            // Each takes one message only, so the other must not miss its own.
            node.spawn(async move {
                port.recv().await;
                took.send(taker).expect("the receiver exists");
            });
        }
        let mut seen = BTreeSet::new();
        while seen.len() < 2 {
            port.send(node.id(), 1);
            if let Ok(taker) = node.timeout(BOUNDED_WAITS, takers.recv()).await {
                seen.extend(taker);
            }
        }
        done.report();
    });
}

#[rstest]
fn an_undecodable_datagram_is_not_received(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        if node.id() == SERVER {
            let port = node.bind::<(u64, bool)>("typed");
            assert_eq!(port.recv().await.message, (7, true), "the text does not decode to a pair");
            return done.report();
        }
        done.report();
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
fn a_port_can_be_bound_again_only_after_its_drop(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let port = node.bind::<u8>("once");
        let message = panic_of(|| node.bind::<u8>("once"));
        assert!(message.contains("port \"once\" is bound already"), "{message}");
        drop(port);
        let port = node.bind::<u8>("once");
        assert_eq!(ask(&node, &port, node.id(), &7).await.message, 7);
        done.report();
    });
}

#[rstest]
fn at_most_256_messages_wait_in_a_port(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let (full, after) = (node.bind::<u32>("full"), node.bind::<u32>("after"));
        for number in 0..600 {
            full.send(node.id(), number);
            if number % 50 == 0 {
                // Lets the socket be emptied, so that the operating system drops nothing.
                ask(&node, &after, node.id(), &number).await;
            }
        }
        node.sleep(BOUNDED_WAITS).await;
        ask(&node, &after, node.id(), &600).await;
        let waited = std::iter::from_fn(|| full.try_recv()).count();
        assert_eq!(waited, 256);
        done.report();
    });
}

#[rstest]
fn a_timed_receive_ends_in_time_under_constant_traffic(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let port = node.bind::<u64>("flood");
        for number in 0..200 {
            port.send(node.id(), number);
        }
        let mut count = 0_u64;
        // Every message is sent again, so there is always another one.
        let listening = port.recv_for(BOUNDED_WAITS, |received| {
            count += 1;
            port.send(received.from, received.message);
        });
        listening.await;
        assert!(count > 0);
        done.report();
    });
}
