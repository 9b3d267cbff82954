//! Sessions are ordered and complete, and the reset of one end reaches the other.
//!
//! A session ends with its node, so a node that has reported stays for the other.

use std::sync::Arc;

use cluster_sim::node::{ConnectError, Listener, Session, SessionReset, SessionSendError};
use cluster_sim::prelude::*;
use cluster_sim_testkit::panics::panic_of;
use rstest::rstest;

use crate::twin::Twin;

const SERVER: NodeId = NodeId(0);

/// Echoes every message of every session until the peer closes.
async fn echo(node: Node) {
    let listener = node.listen::<u64>("echo");
    loop {
        let session = listener.accept().await;
        node.spawn(async move {
            while let Ok(Some(message)) = session.recv().await {
                if session.send(message).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// Opens a session as soon as the server listens.
async fn connect<M: cluster_sim::Message>(node: &Node, port: &str) -> Session<M> {
    loop {
        match node.connect(SERVER, port).await {
            Ok(session) => return session,
            Err(ConnectError::Refused) => node.sleep(Duration::from_millis(10)).await,
            Err(error) => panic!("the server is there: {error}"),
        }
    }
}

/// Listens, and returns the first session.
async fn accept_one<M: cluster_sim::Message>(node: &Node, port: &str) -> (Listener<M>, Session<M>) {
    let listener = node.listen::<M>(port);
    let session = listener.accept().await;
    (listener, session)
}

#[rstest]
fn messages_go_both_ways_in_order_exactly_once(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(3, async |node, done| {
        if node.id() == SERVER {
            done.report();
            return echo(node).await;
        }
        let session = connect::<u64>(&node, "echo").await;
        assert_eq!(session.peer(), SERVER);
        let base = u64::from(node.id()) * 1_000_000;
        for number in base..base + 50 {
            session.send(number).await.unwrap();
        }
        session.close();
        for number in base..base + 50 {
            assert_eq!(session.recv().await, Ok(Some(number)));
        }
        assert_eq!(session.recv().await, Ok(None), "the server finishes when its session is dropped");
        assert_eq!(session.recv().await, Ok(None), "and so it stays");
        done.report();
    });
}

#[rstest]
fn a_connect_without_a_listener_is_refused(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        if node.id() != SERVER {
            // The server is up once another port of it answers.
            let known = connect::<u64>(&node, "known").await;
            assert_eq!(node.connect::<u64>(SERVER, "unknown").await.map(drop), Err(ConnectError::Refused));
            drop(known);
            return done.report_and_stay().await;
        }
        let (_listener, session) = accept_one::<u64>(&node, "known").await;
        assert_eq!(session.recv().await, Ok(None));
        done.report_and_stay().await;
    });
}

#[rstest]
fn a_dropped_listener_refuses_and_frees_its_name(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        if node.id() != SERVER {
            let first = connect::<u64>(&node, "door").await;
            first.send(1).await.unwrap();
            assert_eq!(first.recv().await, Ok(Some(1)), "a session outlives its listener");
            assert_eq!(node.connect::<u64>(SERVER, "door").await.map(drop), Err(ConnectError::Refused));
            first.send(2).await.unwrap();
            let second = connect::<u64>(&node, "door").await;
            second.send(3).await.unwrap();
            assert_eq!(second.recv().await, Ok(None));
            return done.report();
        }
        let (listener, session) = accept_one::<u64>(&node, "door").await;
        drop(listener);
        assert_eq!(session.recv().await, Ok(Some(1)));
        session.send(1).await.unwrap();
        assert_eq!(session.recv().await, Ok(Some(2)));
        let (_listener, session) = accept_one::<u64>(&node, "door").await;
        assert_eq!(session.recv().await, Ok(Some(3)));
        drop(session);
        done.report_and_stay().await;
    });
}

#[rstest]
fn a_full_window_rejects_try_send_and_blocks_send(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        let go = node.bind::<u64>("go");
        if node.id() == SERVER {
            let (_listener, session) = accept_one::<(u64, Vec<u8>)>(&node, "window").await;
            // Nothing is received until the window is known to be full.
            let sent = go.recv().await.message;
            for number in 0..sent {
                assert_eq!(session.recv().await.unwrap().map(|(number, _)| number), Some(number));
            }
            assert_eq!(session.recv().await, Ok(Some((sent, vec![1]))), "the one that had to wait");
            assert_eq!(session.recv().await, Ok(None));
            session.close();
            return done.report_and_stay().await;
        }
        let session = connect::<(u64, Vec<u8>)>(&node, "window").await;
        let mut number = 0;
        // Buffers between the two windows take much, but not without end.
        let busy = loop {
            assert!(number < 100_000, "a session takes over without bound");
            match session.try_send((number, vec![0; 60_000])) {
                Ok(()) => number += 1,
                Err(SessionSendError::Busy(message)) => {
                    // The network may be slow: the window counts as full only when nothing moves.
                    if node.timeout(Duration::from_millis(200), session.send((number, vec![0; 60_000]))).await.is_err() {
                        break message;
                    }
                    number += 1;
                }
                Err(error) => panic!("the server is there: {error}"),
            }
        };
        assert_eq!(busy.0, number, "the message comes back");
        let mut waiting = Box::pin(session.send((number, vec![1])));
        loop {
            go.send(SERVER, number);
            if let Ok(sent) = node.timeout(Duration::from_millis(50), &mut waiting).await {
                assert_eq!(sent, Ok(()));
                break;
            }
        }
        session.close();
        assert_eq!(session.recv().await, Ok(None));
        done.report();
    });
}

