//! Sessions of nodes that crash, pause, restart, or return.

use std::future::pending;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use cluster_sim::node::{Listener, Session, SessionReset, SessionSendError};
use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;
use futures::poll;

use super::{CLIENT, Log, SERVER, accept, connect, pair, read_all, text_of};
use crate::streamer::sessions;

/// Reads until the session ends; the test sends through the exposed session.
async fn on_demand(node: Node, log: Log) {
    let session = Arc::new(connect(&node).await);
    node.expose(Arc::clone(&session));
    read_all(&node, &log, &session).await;
}

fn send(sim: &mut Sim, number: u64) {
    let sent = sim.with_node(CLIENT, |session: &mut Arc<Session<u64>>| session.try_send(number));
    assert_eq!(sent, Ok(Ok(())));
}

/// Accepts in its first incarnation, and does nothing in later ones.
async fn accepts_once(node: Node, log: Log) {
    if node.incarnation().0 == 0 {
        read_all(&node, &log, &accept(&node).await).await;
    }
}

#[test]
fn a_crash_leaves_the_session_half_open_until_the_other_side_sends() {
    let (mut sim, log) = pair(ten(), on_demand, accepts_once);
    sim.run_for(milliseconds(100));
    assert!(sim.crash(SERVER));
    sim.run_for(Duration::from_secs(60));
    assert!(sim.restart(SERVER));
    sim.run_for(Duration::from_secs(60));
    log.assert(&[]);
    send(&mut sim, 1);
    sim.run_for(Duration::from_secs(1));
    log.assert(&[(120_120, "reset")]);
}

#[test]
fn sending_to_a_node_that_is_down_times_out() {
    let (mut sim, log) = pair(ten(), on_demand, accepts_once);
    sim.run_for(milliseconds(100));
    assert!(sim.crash(SERVER));
    send(&mut sim, 1);
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(15_100, "reset")]);
    assert_eq!(sim.inspect(|world| world.traffic()).dropped["session_timed_out"], 1);
}

#[test]
fn returning_main_resets_sessions_with_unsent_messages() {
    let log = Log::default();
    let (of_client, of_server) = (log.clone(), log.clone());
    let scenario = Scenario::new("short")
        .nodes("client", 1, move |node| {
            let log = of_client.clone();
            async move {
                let kept = connect(&node).await;
                let dropped = node.connect::<u64>(SERVER, "other door").await.expect("the server listens");
                dropped.send(1).await.expect("there is room");
                drop(dropped);
                node.spawn(async move { (pending::<()>().await, kept).0 });
                node.sleep(milliseconds(60)).await;
                log.write(&node, "returns");
            }
        })
        .nodes("server", 1, move |node| {
            let log = of_server.clone();
            async move {
                let other = node.listen::<u64>("other door");
                let kept = accept(&node).await;
                let dropped = other.accept().await;
                let (reads, log_of_kept) = (node.clone(), log.clone());
                node.spawn(async move { read_all(&reads, &log_of_kept, &kept).await });
                log.write(&node, format!("other: {}", text_of(&dropped.recv().await)));
                pending().await
            }
        });
    let mut sim = scenario.default_links(ten()).start_together().start(Seed(7));
    // The message of the dropped session is lost once, and main returns before it is sent again.
    sim.run_for(milliseconds(39));
    let cut = sim.partition_one_way([CLIENT], [SERVER]);
    sim.run_for(milliseconds(2));
    drop(cut);
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(100, "returns"), (110, "reset"), (110, "other: reset")]);
    assert_eq!(sessions(&sim).in_flight.messages, 0);
}

