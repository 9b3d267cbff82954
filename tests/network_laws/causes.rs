//! Each loss is counted under its own name, and is absent where its cause is.

use std::collections::BTreeMap;

use cluster_sim::prelude::*;
use cluster_sim::{INBOX_CAPACITY, StaleDelivery};
use cluster_sim_testkit::links::ten;
use cluster_sim_testkit::units::milliseconds;

use crate::speaker::{begin_speakers, causes, dropped, numbers, say, speakers};

const FULL: u64 = INBOX_CAPACITY as u64;

/// The second node is paused while so many words arrive, goes on, and hears what is left.
fn paused_while_arriving(count: u64) -> (Vec<u64>, BTreeMap<String, u64>) {
    let mut sim = begin_speakers(2, ten());
    sim.pause(1);
    for number in 0..count {
        say(&mut sim, 0, 1, number);
        sim.run_for(milliseconds(1));
    }
    sim.run_for(milliseconds(20));
    assert!(numbers(&sim, 1).is_empty(), "a paused node takes nothing in");
    assert_eq!(sim.inspect(|world| world.traffic().in_flight), count.min(FULL));
    sim.resume(1);
    sim.run_for(milliseconds(1));
    (numbers(&sim, 1), dropped(&sim))
}

/// p3.
#[test]
fn an_inbox_holds_256_messages_in_order_and_drops_the_newest() {
    assert_eq!(FULL, 256);
    let oldest: Vec<u64> = (0..FULL).collect();
    assert_eq!(paused_while_arriving(FULL + 44), (oldest.clone(), causes([("inbox_full", 44)])));
    assert_eq!(paused_while_arriving(FULL), (oldest, causes([])));
}

/// p3: every pause starts with an empty inbox.
#[test]
fn an_inbox_has_room_again_after_a_resume() {
    let mut sim = begin_speakers(2, ten());
    for round in 0..3 {
        sim.pause(1);
        (0..FULL).for_each(|number| say(&mut sim, 0, 1, round * FULL + number));
        sim.run_for(milliseconds(20));
        sim.resume(1);
        sim.run_for(milliseconds(20));
    }
    assert_eq!((numbers(&sim, 1), dropped(&sim)), ((0..3 * FULL).collect(), causes([])));
}

/// p3: the node is paused, goes on and is paused again at one instant.
#[test]
fn a_node_that_is_paused_again_at_once_keeps_its_inbox_in_order() {
    let mut sim = begin_speakers(2, ten());
    sim.pause(1);
    (0..FULL).for_each(|number| say(&mut sim, 0, 1, number));
    sim.run_for(milliseconds(20));
    sim.resume(1);
    sim.pause(1);
    say(&mut sim, 0, 1, FULL);
    sim.run_for(milliseconds(20));
    sim.resume(1);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), dropped(&sim)), ((0..FULL).collect(), causes([("inbox_full", 1)])));
}

/// One word to the second node, to which `trouble` happens while it is under way.
fn one_word(model: LinkModel, trouble: impl FnOnce(&mut Sim)) -> (Vec<u64>, BTreeMap<String, u64>) {
    let mut sim = begin_speakers(2, model);
    say(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(5));
    trouble(&mut sim);
    sim.run_for(milliseconds(20));
    (numbers(&sim, 1), dropped(&sim))
}

fn restart(sim: &mut Sim) {
    sim.crash(1);
    sim.restart(1);
}

#[test]
fn without_trouble_nothing_is_lost() {
    assert_eq!(one_word(ten(), |_| ()), (vec![1], causes([])));
}

/// p1.
#[test]
fn what_arrives_at_a_node_that_is_down_is_lost_as_node_down() {
    assert_eq!(one_word(ten(), |sim| assert!(sim.crash(1))), (vec![], causes([("node_down", 1)])));
    assert_eq!(one_word(ten(), |sim| assert!(sim.pause(1) && sim.resume(1))), (vec![1], causes([])));
}

