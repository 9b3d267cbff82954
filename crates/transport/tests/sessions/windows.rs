//! A reader that takes its time holds the window, and its sender is told to wait and when to go on.

use std::time::Duration;

use cluster_sim_transport::{LinkModel, SendRefused, SessionId, SessionRecv, SessionStage};
use cluster_sim_types::NodeId;

use crate::world::{World, milliseconds, ten};

const WINDOW: u64 = 8;

fn narrow() -> LinkModel {
    LinkModel { window: WINDOW as u32, ..ten() }
}

/// A session whose window is full of what nobody has taken in, and which is told to wait.
fn full(model: &LinkModel) -> (World, [SessionId; 2]) {
    let mut world = World::new(2, model, 1);
    let ends = world.open(0, 1);
    (0..WINDOW).for_each(|number| assert_eq!(world.send(ends[0], number), Ok(())));
    world.run(milliseconds(50));
    world.take_notices();
    assert_eq!(world.send(ends[0], WINDOW), Err(SendRefused::Busy(WINDOW)));
    (world, ends)
}

/// Whether the sender was told that there is room.
fn told_of_room(world: &mut World, sender: SessionId) -> bool {
    world.take_notices().iter().any(|notice| notice.session == sender && notice.writable)
}

#[test]
fn what_is_not_taken_in_holds_the_window_and_hands_the_message_back() {
    let (mut world, [sender, receiver]) = full(&narrow());
    world.run(Duration::from_secs(60));
    assert_eq!(world.send(sender, WINDOW), Err(SendRefused::Busy(WINDOW)));
    assert!(!world.state(sender).unwrap().writable && world.state(receiver).unwrap().readable);
    assert_eq!(world.state(sender).unwrap().stage, SessionStage::Open, "a slow reader is no reason to give up");
    assert!(!told_of_room(&mut world, sender));
    assert_eq!(world.traffic().sessions.sent.messages, WINDOW, "what is handed back was not sent");
}

#[test]
fn a_sender_is_told_of_room_one_way_after_the_reader_made_it() {
    let (mut world, [sender, receiver]) = full(&narrow());
    world.run(milliseconds(100));
    assert_eq!(world.take(receiver), SessionRecv::Message(0));
    world.run(milliseconds(9));
    assert!(!told_of_room(&mut world, sender));
    world.run(milliseconds(1));
    assert!(told_of_room(&mut world, sender));
    assert_eq!((world.send(sender, 8), world.send(sender, 9)), (Ok(()), Err(SendRefused::Busy(9))));
}

#[test]
fn a_sender_is_told_once_and_only_if_it_was_told_to_wait() {
    let mut world = World::new(2, &narrow(), 1);
    let [sender, receiver] = world.open(0, 1);
    (0..WINDOW).for_each(|number| assert_eq!(world.send(sender, number), Ok(())));
    world.run(milliseconds(50));
    world.take_notices();
    assert_eq!(world.take_all(receiver).0.len() as u64, WINDOW);
    world.run(Duration::from_secs(5));
    assert!(!told_of_room(&mut world, sender), "it was never told to wait");
}

#[test]
fn room_of_which_nobody_hears_is_asked_for() {
    let (mut world, [sender, receiver]) = full(&narrow());
    let cut = world.cut(&[1], &[0], false);
    assert_eq!(world.take_all(receiver).0.len() as u64, WINDOW);
    world.run(Duration::from_secs(5));
    assert!(!told_of_room(&mut world, sender) && cut.dropped() > 1, "what says that there is room is lost");
    drop(cut);
    world.run(milliseconds(1_700));
    assert!(told_of_room(&mut world, sender));
}

#[test]
fn who_waits_for_room_of_a_node_that_is_gone_loses_patience() {
    let (mut world, [sender, _]) = full(&narrow());
    world.engine.crash(NodeId(1));
    world.run(Duration::from_secs(16));
    assert!(matches!(world.state(sender).unwrap().stage, SessionStage::Broken(_)));
}

#[test]
fn a_window_of_one_carries_one_message_at_a_time() {
    let mut world = World::new(2, &LinkModel { window: 1, ..ten() }, 1);
    let [sender, receiver] = world.open(0, 1);
    for number in 0..20 {
        assert_eq!(world.send(sender, number), Ok(()));
        assert_eq!(world.send(sender, number + 1), Err(SendRefused::Busy(number + 1)));
        world.run(milliseconds(10));
        assert_eq!(world.take(receiver), SessionRecv::Message(number));
        world.run(milliseconds(10));
        assert!(told_of_room(&mut world, sender), "message {number}");
    }
}

#[test]
fn the_end_passes_a_full_window() {
    let (mut world, [sender, receiver]) = full(&narrow());
    world.finish(sender);
    world.run(milliseconds(50));
    assert_eq!(world.send(sender, 9), Err(SendRefused::Finished(9)));
    assert_eq!(world.take_all(receiver), ((0..WINDOW).collect(), SessionRecv::Finished));
}

#[test]
fn a_paused_reader_holds_the_window_and_breaks_nothing() {
    let mut world = World::new(2, &narrow(), 1);
    let [sender, receiver] = world.open(0, 1);
    world.take_notices();
    world.engine.pause(NodeId(1));
    (0..WINDOW).for_each(|number| assert_eq!(world.send(sender, number), Ok(())));
    assert_eq!(world.send(sender, WINDOW), Err(SendRefused::Busy(WINDOW)));
    world.run(Duration::from_secs(600));
    assert!(world.take_notices().is_empty(), "nobody is told anything while the reader sleeps");
    world.engine.resume(NodeId(1));
    world.run(Duration::ZERO);
    assert!(world.take_notices().iter().any(|notice| notice.session == receiver && notice.readable));
    assert_eq!(world.take_all(receiver), ((0..WINDOW).collect(), SessionRecv::Nothing));
    world.run(milliseconds(50));
    assert!(told_of_room(&mut world, sender));
}
