//! A full window hands messages back in order, and tells when there is room.

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::streamer::{Heard, begin, finish, heard, numbers, sessions, stream};

const WINDOW: u64 = 64;

fn number(heard: &[Heard]) -> Vec<Heard> {
    heard.iter().copied().filter(|heard| matches!(heard, Heard::Number(_))).collect()
}

#[test]
fn what_is_beyond_the_window_comes_back_in_order_at_the_same_instant() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, WINDOW + 3);
    sim.run_for(Duration::ZERO);
    assert_eq!(heard(&sim, 0), [64, 65, 66].map(Heard::Busy));
    sim.run_for(milliseconds(100));
    assert_eq!(heard(&sim, 0)[3..], [Heard::Ready], "once, although much room was made");
    assert_eq!(numbers(&sim, 1), (0..WINDOW).collect::<Vec<u64>>());
    assert_eq!(sessions(&sim).sent.messages, WINDOW);
}

#[test]
fn a_window_that_is_just_full_hands_nothing_back() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, WINDOW);
    sim.run_for(milliseconds(100));
    assert!(heard(&sim, 0).is_empty() && number(&heard(&sim, 1)).len() as u64 == WINDOW);
}

/// The inbox of a paused node is the window: nothing is lost, and nobody gives up.
#[test]
fn a_paused_receiver_holds_the_window_for_as_long_as_it_likes() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    sim.pause(1);
    stream(&mut sim, 0, 1, 1, WINDOW + 1);
    sim.run_for(Duration::from_secs(3_600));
    assert_eq!((heard(&sim, 0), numbers(&sim, 1)), (vec![Heard::Busy(65)], vec![0]));
    assert_eq!(sessions(&sim).in_flight.messages, WINDOW);
    sim.resume(1);
    sim.run_for(Duration::ZERO);
    assert_eq!(numbers(&sim, 1), (0..=WINDOW).collect::<Vec<u64>>(), "all of it at the instant of the resume");
    sim.run_for(milliseconds(10));
    assert_eq!(heard(&sim, 0), [Heard::Busy(65), Heard::Ready]);
}

#[test]
fn what_is_streamed_after_the_end_comes_back_until_both_have_finished() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    finish(&mut sim, 0, 1);
    stream(&mut sim, 0, 1, 1, 2);
    sim.run_for(Duration::from_secs(60));
    assert_eq!((heard(&sim, 0), heard(&sim, 1)), (vec![Heard::Busy(1), Heard::Busy(2)], vec![Heard::Number(0), Heard::Finished]));
    finish(&mut sim, 1, 0);
    sim.run_for(milliseconds(10));
    assert_eq!(heard(&sim, 0)[2..], [Heard::Finished, Heard::Ready]);
    stream(&mut sim, 0, 1, 1, 2);
    sim.run_for(milliseconds(100));
    assert_eq!((numbers(&sim, 1), sessions(&sim).connects), (vec![0, 1, 2], 2));
}
