//! Faults of links: cuts, losses and other models, each with its effect and its end.

use cluster_sim::prelude::*;
use cluster_sim::scenario::SeedSchedule;
use cluster_sim_testkit::faults::one_way_cut;
use cluster_sim_testkit::units::milliseconds;

use crate::worker::{cut, loss, received, with_fault, workers};

/// How many messages the second worker receives within 505 ms under a fault at 105 ms.
fn received_with(fault: Option<Fault>) -> u64 {
    let mut sim = fault.map_or_else(|| workers().start(Seed(7)), |fault| with_fault(105, fault));
    sim.run_for(milliseconds(507));
    received(&sim, 1)
}

fn links(model: LinkModel) -> Fault {
    NetworkFault::Links { links: "default".to_owned(), model }.into()
}

/// n10: the message of 100 ms would arrive at 105 ms, when the cut has begun.
#[test]
fn a_cut_drops_messages_for_its_duration() {
    assert_eq!(received_with(None), 50);
    assert_eq!(received_with(Some(cut(None))), 9);
    assert_eq!(received_with(Some(cut(milliseconds(200)))), 9 + 20);
    assert_eq!(received_with(Some(cut(milliseconds(0)))), 50, "a cut of no length is over before anything arrives");
}

/// n11.
#[test]
fn a_one_way_cut_leaves_the_way_back_open() {
    let one_way = |from, to| one_way_cut([from], [to], None);
    assert_eq!(received_with(Some(one_way("worker/0", "worker/1"))), 9);
    assert_eq!(received_with(Some(one_way("worker/1", "worker/0"))), 50);
}

/// n3.
#[test]
fn a_loss_rule_applies_for_its_duration() {
    assert_eq!(received_with(Some(loss(Ratio::ONE, None))), 10);
    assert_eq!(received_with(Some(loss(Ratio::ONE, milliseconds(200)))), 10 + 20);
    assert_eq!(received_with(Some(loss(Ratio::ZERO, None))), 50);
    let half = received_with(Some(loss(Ratio::new(0.5).unwrap(), None)));
    assert!((22..=38).contains(&half), "{half} where 30 are expected");
}

/// n3.
#[test]
fn a_loss_ratio_of_zero_removes_the_rule() {
    let plan = FaultPlan::new().at(milliseconds(105), loss(Ratio::ONE, None)).at(milliseconds(305), loss(Ratio::ZERO, None));
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(507));
    assert_eq!(received(&sim, 1), 10 + 20);
    let effects: Vec<u64> = sim.finish().faults.iter().map(|fault| fault.effect).collect();
    assert_eq!(effects, [40, 0], "twenty each way");
}

/// n1.
#[test]
fn a_link_model_is_in_force_until_the_next() {
    let slow = links(LinkModel::constant(milliseconds(105)));
    assert_eq!(received_with(Some(slow.clone())), 40, "what was sent from 110 to 400 ms arrived, and ten before");
    let plan = FaultPlan::new().at(milliseconds(105), slow).at(milliseconds(205), links(LinkModel::constant(milliseconds(5))));
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(507));
    assert_eq!(received(&sim, 1), 50);
}

/// Planned or injected, a reorder ratio with a window of zero is refused without an effect.
#[test]
fn an_invalid_link_model_is_refused() {
    let impossible = links(LinkModel { reorder: Ratio::ONE, ..LinkModel::instant() });
    let planned = workers().faults(FaultPlan::new().at(milliseconds(105), impossible.clone()));
    let refused = planned.try_start(SeedSchedule::new(Seed(7))).err().expect("it is refused").to_string();
    assert!(refused.starts_with("fault 0 (links) is invalid: a reorder ratio of 1 needs time to reorder in"), "{refused}");
    let mut sim = workers().start(Seed(7));
    assert!(sim.inject(impossible).is_err());
    sim.run_for(milliseconds(507));
    assert_eq!(received(&sim, 1), 50);
    assert_eq!(sim.finish().faults, []);
}

/// n10.
#[test]
fn planned_injected_and_guarded_cuts_have_one_effect() {
    let planned = {
        let mut sim = with_fault(105, cut(milliseconds(200)));
        sim.run_for(milliseconds(507));
        received(&sim, 1)
    };
    let injected = {
        let mut sim = workers().start(Seed(7));
        // A nanosecond early: an injected fault is applied after the events of its instant, a planned one before them.
        sim.run_for(milliseconds(105) - Duration::from_nanos(1));
        sim.inject(cut(milliseconds(200))).unwrap();
        sim.run_for(milliseconds(402));
        received(&sim, 1)
    };
    let guarded = {
        let mut sim = workers().start(Seed(7));
        sim.run_for(milliseconds(105) - Duration::from_nanos(1));
        let guard = sim.partition([0], [1]);
        sim.run_for(milliseconds(200));
        guard.heal();
        sim.run_for(milliseconds(202));
        received(&sim, 1)
    };
    assert_eq!((planned, injected, guarded), (29, 29, 29));
}
