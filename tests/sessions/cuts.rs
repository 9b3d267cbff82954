//! A cut stalls a session; past the link's patience it breaks, and both sides learn of it.

use cluster_sim::ResetReason;
use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::streamer::{Heard, begin, entries, heard, numbers, sessions, stream};

const TIMED_OUT: Heard = Heard::Reset(ResetReason::TimedOut);
const RESET: Heard = Heard::Reset(ResetReason::Reset);

/// Two nodes with a session between them, which has carried one message each way.
fn acquainted() -> Sim {
    let mut sim = begin(2, ten());
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(milliseconds(100));
    stream(&mut sim, 1, 0, 0, 1);
    sim.run_for(milliseconds(100));
    assert_eq!((numbers(&sim, 0), numbers(&sim, 1)), (vec![0], vec![0]));
    sim
}

/// What was heard after the first message.
fn then(sim: &Sim, node: u32) -> Vec<Heard> {
    heard(sim, node)[1..].to_vec()
}

#[test]
fn a_healed_cut_lets_the_stalled_session_go_on() {
    let mut sim = acquainted();
    let cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 5);
    sim.run_for(Duration::from_secs(10));
    assert!(then(&sim, 1).is_empty() && cut.dropped() >= 5 * 7, "{} attempts", cut.dropped());
    cut.heal();
    sim.run_for(milliseconds(1_610));
    assert_eq!((numbers(&sim, 1), sessions(&sim).connects), ((0..6).collect(), 1));
    assert!(then(&sim, 0).is_empty(), "nobody was told anything");
}

#[test]
fn a_cut_that_outlasts_patience_breaks_the_session_for_who_sends_in_it() {
    let mut sim = acquainted();
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
fn the_other_side_learns_when_it_sends_after_the_cut() {
    let mut sim = acquainted();
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
fn the_other_side_learns_at_once_from_a_notice_that_arrives() {
    let mut sim = acquainted();
    // Only the way back is cut: what is sent arrives, and nobody hears of it.
    let _cut = sim.partition_one_way([1], [0]);
    stream(&mut sim, 0, 1, 1, 1);
    sim.run_for(milliseconds(14_999));
    assert_eq!((numbers(&sim, 1), then(&sim, 0)), (vec![0, 1], vec![]));
    sim.run_for(milliseconds(11));
    assert_eq!((then(&sim, 0), then(&sim, 1)), (vec![TIMED_OUT], vec![Heard::Number(1), RESET]));
}

#[test]
fn both_sides_of_a_cut_lose_patience_by_themselves_if_both_send() {
    let mut sim = acquainted();
    let _cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 1);
    stream(&mut sim, 1, 0, 1, 1);
    sim.run_for(Duration::from_secs(20));
    assert_eq!((then(&sim, 0), then(&sim, 1)), (vec![TIMED_OUT], vec![TIMED_OUT]));
}

#[test]
fn a_session_that_carries_nothing_outlives_any_cut() {
    let mut sim = acquainted();
    let cut = sim.partition([0], [1]);
    sim.run_for(Duration::from_secs(3_600));
    cut.heal();
    stream(&mut sim, 0, 1, 1, 1);
    sim.run_for(milliseconds(10));
    assert_eq!((numbers(&sim, 1), sessions(&sim).connects), (vec![0, 1], 1));
}

#[test]
fn after_a_reset_the_next_message_opens_another_session() {
    let mut sim = acquainted();
    let cut = sim.partition([0], [1]);
    stream(&mut sim, 0, 1, 1, 3);
    sim.run_for(Duration::from_secs(20));
    cut.heal();
    stream(&mut sim, 0, 1, 100, 3);
    sim.run_for(milliseconds(100));
    let expected: Vec<Heard> = [RESET].into_iter().chain((100..103).map(Heard::Number)).collect();
    assert_eq!(then(&sim, 1), expected, "the old session ends for its other side before the new one says anything");
    assert_eq!(sessions(&sim).connects, 2);
}

#[test]
fn patience_counts_from_the_last_answer() {
    let mut sim = acquainted();
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
fn a_cut_while_connecting_delays_the_session_or_prevents_it() {
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
fn an_accept_that_is_lost_is_sent_again() {
    let mut sim = begin(2, ten());
    let cut = sim.partition_one_way([1], [0]);
    stream(&mut sim, 0, 1, 0, 1);
    sim.run_for(Duration::from_secs(1));
    assert_eq!((sessions(&sim).accepted, numbers(&sim, 1)), (1, vec![]));
    cut.heal();
    sim.run_for(Duration::from_secs(2));
    assert_eq!((sessions(&sim).accepted, sessions(&sim).connects, numbers(&sim, 1)), (1, 1, vec![0]));
}
