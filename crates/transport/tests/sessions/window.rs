//! A slow reader fills the window; its sender waits and is notified of room.

use std::time::Duration;

use cluster_sim_transport::{LinkModel, SendRefused, SessionId, SessionRecv, SessionStage};
use cluster_sim_types::NodeId;

use crate::world::{World, milliseconds, ten_ms};

const WINDOW: u64 = 8;

fn narrow() -> LinkModel {
    LinkModel { window: WINDOW as u32, ..ten_ms() }
}

/// Fills the window of a session with unread messages until the sender gets `Full`.
fn full_window(model: &LinkModel) -> (World, [SessionId; 2]) {
    let mut world = World::new(2, model, 1);
    let ends = world.open(0, 1);
    (0..WINDOW).for_each(|number| assert_eq!(world.send(ends[0], number), Ok(())));
    world.run(milliseconds(50));
    world.take_notices();
    assert_eq!(world.send(ends[0], WINDOW), Err(SendRefused::Full(WINDOW)));
    (world, ends)
}

/// Returns whether the sender got a notice of room.
fn got_writable(world: &mut World, sender: SessionId) -> bool {
    world.take_notices().iter().any(|notice| notice.session == sender && notice.writable)
}

#[test]
fn a_full_window_returns_further_messages() {
    let (mut world, [sender, receiver]) = full_window(&narrow());
    world.run(Duration::from_secs(60));
    assert_eq!(world.send(sender, WINDOW), Err(SendRefused::Full(WINDOW)));
    assert!(!world.state(sender).unwrap().writable && world.state(receiver).unwrap().readable);
    assert_eq!(world.state(sender).unwrap().stage, SessionStage::Open, "a slow reader breaks no session");
    assert!(!got_writable(&mut world, sender));
    assert_eq!(world.traffic().sessions.sent.messages, WINDOW, "a returned message was not sent");
}

#[test]
fn reading_makes_the_sender_writable_one_way_later() {
    let (mut world, [sender, receiver]) = full_window(&narrow());
    world.run(milliseconds(100));
    assert_eq!(world.recv(receiver), SessionRecv::Message(0));
    world.run(milliseconds(9));
    assert!(!got_writable(&mut world, sender));
    world.run(milliseconds(1));
    assert!(got_writable(&mut world, sender));
    assert_eq!((world.send(sender, 8), world.send(sender, 9)), (Ok(()), Err(SendRefused::Full(9))));
}

#[test]
fn only_a_waiting_sender_is_notified_of_room() {
    let mut world = World::new(2, &narrow(), 1);
    let [sender, receiver] = world.open(0, 1);
    (0..WINDOW).for_each(|number| assert_eq!(world.send(sender, number), Ok(())));
    world.run(milliseconds(50));
    world.take_notices();
    assert_eq!(world.recv_all(receiver).0.len() as u64, WINDOW);
    world.run(Duration::from_secs(5));
    assert!(!got_writable(&mut world, sender), "it never got `Full`");
}

#[test]
fn a_probe_recovers_a_lost_window_update() {
    let (mut world, [sender, receiver]) = full_window(&narrow());
    let cut = world.cut(&[1], &[0], false);
    assert_eq!(world.recv_all(receiver).0.len() as u64, WINDOW);
    world.run(Duration::from_secs(5));
    assert!(!got_writable(&mut world, sender) && cut.dropped() > 1, "the window update is lost");
    drop(cut);
    world.run(milliseconds(1_700));
    assert!(got_writable(&mut world, sender));
}

#[test]
fn waiting_for_the_window_of_a_crashed_node_times_out() {
    let (mut world, [sender, _]) = full_window(&narrow());
    world.engine.crash(NodeId(1));
    world.run(Duration::from_secs(16));
    assert!(matches!(world.state(sender).unwrap().stage, SessionStage::Broken(_)));
}

#[test]
fn a_window_of_one_carries_one_message_at_a_time() {
    let mut world = World::new(2, &LinkModel { window: 1, ..ten_ms() }, 1);
    let [sender, receiver] = world.open(0, 1);
    for number in 0..20 {
        assert_eq!(world.send(sender, number), Ok(()));
        assert_eq!(world.send(sender, number + 1), Err(SendRefused::Full(number + 1)));
        world.run(milliseconds(10));
        assert_eq!(world.recv(receiver), SessionRecv::Message(number));
        world.run(milliseconds(10));
        assert!(got_writable(&mut world, sender), "message {number}");
    }
}

#[test]
fn the_fin_passes_a_full_window() {
    let (mut world, [sender, receiver]) = full_window(&narrow());
    world.finish(sender);
    world.run(milliseconds(50));
    assert_eq!(world.send(sender, 9), Err(SendRefused::Finished(9)));
    assert_eq!(world.recv_all(receiver), ((0..WINDOW).collect(), SessionRecv::Finished));
}

#[test]
fn a_paused_reader_fills_the_window_and_keeps_the_session() {
    let mut world = World::new(2, &narrow(), 1);
    let [sender, receiver] = world.open(0, 1);
    world.take_notices();
    world.engine.pause(NodeId(1));
    (0..WINDOW).for_each(|number| assert_eq!(world.send(sender, number), Ok(())));
    assert_eq!(world.send(sender, WINDOW), Err(SendRefused::Full(WINDOW)));
    world.run(Duration::from_secs(600));
    assert!(world.take_notices().is_empty(), "no notices while the reader is paused");
    world.engine.resume(NodeId(1));
    world.run(Duration::ZERO);
    assert!(world.take_notices().iter().any(|notice| notice.session == receiver && notice.readable));
    assert_eq!(world.recv_all(receiver), ((0..WINDOW).collect(), SessionRecv::Nothing));
    world.run(milliseconds(50));
    assert!(got_writable(&mut world, sender));
}
