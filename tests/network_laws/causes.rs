//! Each loss is counted under its own cause, and occurs only with that cause.

use std::collections::BTreeMap;

use cluster_sim::net::{INBOX_CAPACITY, StaleDelivery};
use cluster_sim::prelude::*;
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::sender::{causes, dropped, numbers, send, senders, start_senders};

const FULL: u64 = INBOX_CAPACITY as u64;

/// Pauses the second node while `count` messages arrive and resumes it; returns what it receives, and the drops.
fn paused_while_arriving(count: u64) -> (Vec<u64>, BTreeMap<String, u64>) {
    let mut sim = start_senders(2, ten());
    sim.pause(1);
    for number in 0..count {
        send(&mut sim, 0, 1, number);
        sim.run_for(milliseconds(1));
    }
    sim.run_for(milliseconds(20));
    assert!(numbers(&sim, 1).is_empty(), "a paused node receives nothing");
    assert_eq!(sim.inspect(|world| world.traffic().in_flight), count.min(FULL));
    sim.resume(1);
    sim.run_for(milliseconds(1));
    (numbers(&sim, 1), dropped(&sim))
}

/// p3.
#[test]
fn a_full_inbox_keeps_256_messages_and_drops_the_newest() {
    assert_eq!(FULL, 256);
    let oldest: Vec<u64> = (0..FULL).collect();
    assert_eq!(paused_while_arriving(FULL + 44), (oldest.clone(), causes([("inbox_full", 44)])));
    assert_eq!(paused_while_arriving(FULL), (oldest, causes([])));
}

/// p3.
#[test]
fn an_inbox_is_empty_again_after_a_resume() {
    let mut sim = start_senders(2, ten());
    for round in 0..3 {
        sim.pause(1);
        (0..FULL).for_each(|number| send(&mut sim, 0, 1, round * FULL + number));
        sim.run_for(milliseconds(20));
        sim.resume(1);
        sim.run_for(milliseconds(20));
    }
    assert_eq!((numbers(&sim, 1), dropped(&sim)), ((0..3 * FULL).collect(), causes([])));
}

/// p3: pause, resume and pause at one instant.
#[test]
fn a_node_paused_again_at_once_keeps_its_inbox_in_order() {
    let mut sim = start_senders(2, ten());
    sim.pause(1);
    (0..FULL).for_each(|number| send(&mut sim, 0, 1, number));
    sim.run_for(milliseconds(20));
    sim.resume(1);
    sim.pause(1);
    send(&mut sim, 0, 1, FULL);
    sim.run_for(milliseconds(20));
    sim.resume(1);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), dropped(&sim)), ((0..FULL).collect(), causes([("inbox_full", 1)])));
}

/// Sends the second node one message and applies `fault` while it is in flight.
fn one_message(model: LinkModel, fault: impl FnOnce(&mut Sim)) -> (Vec<u64>, BTreeMap<String, u64>) {
    let mut sim = start_senders(2, model);
    send(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(5));
    fault(&mut sim);
    sim.run_for(milliseconds(20));
    (numbers(&sim, 1), dropped(&sim))
}

fn restart(sim: &mut Sim) {
    sim.crash(1);
    sim.restart(1);
}

#[test]
fn without_faults_nothing_is_lost() {
    assert_eq!(one_message(ten(), |_| ()), (vec![1], causes([])));
}

/// p1.
#[test]
fn a_message_to_a_crashed_node_is_lost_as_node_down() {
    assert_eq!(one_message(ten(), |sim| assert!(sim.crash(1))), (vec![], causes([("node_down", 1)])));
    assert_eq!(one_message(ten(), |sim| assert!(sim.pause(1) && sim.resume(1))), (vec![1], causes([])));
}

