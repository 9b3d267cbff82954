//! Overlapping faults: the end of a fault ends that fault and nothing else.

use cluster_sim::check::Health;
use cluster_sim::node::Incarnation;
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::{crash, pause, restart, resume};
use cluster_sim_testkit::units::milliseconds;

use crate::worker::{cut, health, loss, memory, received, workers};

fn with_faults<const N: usize>(faults: [(u64, Fault); N]) -> Sim {
    let plan = faults.into_iter().fold(FaultPlan::new(), |plan, (at, fault)| plan.at(milliseconds(at), fault));
    workers().faults(plan).start(Seed(7))
}

/// p1, p3.
#[test]
fn the_end_of_a_pause_does_not_touch_the_next_incarnation() {
    let mut sim = with_faults([(105, pause("worker/1", milliseconds(100))), (155, crash("worker/1", milliseconds(200)))]);
    sim.run_for(milliseconds(156));
    assert_eq!(health(&sim, 1), Health::Down);
    sim.run_for(milliseconds(100));
    assert_eq!(health(&sim, 1), Health::Down, "the pause would be over, the crash is not");
    sim.run_for(milliseconds(114));
    let memory = memory(&sim, 1).unwrap();
    assert_eq!((memory.incarnation, memory.ticks.len()), (Incarnation(1), 1), "no timer of the paused incarnation fired");
    let report = sim.finish();
    assert_eq!(report.faults.iter().map(|fault| fault.effect).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(report.traffic.dropped["inbox_lost"], 5);
}

/// p3: the first pause ended early; its planned end lies within the second.
#[test]
fn the_end_of_an_earlier_pause_does_not_end_a_later_one() {
    let mut sim = workers().start(Seed(7));
    sim.run_for(milliseconds(105));
    sim.inject(pause("worker/1", milliseconds(100))).unwrap();
    sim.run_for(milliseconds(50));
    assert!(sim.resume(1));
    sim.run_for(milliseconds(10));
    sim.inject(pause("worker/1", milliseconds(200))).unwrap();
    sim.run_for(milliseconds(100));
    assert_eq!(health(&sim, 1), Health::Paused, "165 ms for 200 ms, and it is 265 ms");
    sim.run_for(milliseconds(101));
    assert_eq!(health(&sim, 1), Health::Up);
}

/// p3.
#[test]
fn a_planned_resume_ends_a_pause_early() {
    let mut sim = with_faults([
        (105, pause("worker/1", milliseconds(100))),
        (155, resume("worker/1")),
        (165, pause("worker/1", None)),
        (305, resume("worker/1")),
    ]);
    for (until, expected) in [(154, Health::Paused), (156, Health::Up), (304, Health::Paused), (306, Health::Up)] {
        sim.run_for(milliseconds(until) - sim.now().since_zero());
        assert_eq!(health(&sim, 1), expected, "at {until} ms");
    }
    assert_eq!(sim.finish().faults.iter().map(|fault| fault.effect).collect::<Vec<_>>(), [1, 1, 1, 1]);
}

/// p3: with a crash between the two pauses.
#[test]
fn the_end_of_a_pause_does_not_end_one_after_a_crash() {
    let mut sim = with_faults([
        (105, pause("worker/1", milliseconds(100))),
        (125, crash("worker/1", milliseconds(20))),
        (165, pause("worker/1", None)),
    ]);
    sim.run_for(milliseconds(500));
    assert_eq!(health(&sim, 1), Health::Paused);
}

/// p3.
#[test]
fn the_end_of_a_planned_pause_does_not_end_a_manual_one() {
    let mut sim = with_faults([(105, pause("worker/1", milliseconds(100)))]);
    sim.run_for(milliseconds(155));
    assert!(sim.resume(1) && sim.pause(1));
    sim.run_for(milliseconds(300));
    assert_eq!(health(&sim, 1), Health::Paused);
}

/// p1, p2.
#[test]
fn the_end_of_an_earlier_crash_does_not_end_a_later_one() {
    let mut sim =
        with_faults([(105, crash("worker/1", milliseconds(100))), (125, restart("worker/1")), (165, crash("worker/1", None))]);
    sim.run_for(milliseconds(500));
    assert_eq!(health(&sim, 1), Health::Down);
}

/// n10.
#[test]
fn the_end_of_an_earlier_cut_does_not_end_a_later_one() {
    let mut sim = with_faults([(105, cut(milliseconds(100))), (155, cut(milliseconds(200)))]);
    sim.run_for(milliseconds(350));
    assert_eq!((sim.living_cuts().len(), received(&sim, 1)), (1, 9), "the message of 100 ms was in flight when the cut began");
    sim.run_for(milliseconds(50));
    assert_eq!(sim.living_cuts().len(), 0);
}

/// n10.
#[test]
fn after_heal_all_planned_ends_of_cuts_touch_no_later_cut() {
    let mut sim =
        with_faults([(105, cut(milliseconds(100))), (125, cut(None)), (145, NetworkFault::HealAll.into()), (165, cut(None))]);
    sim.run_for(milliseconds(150));
    assert_eq!(sim.living_cuts().len(), 0);
    sim.run_for(milliseconds(350));
    assert_eq!(sim.living_cuts().len(), 1);
}

/// n3.
#[test]
fn a_replacing_loss_rule_outlives_the_end_of_the_replaced_one() {
    let mut sim = with_faults([(105, loss(Ratio::ONE, milliseconds(100))), (155, loss(Ratio::ONE, milliseconds(200)))]);
    sim.run_for(milliseconds(352));
    assert_eq!(received(&sim, 1), 10);
    sim.run_for(milliseconds(50));
    assert_eq!(received(&sim, 1), 14, "ticks of 360 to 390 ms");
}
