//! Sessions: in order, nothing invented, nothing lost from the middle, and both ends are told when one is gone.
//!
//! A session ends with the life of its node, so who has shown its part stays for the other.

use std::sync::Arc;

use cluster_sim::prelude::*;
use cluster_sim::{ConnectError, Listener, Session, SessionReset, SessionSendError};
use rstest::rstest;

use crate::twin::Twin;

const SERVER: NodeId = NodeId(0);

/// Answers every message of every session with itself, until its peer finishes.
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

/// Opens a session as soon as somebody listens.
async fn connect<M: cluster_sim::Message>(node: &Node, port: &str) -> Session<M> {
    loop {
        match node.connect(SERVER, port).await {
            Ok(session) => return session,
            Err(ConnectError::Refused) => node.sleep(Duration::from_millis(10)).await,
            Err(ConnectError::TimedOut) => panic!("the server is there"),
        }
    }
}

/// Listens, tells who connects that it does, and hands out the first session.
async fn accept_one<M: cluster_sim::Message>(node: &Node, port: &str) -> (Listener<M>, Session<M>) {
    let listener = node.listen::<M>(port);
    let session = listener.accept().await;
    (listener, session)
}

#[rstest]
fn messages_go_both_ways_in_order_and_once(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(3, async |node, told| {
        if node.id() == SERVER {
            told.shown();
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
        told.shown();
    });
}

#[rstest]
fn who_asks_where_nobody_listens_is_refused(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        if node.id() != SERVER {
            // The server listens for sure once another port of it answers.
            let known = connect::<u64>(&node, "known").await;
            assert_eq!(node.connect::<u64>(SERVER, "unknown").await.map(drop), Err(ConnectError::Refused));
            drop(known);
            return told.shown_for_good().await;
        }
        let (_listener, session) = accept_one::<u64>(&node, "known").await;
        assert_eq!(session.recv().await, Ok(None));
        told.shown_for_good().await;
    });
}

#[rstest]
fn a_dropped_listener_refuses_and_its_name_is_free_again(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        if node.id() != SERVER {
            let first = connect::<u64>(&node, "door").await;
            first.send(1).await.unwrap();
            assert_eq!(first.recv().await, Ok(Some(1)), "a session outlives its listener");
            assert_eq!(node.connect::<u64>(SERVER, "door").await.map(drop), Err(ConnectError::Refused));
            first.send(2).await.unwrap();
            let second = connect::<u64>(&node, "door").await;
            second.send(3).await.unwrap();
            assert_eq!(second.recv().await, Ok(None));
            return told.shown();
        }
        let (listener, session) = accept_one::<u64>(&node, "door").await;
        drop(listener);
        assert_eq!(session.recv().await, Ok(Some(1)));
        session.send(1).await.unwrap();
        assert_eq!(session.recv().await, Ok(Some(2)));
        let (_listener, session) = accept_one::<u64>(&node, "door").await;
        assert_eq!(session.recv().await, Ok(Some(3)));
        drop(session);
        told.shown_for_good().await;
    });
}

#[rstest]
fn a_full_window_is_busy_and_who_waits_goes_on_when_there_is_room(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
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
            return told.shown_for_good().await;
        }
        let session = connect::<(u64, Vec<u8>)>(&node, "window").await;
        let mut number = 0;
        // What lies between the two windows takes over much, but not for ever.
        let busy = loop {
            assert!(number < 100_000, "a session takes over without bound");
            match session.try_send((number, vec![0; 60_000])) {
                Ok(()) => number += 1,
                Err(SessionSendError::Busy(message)) => {
                    // It may be the network that is slow: full is full only when nothing moves.
                    if node.timeout(Duration::from_millis(200), session.send((number, vec![0; 60_000]))).await.is_err() {
                        break message;
                    }
                    number += 1;
                }
                Err(SessionSendError::Reset(_)) => panic!("the server is there"),
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
        told.shown();
    });
}

#[rstest]
fn a_finished_end_sends_nothing_more_and_still_receives(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        if node.id() == SERVER {
            let (_listener, session) = accept_one::<u64>(&node, "half").await;
            assert_eq!(session.recv().await, Ok(None));
            for number in 0..100 {
                session.send(number).await.unwrap();
            }
            drop(session);
            return told.shown_for_good().await;
        }
        let session = connect::<u64>(&node, "half").await;
        session.close();
        assert_eq!(session.send(7).await, Err(SessionReset));
        assert_eq!(session.try_send(7), Err(SessionSendError::Reset(7)));
        for number in 0..100 {
            assert_eq!(session.recv().await, Ok(Some(number)));
        }
        assert_eq!(session.recv().await, Ok(None));
        told.shown();
    });
}