/// p1: a node that has not started is down.
#[test]
fn a_message_before_the_start_is_lost_as_node_down() {
    let late = |delay| {
        let scenario = senders(2, LinkModel::constant(delay));
        let mut sim = scenario.start(Seed(7));
        // One node is up and the other is not: they start at one instant, in random order.
        let first = |world: &World<'_>| world.nodes().find(|node| world.health(*node) == cluster_sim::check::Health::Up);
        assert!(sim.run_until(Duration::ZERO, |world| first(world).is_some()));
        let up = sim.inspect(first).expect("one node is up");
        send(&mut sim, up.0, 1 - up.0, 1);
        sim.run_for(milliseconds(20));
        (numbers(&sim, 1 - up.0), dropped(&sim))
    };
    assert_eq!(late(milliseconds(1)), (vec![1], causes([])));
    // Without delay it arrives before or after the start at that instant, and is accounted for either way.
    let (received, lost) = late(Duration::ZERO);
    assert_eq!(received.len() as u64 + lost.get("node_down").copied().unwrap_or(0), 1);
}

/// p1.
#[test]
fn a_message_to_a_killed_node_is_lost_as_node_killed() {
    assert_eq!(one_message(ten(), |sim| assert!(sim.kill(1))), (vec![], causes([("node_killed", 1)])));
    let after_crash = |sim: &mut Sim| assert!(sim.crash(1) && sim.kill(1));
    assert_eq!(one_message(ten(), after_crash), (vec![], causes([("node_killed", 1)])));
}

#[test]
fn a_message_to_an_absent_node_has_a_cause_of_its_own() {
    let mut sim = senders(3, ten()).without("node/1").start(Seed(7));
    sim.run_for(Duration::ZERO);
    send(&mut sim, 0, 1, 1);
    send(&mut sim, 0, 2, 2);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 2), dropped(&sim)), (vec![2], causes([("absent_node", 1)])));
}

/// n19.
#[test]
fn a_strict_link_drops_messages_to_an_earlier_incarnation() {
    let strict = LinkModel { stale: StaleDelivery::Drop, ..ten() };
    assert_eq!(one_message(strict.clone(), restart), (vec![], causes([("stale_incarnation", 1)])));
    assert_eq!(one_message(ten(), restart), (vec![1], causes([])), "an address outlives its process");
    assert_eq!(one_message(strict, |_| ()), (vec![1], causes([])));
}

/// p1, p3.
#[test]
fn waiting_messages_of_a_paused_node_that_crashes_are_inbox_lost() {
    let waiting = |end: fn(&mut Sim)| {
        let mut sim = start_senders(2, ten());
        sim.pause(1);
        (0..5).for_each(|number| send(&mut sim, 0, 1, number));
        sim.run_for(milliseconds(20));
        end(&mut sim);
        sim.run_for(milliseconds(20));
        (numbers(&sim, 1), dropped(&sim))
    };
    let lost = (vec![], causes([("inbox_lost", 5)]));
    assert_eq!(waiting(|sim| assert!(sim.crash(1))), lost);
    assert_eq!(waiting(|sim| assert!(sim.kill(1))), lost);
    assert_eq!(waiting(restart), lost, "a new incarnation has a new inbox");
    assert_eq!(waiting(|sim| assert!(sim.resume(1))), (vec![0, 1, 2, 3, 4], causes([])));
}

/// p3, n10.
#[test]
fn a_cut_drops_nothing_that_waits_in_an_inbox() {
    let mut sim = start_senders(2, ten());
    sim.pause(1);
    send(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(20));
    let cut = sim.partition([0], [1]);
    sim.resume(1);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), cut.dropped()), (vec![1], 0));
}

/// n10: a cut is checked before the state of the receiver.
#[test]
fn a_message_hit_by_a_cut_and_a_crash_counts_as_cut() {
    let both = |sim: &mut Sim| {
        std::mem::forget(sim.partition([0], [1]));
        sim.crash(1);
    };
    assert_eq!(one_message(ten(), both), (vec![], causes([("cut [node/0] | [node/1]", 1)])));
}
