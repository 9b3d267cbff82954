//! Released endpoints: sent messages arrive, unread ones reset the session, and no session leaks.

use std::time::Duration;

use cluster_sim_transport::{ResetReason, SendRefused, SessionRecv, SessionStage};
use cluster_sim_types::NodeId;

use crate::world::{World, milliseconds, ten_ms};

const RESET: ResetReason = ResetReason::Reset;

#[test]
fn messages_sent_before_a_release_are_delivered() {
    let mut world = World::new(2, &ten_ms(), 1);
    let [sender, receiver] = world.open(0, 1);
    (0..5).for_each(|number| assert_eq!(world.send(sender, number), Ok(())));
    world.release(sender);
    assert_eq!((world.state(sender), world.send(sender, 5)), (None, Err(SendRefused::Broken(5, RESET))));
    world.run(milliseconds(50));
    assert_eq!(world.recv_all(receiver), ((0..5).collect(), SessionRecv::Finished));
}

#[test]
fn a_session_released_before_it_opens_still_delivers() {
    let mut world = World::new(2, &ten_ms(), 1);
    let sender = world.connect(0, 1);
    assert_eq!(world.send(sender, 7), Ok(()));
    world.release(sender);
    world.run(milliseconds(50));
    let receiver = world.accept(1).expect("a session waits");
    assert_eq!(world.recv_all(receiver), (vec![7], SessionRecv::Finished));
    world.release(receiver);
    world.run(milliseconds(50));
    assert_eq!(world.live_counts(), (0, 0));
}

#[test]
fn releasing_with_unread_messages_resets_the_session() {
    let mut world = World::new(2, &ten_ms(), 1);
    let [sender, receiver] = world.open(0, 1);
    assert_eq!(world.send(sender, 7), Ok(()));
    world.run(milliseconds(50));
    world.release(receiver);
    world.run(milliseconds(10));
    assert_eq!(world.state(sender).unwrap().stage, SessionStage::Broken(RESET));
    assert_eq!(world.traffic().dropped["session_unread"], 1);
}

#[test]
fn a_message_to_a_released_endpoint_resets_the_session() {
    let mut world = World::new(2, &ten_ms(), 1);
    let [sender, receiver] = world.open(0, 1);
    world.release(receiver);
    world.run(milliseconds(50));
    assert_eq!(world.recv(sender), SessionRecv::Finished);
    assert_eq!(world.send(sender, 7), Ok(()));
    world.run(milliseconds(20));
    assert_eq!(world.state(sender).unwrap().stage, SessionStage::Broken(RESET));
    assert_eq!(world.traffic().dropped["session_unread"], 1);
}

#[test]
fn sessions_released_by_both_sides_are_freed() {
    let mut world = World::new(2, &ten_ms(), 1);
    for round in 0..50 {
        let [one, other] = world.open(0, 1);
        assert_eq!((world.send(one, round), world.send(other, round)), (Ok(()), Ok(())));
        world.run(milliseconds(20));
        assert_eq!((world.recv(one), world.recv(other)), (SessionRecv::Message(round), SessionRecv::Message(round)));
        assert_eq!(world.live_counts(), (1, 0));
        world.finish(one);
        world.finish(other);
        world.run(milliseconds(50));
        assert_eq!((world.recv(one), world.recv(other)), (SessionRecv::Finished, SessionRecv::Finished));
        world.release(one);
        world.release(other);
        assert_eq!(world.live_counts(), (0, 0), "round {round}");
    }
}

#[test]
fn a_released_endpoint_is_freed_when_its_peer_crashes() {
    let mut world = World::new(2, &ten_ms(), 1);
    let [one, _] = world.open(0, 1);
    world.release(one);
    world.run(milliseconds(50));
    assert_eq!(world.live_counts(), (1, 0), "the other node may still send");
    world.engine.crash(NodeId(1));
    world.run(milliseconds(50));
    assert_eq!(world.live_counts(), (0, 0));
}

#[test]
fn closing_a_listener_resets_unaccepted_sessions() {
    let mut world = World::new(2, &ten_ms(), 1);
    let id = world.connect(0, 1);
    assert_eq!(world.send(id, 7), Ok(()));
    world.run(milliseconds(50));
    world.stop_listening(1);
    world.run(milliseconds(50));
    assert_eq!(world.state(id).unwrap().stage, SessionStage::Broken(RESET));
    world.release(id);
    assert_eq!(world.live_counts(), (0, 0));
}

#[test]
fn a_lost_last_acknowledgement_does_not_leak_a_session() {
    let mut world = World::new(2, &ten_ms(), 1);
    let [one, other] = world.open(0, 1);
    world.finish(one);
    world.run(milliseconds(50));
    // The second FIN arrives, and its acknowledgement is lost.
    world.finish(other);
    world.run(milliseconds(5));
    let cut = world.cut(&[0], &[1], false);
    world.run(milliseconds(10));
    drop(cut);
    assert_eq!((world.recv(one), world.recv(other)), (SessionRecv::Finished, SessionRecv::Finished));
    world.release(one);
    world.release(other);
    world.run(Duration::from_secs(1));
    assert_eq!((world.live_counts(), world.traffic().sessions.resets), ((0, 0), 0));
}
