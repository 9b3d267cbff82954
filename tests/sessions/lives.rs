//! A crash ends one side of a session silently; the other side is reset when it sends.

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::streamer::{Event, RESET, TIMED_OUT, begin, close, connected, events, numbers, sessions, stream};

#[test]
fn a_crash_leaves_the_session_half_open() {
    let mut sim = connected();
    sim.crash(1);
    sim.run_for(Duration::from_secs(60));
    sim.restart(1);
    sim.run_for(Duration::from_secs(60));
    assert!(events(&sim, 0).is_empty() && events(&sim, 1).is_empty(), "neither has sent anything");
}

#[test]
fn sending_to_a_node_that_is_down_times_out() {
    for kill in [false, true] {
        let mut sim = connected();
        assert!(if kill { sim.kill(1) } else { sim.crash(1) });
        stream(&mut sim, 0, 1, 1, 2);
        sim.run_for(milliseconds(14_999));
        assert!(events(&sim, 0).is_empty());
        sim.run_for(milliseconds(1));
        assert_eq!(events(&sim, 0), [TIMED_OUT]);
        assert_eq!(sim.inspect(|world| world.traffic()).dropped["session_timed_out"], 2);
    }
}

#[test]
fn sending_to_a_restarted_node_is_reset_after_a_round_trip() {
    let mut sim = connected();
    sim.crash(1);
    sim.restart(1);
    stream(&mut sim, 0, 1, 1, 2);
    sim.run_for(milliseconds(19));
    assert!(events(&sim, 0).is_empty());
    sim.run_for(milliseconds(1));
    assert_eq!((events(&sim, 0), numbers(&sim, 1)), (vec![RESET], vec![]));
    assert_eq!(sim.inspect(|world| world.traffic()).dropped["session_reset"], 2);
    stream(&mut sim, 0, 1, 3, 1);
    sim.run_for(milliseconds(30));
    assert_eq!(numbers(&sim, 1), [3], "a new session with the new incarnation");
}

#[test]
fn a_restarted_sender_resets_the_session_of_its_last_incarnation() {
    let mut sim = connected();
    sim.crash(0);
    sim.restart(0);
    stream(&mut sim, 0, 1, 7, 2);
    sim.run_for(milliseconds(100));
    assert_eq!(events(&sim, 1), [Event::Number(0), RESET, Event::Number(7), Event::Number(8)]);
}

#[test]
fn messages_sent_before_a_crash_still_arrive() {
    let mut sim = connected();
    stream(&mut sim, 0, 1, 1, 3);
    sim.run_for(milliseconds(5));
    sim.crash(0);
    sim.run_for(milliseconds(5));
    assert_eq!(numbers(&sim, 1), [0, 1, 2, 3]);
    assert_eq!((sessions(&sim).lost.messages, sessions(&sim).in_flight.messages), (0, 0));
}

#[test]
fn a_message_lost_before_a_crash_loses_all_after_it() {
    let mut sim = connected();
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
fn a_crash_before_the_session_opens_loses_its_messages() {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 3);
    sim.run_for(milliseconds(5));
    sim.crash(0);
    sim.run_for(Duration::from_secs(20));
    assert_eq!((sessions(&sim).accepted, events(&sim, 1)), (0, vec![]));
    assert_eq!(sim.inspect(|world| world.traffic()).dropped["session_crash"], 3);
}

#[test]
fn a_restarted_node_answers_the_repeated_connect_request() {
    let mut sim = begin(2, ten());
    sim.crash(1);
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(Duration::from_secs(5));
    sim.restart(1);
    sim.run_for(Duration::from_secs(2));
    assert_eq!((numbers(&sim, 1), sessions(&sim).connects), (vec![0], 1));
}

#[test]
fn streaming_after_a_close_detects_the_crash_of_the_peer() {
    let mut sim = connected();
    close(&mut sim, 0, 1);
    sim.run_for(milliseconds(100));
    sim.crash(1);
    sim.restart(1);
    stream(&mut sim, 0, 1, 5, 1);
    sim.run_for(milliseconds(500));
    assert_eq!(events(&sim, 0), [Event::Full(5), RESET]);
    stream(&mut sim, 0, 1, 5, 1);
    sim.run_for(milliseconds(50));
    assert_eq!(numbers(&sim, 1), [5]);
}

#[test]
fn a_paused_sender_is_reset_at_its_resume() {
    let mut sim = connected();
    let _cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 1);
    sim.pause(0);
    sim.run_for(Duration::from_secs(30));
    assert!(events(&sim, 0).is_empty());
    sim.resume(0);
    sim.run_for(Duration::ZERO);
    assert_eq!(events(&sim, 0), [TIMED_OUT]);
}
