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

fn flap(cut_for: u64, open_for: u64, duration: impl Into<Option<Duration>>) -> Fault {
    let [from, to] = [0, 1].map(|node| vec![format!("worker/{node}")]);
    let [cut_for, open_for] = [cut_for, open_for].map(milliseconds);
    NetworkFault::Flap { from, to, both_ways: true, cut_for, open_for, duration: duration.into() }.into()
}

/// N12: cut from 105 to 135 ms, from 155 to 185 ms, and so on. Each of these loses four messages, sent from 100 to 130 ms.
#[test]
fn a_flap_cuts_and_opens_its_links_in_turns() {
    assert_eq!(received_with(Some(flap(30, 20, milliseconds(100)))), 50 - 2 * 4);
    assert_eq!(received_with(Some(flap(30, 20, milliseconds(75)))), 50 - 4 - 3, "its end heals the second cut");
    assert_eq!(received_with(Some(flap(30, 20, None))), 50 - 8 * 4 - 1);
    assert_eq!(received_with(Some(flap(1_000, 20, None))), received_with(Some(cut(None))), "it has not opened by then");
    assert_eq!(received_with(Some(flap(30, 20, milliseconds(0)))), 50, "a flap of no length does nothing");
}

/// N12.
#[test]
fn the_effect_of_a_flap_counts_the_drops_of_its_cuts() {
    let run = |fault: Fault| {
        let mut sim = with_fault(105, fault);
        sim.run_for(milliseconds(507));
        sim.finish()
    };
    let report = run(flap(30, 20, milliseconds(75)));
    let record = &report.faults[0];
    let ended = record.ended_at.map(|at| at.since_zero());
    assert_eq!((record.applied, record.effect, ended), (true, 2 * 7, Some(milliseconds(180))));
    assert_eq!(report.traffic.dropped.values().sum::<u64>(), 2 * 7, "nothing else was lost");
    assert_eq!(run(flap(30, 20, milliseconds(0))).faults[0].effect, 0);
    assert_eq!(run(flap(30, 20, None)).faults[0].ended_at, Some(report.ended_at), "the fault phase ends it");
}

/// N12.
#[test]
fn healing_all_ends_one_cut_of_a_flap() {
    let plan = FaultPlan::new().at(milliseconds(105), flap(40, 20, None)).at(milliseconds(125), NetworkFault::HealAll);
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(207));
    assert_eq!(received(&sim, 1), 20 - 3 - 5, "the first cut loses three, the one from 165 ms five");
}

/// N12.
#[test]
fn a_flap_that_never_changes_is_refused() {
    for never in [flap(0, 20, None), flap(20, 0, None)] {
        let planned = workers().faults(FaultPlan::new().at(milliseconds(105), never));
        let refused = planned.try_start(SeedSchedule::new(Seed(7))).err().expect("it is refused").to_string();
        assert!(refused.starts_with("fault 0 (flap) is invalid: each cut"), "{refused}");
    }
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
