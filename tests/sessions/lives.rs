//! A crash takes one side of a session away without a word; the other side learns of it when it sends.

use cluster_sim::ResetReason;
use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::streamer::{Heard, begin, finish, heard, numbers, sessions, stream};

const TIMED_OUT: Heard = Heard::Reset(ResetReason::TimedOut);
const RESET: Heard = Heard::Reset(ResetReason::Reset);

/// Two nodes with a session between them, which has carried one message from the first to the second.
fn acquainted() -> Sim {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!(numbers(&sim, 1), [0]);
    sim
}

#[test]
fn a_crash_leaves_the_session_half_open() {
    let mut sim = acquainted();
    sim.crash(1);
    sim.run_for(Duration::from_secs(60));
    sim.restart(1);
    sim.run_for(Duration::from_secs(60));
    assert!(heard(&sim, 0).is_empty() && heard(&sim, 1).is_empty(), "nobody has sent anything");
}

#[test]
fn who_sends_to_a_node_that_is_down_loses_patience() {
    for kill in [false, true] {
        let mut sim = acquainted();
        assert!(if kill { sim.kill(1) } else { sim.crash(1) });
        stream(&mut sim, 0, 1, 1, 2);
        sim.run_for(milliseconds(14_999));
        assert!(heard(&sim, 0).is_empty());
        sim.run_for(milliseconds(1));
        assert_eq!(heard(&sim, 0), [TIMED_OUT]);
        assert_eq!(sim.inspect(|world| world.traffic()).dropped["session_timed_out"], 2);
    }
}

#[test]
fn who_sends_to_the_next_life_of_a_node_is_told_after_a_round_trip() {
    let mut sim = acquainted();
    sim.crash(1);
    sim.restart(1);
    stream(&mut sim, 0, 1, 1, 2);
    sim.run_for(milliseconds(19));
    assert!(heard(&sim, 0).is_empty());
    sim.run_for(milliseconds(1));
    assert_eq!((heard(&sim, 0), numbers(&sim, 1)), (vec![RESET], vec![]));
    assert_eq!(sim.inspect(|world| world.traffic()).dropped["session_reset"], 2);
    stream(&mut sim, 0, 1, 3, 1);
    sim.run_for(milliseconds(30));
    assert_eq!(numbers(&sim, 1), [3], "a new session with the new life");
}

#[test]
fn the_next_life_of_a_node_that_streams_ends_the_session_with_the_last_one() {
    let mut sim = acquainted();
    sim.crash(0);
    sim.restart(0);
    stream(&mut sim, 0, 1, 7, 2);
    sim.run_for(milliseconds(100));
    assert_eq!(heard(&sim, 1), [Heard::Number(0), RESET, Heard::Number(7), Heard::Number(8)]);
}

#[test]
fn what_a_node_sent_before_its_crash_still_arrives() {
    let mut sim = acquainted();
    stream(&mut sim, 0, 1, 1, 3);
    sim.run_for(milliseconds(5));
    sim.crash(0);
    sim.run_for(milliseconds(5));
    assert_eq!(numbers(&sim, 1), [0, 1, 2, 3]);
    assert_eq!((sessions(&sim).lost.messages, sessions(&sim).in_flight.messages), (0, 0));
}

#[test]
fn what_is_lost_on_the_way_from_a_node_that_crashed_is_lost_with_all_after_it() {
    let mut sim = acquainted();
    let cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 1);
    cut.heal();
    stream(&mut sim, 0, 1, 2, 2);
    sim.run_for(milliseconds(15));
    assert_eq!(numbers(&sim, 1), [0], "the two arrived and wait for the one before them");
    sim.crash(0);
    sim.run_for(milliseconds(5));
    assert_eq!(sim.inspect(|world| world.traffic()).dropped["session_crash"], 3);
    assert_eq!((numbers(&sim, 1), sessions(&sim).in_flight.messages), (vec![0], 0));
}

#[test]
fn a_node_that_crashes_before_its_session_opens_takes_its_messages_with_it() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 3);
    sim.run_for(milliseconds(5));
    sim.crash(0);
    sim.run_for(Duration::from_secs(20));
    assert_eq!((sessions(&sim).accepted, heard(&sim, 1)), (0, vec![]));
    assert_eq!(sim.inspect(|world| world.traffic()).dropped["session_crash"], 3);
}

#[test]
fn a_node_that_crashes_before_it_answers_is_asked_again_in_its_next_life() {
    let mut sim = begin(2, ten());
    sim.crash(1);
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(Duration::from_secs(5));
    sim.restart(1);
    sim.run_for(Duration::from_secs(2));
    assert_eq!((numbers(&sim, 1), sessions(&sim).connects), (vec![0], 1));
}

#[test]
fn who_has_finished_and_streams_again_learns_that_the_other_node_crashed() {
    let mut sim = acquainted();
    finish(&mut sim, 0, 1);
    sim.run_for(milliseconds(100));
    sim.crash(1);
    sim.restart(1);
    stream(&mut sim, 0, 1, 5, 1);
    sim.run_for(milliseconds(500));
    assert_eq!(heard(&sim, 0), [Heard::Busy(5), RESET]);
    stream(&mut sim, 0, 1, 5, 1);
    sim.run_for(milliseconds(50));
    assert_eq!(numbers(&sim, 1), [5]);
}

#[test]
fn a_paused_sender_is_told_when_it_goes_on() {
    let mut sim = acquainted();
    let _cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 1);
    sim.pause(0);
    sim.run_for(Duration::from_secs(30));
    assert!(heard(&sim, 0).is_empty());
    sim.resume(0);
    sim.run_for(Duration::ZERO);
    assert_eq!(heard(&sim, 0), [TIMED_OUT]);
}
