//! Held links: what would arrive waits, and arrives in order at the end of the hold or step by step.

use cluster_sim::fault::MessageHold;
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::{crash, cut, kill};
use cluster_sim_testkit::units::milliseconds;

use crate::worker::{received, workers, workers_of};

fn hold(from: &str, to: &str, both_ways: bool, duration: impl Into<Option<Duration>>) -> Fault {
    LinkFault::Hold { from: vec![from.to_owned()], to: vec![to.to_owned()], both_ways, duration: duration.into() }.into()
}

/// The messages that both workers have received at 300 and at 507 ms.
fn at_300_and_507(plan: FaultPlan) -> ([u64; 2], [u64; 2], Report) {
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(302));
    let first = [0, 1].map(|node| received(&sim, node));
    sim.run_for(milliseconds(205));
    let second = [0, 1].map(|node| received(&sim, node));
    (first, second, sim.finish())
}

/// The message of 100 ms would arrive at 105 ms, when the hold has begun.
#[test]
fn a_hold_delivers_all_that_it_kept_at_its_end() {
    let plan = FaultPlan::new().at(milliseconds(105), hold("worker/0", "worker/1", false, milliseconds(300)));
    let (during, after, report) = at_300_and_507(plan);
    assert_eq!((during, after), ([29, 9], [50, 50]));
    assert_eq!((report.faults[0].effect, report.traffic.lost()), (30, 0));
    assert!(report.to_string().contains("hold [worker/0] -/-> [worker/1] for 0.300s  (30 messages held)"), "{report}");
}

#[test]
fn a_hold_covers_both_ways_and_no_other_link() {
    let plan = FaultPlan::new().at(milliseconds(105), hold("worker/0", "worker/1", true, None));
    let (during, after, _) = at_300_and_507(plan.clone());
    assert_eq!((during, after), ([9, 9], [9, 9]));
    let mut sim = workers_of(3).faults(plan).start(Seed(7));
    sim.run_for(milliseconds(302));
    assert_eq!([0, 1, 2].map(|node| received(&sim, node)), [29 + 9, 29 + 9, 2 * 29]);
}

#[test]
fn releasing_all_ends_every_hold_and_no_cut() {
    let plan = FaultPlan::new().at(milliseconds(105), hold("worker/0", "worker/1", false, None));
    let plan = plan.at(milliseconds(205), LinkFault::ReleaseAll).at(milliseconds(250), LinkFault::ReleaseAll);
    let (during, _, report) = at_300_and_507(plan);
    assert_eq!(during, [29, 29]);
    assert_eq!(report.faults.iter().map(|record| record.effect).collect::<Vec<_>>(), [10, 1, 0]);
    let healed = FaultPlan::new().at(milliseconds(105), hold("worker/0", "worker/1", false, None));
    assert_eq!(at_300_and_507(healed.at(milliseconds(205), NetworkFault::HealAll)).0, [29, 9], "it is no cut");
    let still_cut = FaultPlan::new().at(milliseconds(105), cut(["worker/0"], ["worker/1"], None));
    assert_eq!(at_300_and_507(still_cut.at(milliseconds(205), LinkFault::ReleaseAll)).0, [9, 9]);
}

#[test]
fn the_fault_phase_ends_a_hold() {
    let plan = FaultPlan::new().at(milliseconds(105), hold("worker/0", "worker/1", false, None));
    let all = |world: &World<'_>| world.view::<crate::worker::Memory>(NodeId(1)).is_some_and(|memory| memory.received > 80);
    workers().faults(plan).eventually("all arrived", all).run(Seed(7)).assert_ok();
}

/// At the end of a hold a message meets what there is then.
#[test]
fn a_released_message_meets_cuts_and_dead_nodes() {
    let held = || FaultPlan::new().at(milliseconds(105), hold("worker/0", "worker/1", false, milliseconds(100)));
    let (during, _, report) = at_300_and_507(held().at(milliseconds(150), cut(["worker/0"], ["worker/1"], milliseconds(100))));
    assert_eq!((during[1], report.faults[0].effect), (9 + 5, 5), "five were held, the cut took them and those sent until 250 ms");
    let (_, _, report) = at_300_and_507(held().at(milliseconds(150), kill("worker/1")));
    assert_eq!(report.traffic.dropped["node_killed"], 50 - 9);
    let (during, ..) = at_300_and_507(held().at(milliseconds(150), crash("worker/1", milliseconds(10))));
    assert_eq!(during[1], 10 + 10, "the next life gets what was sent to the one before");
}

fn held_second() -> (Sim, MessageHold) {
    let mut sim = workers().start(Seed(7));
    sim.run_for(milliseconds(104));
    let hold = sim.hold_one_way([0], [1]);
    sim.run_for(milliseconds(200));
    (sim, hold)
}

#[test]
fn held_messages_are_stepped_one_by_one() {
    let (mut sim, hold) = held_second();
    assert_eq!((received(&sim, 1), hold.held()), (9, 20));
    for stepped in 1..=20 {
        assert!(sim.step_message(&hold));
        assert_eq!(received(&sim, 1), 9 + stepped);
    }
    assert!(!sim.step_message(&hold), "none is left");
    sim.run_for(milliseconds(100));
    assert_eq!(received(&sim, 1), 29, "the hold is still in force");
    hold.release();
    sim.run_for(milliseconds(103));
    assert_eq!(received(&sim, 1), 50);
    assert!(sim.finish().faults[0].by_hand);
}

#[test]
fn a_dropped_hold_releases_and_an_ended_one_keeps_nothing() {
    let (mut sim, hold) = held_second();
    sim.release_all();
    sim.run_for(Duration::ZERO);
    assert_eq!(received(&sim, 1), 29);
    assert!(!sim.step_message(&hold));
    drop(hold);
    let (mut sim, hold) = held_second();
    drop(hold);
    sim.run_for(Duration::ZERO);
    assert_eq!(received(&sim, 1), 29);
}

#[test]
#[should_panic(expected = "\"worker/1\" is on both sides")]
fn a_hold_with_a_node_on_both_sides_is_refused() {
    let mut sim = workers().start(Seed(7));
    let _hold = sim.hold([0, 1], [1]);
}
