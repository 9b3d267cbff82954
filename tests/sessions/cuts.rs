//! A cut stalls a session; after the session timeout both sides are reset.

use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::streamer::{Event, RESET, TIMED_OUT, begin, connected, entries, events, numbers, sessions, stream};

/// Two nodes with an open session that has carried one message each way.
fn connected_both_ways() -> Sim {
    let mut sim = connected();
    stream(&mut sim, 1, 0, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!((numbers(&sim, 0), numbers(&sim, 1)), (vec![0], vec![0]));
    sim
}

/// The events of a node after the first message.
fn then(sim: &Sim, node: u32) -> Vec<Event> {
    events(sim, node)[1..].to_vec()
}

#[test]
fn a_stalled_session_continues_when_the_cut_heals() {
    let mut sim = connected_both_ways();
    let cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 5);
    sim.run_for(Duration::from_secs(10));
    assert!(then(&sim, 1).is_empty() && cut.dropped() >= 5 * 7, "{} attempts", cut.dropped());
    cut.heal();
    sim.run_for(milliseconds(1_610));
    assert_eq!((numbers(&sim, 1), sessions(&sim).connects), ((0..6).collect(), 1));
    assert!(then(&sim, 0).is_empty(), "the sender saw no event");
}

#[test]
fn a_cut_longer_than_the_timeout_resets_the_sending_side() {
    let mut sim = connected_both_ways();
    let _cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 5);
    sim.run_for(milliseconds(14_999));
    assert!(then(&sim, 0).is_empty());
    sim.run_for(milliseconds(1));
    assert_eq!((then(&sim, 0), then(&sim, 1)), (vec![TIMED_OUT], vec![]));
    let traffic = sim.inspect(|world| world.traffic());
    assert_eq!((traffic.dropped["session_timed_out"], traffic.in_flight), (5, 0));
}

#[test]
fn the_other_side_is_reset_when_it_sends_after_the_cut() {
    let mut sim = connected_both_ways();
    let cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 1);
    sim.run_for(Duration::from_secs(20));
    cut.heal();
    sim.run_for(Duration::from_secs(20));
    assert!(then(&sim, 1).is_empty(), "the notice was lost in the cut, and the other side sent nothing");
    stream(&mut sim, 1, 0, 1, 1);
    sim.run_for(milliseconds(20));
    assert_eq!((then(&sim, 0), then(&sim, 1)), (vec![TIMED_OUT], vec![RESET]));
}

#[test]
fn a_reset_that_arrives_resets_the_other_side_at_once() {
    let mut sim = connected_both_ways();
    // Only the way back is cut: messages arrive and their acknowledgements do not.
    let _cut = sim.partition_one_way([1], [0]);
    stream(&mut sim, 0, 1, 1, 1);
    sim.run_for(milliseconds(14_999));
    assert_eq!((numbers(&sim, 1), then(&sim, 0)), (vec![0, 1], vec![]));
    sim.run_for(milliseconds(11));
    assert_eq!((then(&sim, 0), then(&sim, 1)), (vec![TIMED_OUT], vec![Event::Number(1), RESET]));
}

#[test]
fn both_sides_time_out_if_both_send_into_a_cut() {
    let mut sim = connected_both_ways();
    let _cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 1);
    stream(&mut sim, 1, 0, 1, 1);
    sim.run_for(Duration::from_secs(20));
    assert_eq!((then(&sim, 0), then(&sim, 1)), (vec![TIMED_OUT], vec![TIMED_OUT]));
}

#[test]
fn an_idle_session_outlives_any_cut() {
    let mut sim = connected_both_ways();
    let cut = sim.partition([0], [1]);
    sim.run_for(Duration::from_secs(3_600));
    cut.heal();
    stream(&mut sim, 0, 1, 1, 1);
    sim.run_for(milliseconds(10));
    assert_eq!((numbers(&sim, 1), sessions(&sim).connects), (vec![0, 1], 1));
}

#[test]
fn the_next_message_after_a_reset_opens_another_session() {
    let mut sim = connected_both_ways();
    let cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 3);
    sim.run_for(Duration::from_secs(20));
    cut.heal();
    stream(&mut sim, 0, 1, 100, 3);
    sim.run_for(milliseconds(100));
    let expected: Vec<Event> = [RESET].into_iter().chain((100..103).map(Event::Number)).collect();
    assert_eq!(then(&sim, 1), expected, "the other side is reset before the new session delivers");
    assert_eq!(sessions(&sim).connects, 2);
}

#[test]
fn the_session_timeout_counts_from_the_last_answer() {
    let mut sim = connected_both_ways();
    for round in 0..5 {
        let cut = sim.partition([0], [1]);
        stream(&mut sim, 0, 1, 1 + round, 1);
        sim.run_for(Duration::from_secs(12));
        cut.heal();
        sim.run_for(Duration::from_secs(2));
    }
    assert_eq!((numbers(&sim, 1), then(&sim, 0)), ((0..6).collect(), vec![]));
}

#[test]
fn a_cut_while_connecting_delays_or_prevents_the_session() {
    for (cut_for, expected) in [(10, vec![0]), (20, vec![])] {
        let mut sim = begin(2, ten());
        let cut = sim.partition([0], [1]);
        stream(&mut sim, 0, 1, 0, 1);
        sim.run_for(Duration::from_secs(cut_for));
        cut.heal();
        sim.run_for(Duration::from_secs(10));
        assert_eq!(numbers(&sim, 1), expected, "cut for {cut_for} s");
        assert_eq!(entries(&sim, 0).is_empty(), cut_for == 10);
    }
}

#[test]
fn a_lost_accept_is_sent_again() {
    let mut sim = begin(2, ten());
    let cut = sim.partition_one_way([1], [0]);
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(Duration::from_secs(1));
    assert_eq!((sessions(&sim).accepted, numbers(&sim, 1)), (1, vec![]));
    cut.heal();
    sim.run_for(Duration::from_secs(2));
    assert_eq!((sessions(&sim).accepted, sessions(&sim).connects, numbers(&sim, 1)), (1, 1, vec![0]));
}