#[rstest]
fn a_closed_end_sends_nothing_and_still_receives(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        if node.id() == SERVER {
            let (_listener, session) = accept_one::<u64>(&node, "half").await;
            assert_eq!(session.recv().await, Ok(None));
            for number in 0..100 {
                session.send(number).await.unwrap();
            }
            drop(session);
            return done.report_and_stay().await;
        }
        let session = connect::<u64>(&node, "half").await;
        session.close();
        assert_eq!(session.send(7).await, Err(SessionReset));
        assert_eq!(session.try_send(7), Err(SessionSendError::Reset(7)));
        for number in 0..100 {
            assert_eq!(session.recv().await, Ok(Some(number)));
        }
        assert_eq!(session.recv().await, Ok(None));
        done.report();
    });
}

#[rstest]
fn dropping_a_session_with_unread_messages_resets_the_other_side(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        if node.id() == SERVER {
            let (_listener, session) = accept_one::<u64>(&node, "deaf").await;
            assert_eq!(session.recv().await, Ok(Some(0)));
            drop(session);
            // It stays up, so that the session is reset by its drop and not by the end of the node.
            return done.report_and_stay().await;
        }
        let session = connect::<u64>(&node, "deaf").await;
        let mut number = 0;
        while session.send(number).await.is_ok() {
            number += 1;
            node.sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(session.try_send(1), Err(SessionSendError::Reset(1)));
        done.report();
    });
}

#[rstest]
fn a_node_that_ends_resets_its_sessions(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        if node.id() == SERVER {
            let (_listener, session) = accept_one::<u64>(&node, "short").await;
            session.send(1).await.unwrap();
            assert_eq!(session.recv().await, Ok(Some(2)));
            // Its main function returns while a task still holds the session.
            node.spawn(async move { session.recv().await });
            return done.report();
        }
        let session = connect::<u64>(&node, "short").await;
        assert_eq!(session.recv().await, Ok(Some(1)));
        session.send(2).await.unwrap();
        assert_eq!(session.recv().await, Err(SessionReset));
        done.report();
    });
}

#[rstest]
fn an_undecodable_message_resets_the_session(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        if node.id() == SERVER {
            let (_listener, session) = accept_one::<(u64, bool)>(&node, "typed").await;
            assert_eq!(session.recv().await, Err(SessionReset));
            assert_eq!(session.recv().await, Err(SessionReset));
            return done.report_and_stay().await;
        }
        let session = connect::<String>(&node, "typed").await;
        session.send("no pair of a number and a truth".to_owned()).await.unwrap();
        assert_eq!(session.recv().await, Err(SessionReset));
        done.report();
    });
}

#[rstest]
fn a_cancelled_receive_loses_no_message(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        if node.id() == SERVER {
            done.report();
            return echo(node).await;
        }
        let session = connect::<u64>(&node, "echo").await;
        for number in 0..50 {
            session.send(number).await.unwrap();
            let received = loop {
                if let Ok(received) = node.timeout(Duration::from_micros(100), session.recv()).await {
                    break received;
                }
            };
            assert_eq!(received, Ok(Some(number)));
        }
        done.report();
    });
}

#[rstest]
fn listening_on_a_bound_port_panics(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let listener = node.listen::<u64>("once");
        let port = node.bind::<u64>("once");
        let message = panic_of(|| node.listen::<u64>("once"));
        assert!(message.contains("port \"once\" is bound already"), "{message}");
        drop((listener, port));
        drop(node.listen::<u64>("once"));
        done.report();
    });
}

#[rstest]
fn a_dropped_listener_resets_sessions_it_never_accepted(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        let go = node.bind::<()>("go");
        if node.id() == SERVER {
            let listener = node.listen::<u64>("closing");
            go.recv().await;
            drop(listener);
            return done.report_and_stay().await;
        }
        let session = connect::<u64>(&node, "closing").await;
        while node.timeout(Duration::from_millis(50), session.recv()).await.is_err() {
            go.send(SERVER, ());
        }
        assert_eq!(session.recv().await, Err(SessionReset), "the session was never accepted");
        assert_eq!(node.connect::<u64>(SERVER, "closing").await.map(drop), Err(ConnectError::Refused));
        done.report();
    });
}

#[rstest]
fn each_message_goes_to_one_receiver_and_the_close_to_all(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, done| {
        if node.id() != SERVER {
            let session = connect::<u64>(&node, "shared").await;
            for number in 0..100 {
                session.send(number).await.unwrap();
            }
            session.close();
            assert_eq!(session.recv().await, Ok(None));
            return done.report();
        }
        let (_listener, session) = accept_one::<u64>(&node, "shared").await;
        let session = Arc::new(session);
        let takers = [(); 4].map(|()| {
            let session = Arc::clone(&session);
            node.spawn(async move {
                let mut taken = Vec::new();
                while let Some(number) = session.recv().await.unwrap() {
                    taken.push(number);
                }
                taken
            })
        });
        let mut all = Vec::new();
        for taker in takers {
            let taken = taker.await.expect("it is never aborted");
            assert!(taken.is_sorted(), "each takes what comes in order: {taken:?}");
            all.extend(taken);
        }
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<u64>>());
        drop(session);
        done.report_and_stay().await;
    });
}

#[rstest]
fn a_node_can_open_a_session_with_itself(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let listener = node.listen::<u64>("own");
        let (asking, accepting) = futures::join!(node.connect::<u64>(node.id(), "own"), listener.accept());
        let asking = asking.unwrap();
        assert_eq!((asking.peer(), accepting.peer()), (node.id(), node.id()));
        asking.send(1).await.unwrap();
        accepting.send(2).await.unwrap();
        assert_eq!((asking.recv().await, accepting.recv().await), (Ok(Some(2)), Ok(Some(1))));
        drop(asking);
        assert_eq!(accepting.recv().await, Ok(None));
        done.report();
    });
}