#[rstest]
fn who_drops_what_was_not_received_resets_the_other_side(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        if node.id() == SERVER {
            let (_listener, session) = accept_one::<u64>(&node, "deaf").await;
            assert_eq!(session.recv().await, Ok(Some(0)));
            drop(session);
            // It stays, so that the reset is one of the session and not of the node's end.
            return told.shown_for_good().await;
        }
        let session = connect::<u64>(&node, "deaf").await;
        let mut number = 0;
        while session.send(number).await.is_ok() {
            number += 1;
            node.sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(session.try_send(1), Err(SessionSendError::Reset(1)));
        told.shown();
    });
}

#[rstest]
fn a_node_that_ends_resets_its_sessions(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        if node.id() == SERVER {
            let (_listener, session) = accept_one::<u64>(&node, "short").await;
            session.send(1).await.unwrap();
            assert_eq!(session.recv().await, Ok(Some(2)));
            // Its main function returns with the session still held by a task.
            node.spawn(async move { session.recv().await });
            return told.shown();
        }
        let session = connect::<u64>(&node, "short").await;
        assert_eq!(session.recv().await, Ok(Some(1)));
        session.send(2).await.unwrap();
        assert_eq!(session.recv().await, Err(SessionReset));
        told.shown();
    });
}

#[rstest]
fn what_is_no_message_of_the_sessions_type_breaks_it(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        if node.id() == SERVER {
            let (_listener, session) = accept_one::<(u64, bool)>(&node, "typed").await;
            assert_eq!(session.recv().await, Err(SessionReset));
            assert_eq!(session.recv().await, Err(SessionReset));
            return told.shown_for_good().await;
        }
        let session = connect::<String>(&node, "typed").await;
        session.send("no pair of a number and a truth".to_owned()).await.unwrap();
        assert_eq!(session.recv().await, Err(SessionReset));
        told.shown();
    });
}

#[rstest]
fn a_dropped_wait_loses_no_message(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        if node.id() == SERVER {
            told.shown();
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
        told.shown();
    });
}

#[rstest]
fn a_port_is_listened_on_once(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, told| {
        let listener = node.listen::<u64>("once");
        let port = node.bind::<u64>("once");
        let listens = std::panic::AssertUnwindSafe(|| drop(node.listen::<u64>("once")));
        let panic = std::panic::catch_unwind(listens).expect_err("it listens there already");
        let message = panic.downcast_ref::<String>().expect("the panic says why");
        assert!(message.contains("port \"once\" is bound already"), "{message}");
        drop((listener, port));
        drop(node.listen::<u64>("once"));
        told.shown();
    });
}

#[rstest]
fn a_listener_that_is_dropped_resets_what_nobody_accepted(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        let go = node.bind::<()>("go");
        if node.id() == SERVER {
            let listener = node.listen::<u64>("closing");
            go.recv().await;
            drop(listener);
            return told.shown_for_good().await;
        }
        let session = connect::<u64>(&node, "closing").await;
        while node.timeout(Duration::from_millis(50), session.recv()).await.is_err() {
            go.send(SERVER, ());
        }
        assert_eq!(session.recv().await, Err(SessionReset), "nobody says that it was taken");
        assert_eq!(node.connect::<u64>(SERVER, "closing").await.map(drop), Err(ConnectError::Refused));
        told.shown();
    });
}

#[rstest]
fn each_message_goes_to_one_of_several_that_receive_and_the_end_to_all(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(2, async |node, told| {
        if node.id() != SERVER {
            let session = connect::<u64>(&node, "shared").await;
            for number in 0..100 {
                session.send(number).await.unwrap();
            }
            session.close();
            assert_eq!(session.recv().await, Ok(None));
            return told.shown();
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
            let taken = taker.await.expect("nobody aborts it");
            assert!(taken.is_sorted(), "each takes what comes in order: {taken:?}");
            all.extend(taken);
        }
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<u64>>());
        drop(session);
        told.shown_for_good().await;
    });
}

#[rstest]
fn a_node_has_a_session_with_itself(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, told| {
        let listener = node.listen::<u64>("own");
        let (asking, accepting) = futures::join!(node.connect::<u64>(node.id(), "own"), listener.accept());
        let asking = asking.unwrap();
        assert_eq!((asking.peer(), accepting.peer()), (node.id(), node.id()));
        asking.send(1).await.unwrap();
        accepting.send(2).await.unwrap();
        assert_eq!((asking.recv().await, accepting.recv().await), (Ok(Some(2)), Ok(Some(1))));
        drop(asking);
        assert_eq!(accepting.recv().await, Ok(None));
        told.shown();
    });
}