#[test]
fn messages_delivered_before_main_returned_stay_readable() {
    let log = Log::default();
    let of_server = log.clone();
    let scenario = Scenario::new("patient")
        .nodes("client", 1, |node| async move {
            let session = connect(&node).await;
            session.send(1).await.expect("there is room");
            drop(session);
            node.sleep(milliseconds(30)).await;
        })
        .nodes("server", 1, move |node| {
            let log = of_server.clone();
            async move {
                let session = accept(&node).await;
                node.sleep(Duration::from_secs(1)).await;
                read_all(&node, &log, &session).await;
                pending().await
            }
        });
    let mut sim = scenario.default_links(ten()).start_together().start(Seed(7));
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(1_010, "1"), (1_010, "end")]);
    assert_eq!(sessions(&sim).resets, 0);
}

#[test]
fn a_resumed_node_receives_what_arrived_during_the_pause() {
    let (mut sim, log) = pair(ten(), on_demand, accepts_once);
    sim.run_for(milliseconds(100));
    assert!(sim.pause(SERVER));
    (1..=3).for_each(|number| send(&mut sim, number));
    sim.run_for(Duration::from_secs(60));
    log.assert(&[]);
    assert!(sim.resume(SERVER));
    sim.run_for(Duration::from_secs(60));
    log.assert(&[(60_100, "1"), (60_100, "2"), (60_100, "3")]);
}

#[test]
fn a_paused_node_is_reset_at_its_resume() {
    let (mut sim, log) = pair(ten(), on_demand, accepts_once);
    sim.run_for(milliseconds(100));
    let _cut = sim.partition([CLIENT], [SERVER]);
    send(&mut sim, 1);
    assert!(sim.pause(CLIENT));
    sim.run_for(Duration::from_secs(60));
    assert!(sim.resume(CLIENT));
    sim.run_for(Duration::ZERO);
    log.assert(&[(60_100, "reset")]);
}

/// Handles of one incarnation, used by the next one.
type Kept = Arc<Mutex<Option<(Node, Listener<u64>, Session<u64>)>>>;

async fn is_pending(future: impl Future) -> bool {
    poll!(pin!(future)).is_pending()
}

#[test]
fn session_handles_of_an_earlier_incarnation_are_inert() {
    let kept = Kept::default();
    let client = move |node: Node, log: Log| {
        let kept = Arc::clone(&kept);
        async move {
            let listener = node.listen::<u64>("back door");
            let session = connect(&node).await;
            let Some((old_node, old_listener, old)) = kept.lock().unwrap().take() else {
                *kept.lock().unwrap() = Some((node.clone(), listener, session));
                return;
            };
            assert_eq!((old.try_send(7), old.send(7).await), (Err(SessionSendError::Reset(7)), Err(SessionReset)));
            assert_eq!((old.recv().await, old.peer()), (Err(SessionReset), SERVER));
            assert!(is_pending(old_listener.accept()).await && is_pending(old_node.connect::<u64>(SERVER, "door")).await);
            let unbound = old_node.listen::<u64>("back door");
            assert!(is_pending(unbound.accept()).await);
            old.close();
            drop((old, old_listener, unbound));
            session.send(u64::from(node.incarnation().0)).await.expect("the new one is none of the old one's business");
            let asks = node.clone();
            node.spawn(async move { drop(asks.connect::<u64>(CLIENT, "back door").await.expect("it listens still")) });
            assert_eq!(listener.accept().await.peer(), CLIENT);
            log.write(&node, text_of(&session.recv().await));
        }
    };
    let (mut sim, log) = pair(ten(), client, async |node, log| {
        let listener = node.listen::<u64>("door");
        loop {
            let session = listener.accept().await;
            let (node, log) = (node.clone(), log.clone());
            node.clone().spawn(async move {
                let received = session.recv().await;
                log.write(&node, text_of(&received));
                session.send(100).await.expect("the client is there");
                read_all(&node, &log, &session).await;
            });
        }
    });
    sim.run_for(Duration::from_secs(1));
    assert!(sim.crash(CLIENT) && sim.restart(CLIENT));
    sim.run_for(Duration::from_secs(1));
    log.assert(&[(1_030, "1"), (40, "100"), (1_050, "end")]);
}
