//! A full window hands messages back in order and reports when there is room.

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::streamer::{Event, begin, close, events, numbers, sessions, stream};

const WINDOW: u64 = 64;

fn numbers_in(events: &[Event]) -> Vec<Event> {
    events.iter().copied().filter(|event| matches!(event, Event::Number(_))).collect()
}

#[test]
fn messages_beyond_the_window_are_handed_back_in_order_at_once() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, WINDOW + 3);
    sim.run_for(Duration::ZERO);
    assert_eq!(events(&sim, 0), [64, 65, 66].map(Event::Full));
    sim.run_for(milliseconds(100));
    assert_eq!(events(&sim, 0)[3..], [Event::Writable], "once, although there is room for several");
    assert_eq!(numbers(&sim, 1), (0..WINDOW).collect::<Vec<u64>>());
    assert_eq!(sessions(&sim).sent.messages, WINDOW);
}

#[test]
fn an_exactly_full_window_hands_nothing_back() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, WINDOW);
    sim.run_for(milliseconds(100));
    assert!(events(&sim, 0).is_empty() && numbers_in(&events(&sim, 1)).len() as u64 == WINDOW);
}

/// The inbox of a paused node is the window: nothing is lost, and the session does not time out.
#[test]
fn a_paused_receiver_keeps_the_window_full() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    sim.pause(1);
    stream(&mut sim, 0, 1, 1, WINDOW + 1);
    sim.run_for(Duration::from_secs(3_600));
    assert_eq!((events(&sim, 0), numbers(&sim, 1)), (vec![Event::Full(65)], vec![0]));
    assert_eq!(sessions(&sim).in_flight.messages, WINDOW);
    sim.resume(1);
    sim.run_for(Duration::ZERO);
    assert_eq!(numbers(&sim, 1), (0..=WINDOW).collect::<Vec<u64>>(), "all of it at the instant of the resume");
    sim.run_for(milliseconds(10));
    assert_eq!(events(&sim, 0), [Event::Full(65), Event::Writable]);
}

#[test]
fn messages_after_a_close_are_handed_back_until_both_have_closed() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    close(&mut sim, 0, 1);
    stream(&mut sim, 0, 1, 1, 2);
    sim.run_for(Duration::from_secs(60));
    assert_eq!((events(&sim, 0), events(&sim, 1)), (vec![Event::Full(1), Event::Full(2)], vec![Event::Number(0), Event::Closed]));
    close(&mut sim, 1, 0);
    sim.run_for(milliseconds(10));
    assert_eq!(events(&sim, 0)[2..], [Event::Closed, Event::Writable]);
    stream(&mut sim, 0, 1, 1, 2);
    sim.run_for(milliseconds(100));
    assert_eq!((numbers(&sim, 1), sessions(&sim).connects), (vec![0, 1, 2], 2));
}