/// p1: a node that has not started is down too.
#[test]
fn what_arrives_before_a_node_starts_is_lost_as_node_down() {
    let late = |delay| {
        let scenario = speakers(2, LinkModel::constant(delay));
        let mut sim = scenario.start(Seed(7));
        // The first node is up and the second is not: their starts lie at one instant, in an order that chance decides.
        let first = |world: &World<'_>| world.nodes().find(|node| world.health(*node) == cluster_sim::Health::Up);
        assert!(sim.run_until(Duration::ZERO, |world| first(world).is_some()));
        let up = sim.inspect(first).expect("one is up");
        say(&mut sim, up.0, 1 - up.0, 1);
        sim.run_for(milliseconds(20));
        (numbers(&sim, 1 - up.0), dropped(&sim))
    };
    assert_eq!(late(milliseconds(1)), (vec![1], causes([])));
    // At no delay it may come before or after the start of that instant, but is accounted for either way.
    let (heard, lost) = late(Duration::ZERO);
    assert_eq!(heard.len() as u64 + lost.get("node_down").copied().unwrap_or(0), 1);
}

/// p1.
#[test]
fn what_arrives_at_a_node_that_is_gone_for_good_is_lost_as_node_killed() {
    assert_eq!(one_word(ten(), |sim| assert!(sim.kill(1))), (vec![], causes([("node_killed", 1)])));
    let after_crash = |sim: &mut Sim| assert!(sim.crash(1) && sim.kill(1));
    assert_eq!(one_word(ten(), after_crash), (vec![], causes([("node_killed", 1)])));
}

/// An empty seat is one whose node is gone for good.
#[test]
fn what_is_sent_to_an_empty_seat_is_lost_as_node_killed() {
    let mut sim = speakers(3, ten()).without("node/1").start(Seed(7));
    sim.run_for(Duration::ZERO);
    say(&mut sim, 0, 1, 1);
    say(&mut sim, 0, 2, 2);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 2), dropped(&sim)), (vec![2], causes([("node_killed", 1)])));
}

/// n19.
#[test]
fn what_was_sent_to_an_earlier_life_is_lost_as_stale_incarnation_where_the_link_says_so() {
    let strict = LinkModel { stale: StaleDelivery::Drop, ..ten() };
    assert_eq!(one_word(strict.clone(), restart), (vec![], causes([("stale_incarnation", 1)])));
    assert_eq!(one_word(ten(), restart), (vec![1], causes([])), "an address outlives the process behind it");
    assert_eq!(one_word(strict, |_| ()), (vec![1], causes([])));
}

/// p1, p3.
#[test]
fn what_waits_for_a_paused_node_that_dies_is_lost_as_inbox_lost() {
    let waiting = |end: fn(&mut Sim)| {
        let mut sim = begin_speakers(2, ten());
        sim.pause(1);
        (0..5).for_each(|number| say(&mut sim, 0, 1, number));
        sim.run_for(milliseconds(20));
        end(&mut sim);
        sim.run_for(milliseconds(20));
        (numbers(&sim, 1), dropped(&sim))
    };
    let lost = (vec![], causes([("inbox_lost", 5)]));
    assert_eq!(waiting(|sim| assert!(sim.crash(1))), lost);
    assert_eq!(waiting(|sim| assert!(sim.kill(1))), lost);
    assert_eq!(waiting(restart), lost, "a new life has a new inbox");
    assert_eq!(waiting(|sim| assert!(sim.resume(1))), (vec![0, 1, 2, 3, 4], causes([])));
}

/// p3, n10: what has arrived is out of a cut's reach.
#[test]
fn a_cut_does_not_reach_into_an_inbox() {
    let mut sim = begin_speakers(2, ten());
    sim.pause(1);
    say(&mut sim, 0, 1, 1);
    sim.run_for(milliseconds(20));
    let cut = sim.partition([0], [1]);
    sim.resume(1);
    sim.run_for(milliseconds(20));
    assert_eq!((numbers(&sim, 1), cut.dropped()), (vec![1], 0));
}

/// n10: a cut comes before what ails the receiver.
#[test]
fn a_message_that_a_cut_and_a_crash_await_is_eaten_once_by_the_cut() {
    let both = |sim: &mut Sim| {
        std::mem::forget(sim.partition([0], [1]));
        sim.crash(1);
    };
    assert_eq!(one_word(ten(), both), (vec![], causes([("cut [node/0] | [node/1]", 1)])));
}
