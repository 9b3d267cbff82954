//! The records of faults in the report, and plans that are refused.

use cluster_sim::fault::{FaultRecord, PlanError};
use cluster_sim::prelude::*;
use cluster_sim::scenario::SeedSchedule;
use cluster_sim_testkit::faults::{self, crash, kill, pause, restart, resume};
use cluster_sim_testkit::units::{instant, milliseconds};

use crate::worker::{cut, loss, with_fault, workers};

fn missing(node: &str) -> PlanError {
    let known = vec!["worker/0".to_owned(), "worker/1".to_owned()];
    PlanError::UnknownNode { index: 0, kind: "crash", node: node.to_owned(), known }
}

/// The record of a fault, the only one of its run.
fn record_of(fault: Fault) -> FaultRecord {
    let mut sim = with_fault(105, fault);
    sim.run_for(milliseconds(1_000));
    let mut faults = sim.finish().faults;
    assert_eq!(faults.len(), 1);
    faults.remove(0)
}

#[test]
fn every_applied_fault_records_its_instant_and_effect() {
    let slower = NetworkFault::Links { links: "default".to_owned(), model: LinkModel::constant(milliseconds(50)) }.into();
    for (fault, effect) in [
        // Both ticks of 100 ms are due at 105 ms; then one every 10 ms each way.
        (cut(milliseconds(100)), 2 + 2 * 10),
        (NetworkFault::HealAll.into(), 0),
        (crash("worker/1", milliseconds(100)), 1),
        (restart("worker/1"), 0),
        (resume("worker/1"), 0),
        (kill("worker/1"), 1),
        (pause("worker/1", milliseconds(100)), 1),
        (loss(Ratio::ONE, milliseconds(100)), 2 * 10),
        (loss(Ratio::ZERO, milliseconds(100)), 0),
        (slower, 1),
    ] {
        let FaultRecord { at, fault: recorded, by_hand, applied, effect: counted, .. } = record_of(fault.clone());
        assert_eq!((at, recorded, by_hand, applied), (instant(105), fault.clone(), false, true));
        assert_eq!(counted, effect, "{fault}");
    }
}

#[test]
fn an_injected_fault_is_marked_as_manual() {
    let mut sim = with_fault(305, pause("worker/1", milliseconds(10)));
    sim.run_for(milliseconds(105));
    sim.inject(crash("worker/0", milliseconds(10))).unwrap();
    sim.run_for(milliseconds(400));
    let records: Vec<(VirtualInstant, bool, u64)> =
        sim.finish().faults.iter().map(|fault| (fault.at, fault.by_hand, fault.effect)).collect();
    assert_eq!(records, [(instant(305), false, 1), (instant(105), true, 1)]);
}

/// When each fault of a plan over the two workers ended, in milliseconds, `None` if it was still in force or has no duration.
fn ends(plan: FaultPlan) -> Vec<Option<u64>> {
    let report =
        workers().faults(plan).duration(milliseconds(600)).always("nothing before 550 ms", |w| w.now() < instant(550)).run(Seed(7));
    let ended = |record: &FaultRecord| record.ended_at.map(|at| at.as_nanoseconds() / 1_000_000);
    report.faults.iter().map(ended).collect()
}

#[test]
fn a_record_says_when_its_fault_ended() {
    let at = milliseconds;
    let timed = FaultPlan::new()
        .at(at(105), cut(at(100)))
        .at(at(105), pause("worker/1", at(50)))
        .at(at(305), crash("worker/1", at(40)))
        .at(at(400), loss(Ratio::ONE, at(30)));
    assert_eq!(ends(timed), [Some(205), Some(155), Some(345), Some(430)]);
    let ended_by_others = FaultPlan::new()
        .at(at(105), cut(None))
        .at(at(205), NetworkFault::HealAll)
        .at(at(210), pause("worker/1", at(300)))
        .at(at(250), crash("worker/1", at(300)))
        .at(at(300), kill("worker/1"))
        .at(at(310), loss(Ratio::ONE, at(500)))
        .at(at(320), loss(Ratio::ZERO, at(500)));
    assert_eq!(ends(ended_by_others), [Some(205), None, Some(250), Some(300), None, Some(320), None]);
}

#[test]
fn a_fault_in_force_at_the_end_has_no_end() {
    assert_eq!(ends(FaultPlan::new().at(milliseconds(500), cut(None))), [None]);
    let report = workers().faults(FaultPlan::new().at(milliseconds(500), cut(None))).run(Seed(7));
    assert_eq!(report.faults[0].ended_at, Some(instant(1_000)), "the fault phase ends every fault");
}

#[test]
fn a_dropped_guard_ends_the_record_of_its_cut() {
    let mut sim = workers().start(Seed(7));
    sim.run_for(milliseconds(105));
    let guard = sim.partition([0], [1]);
    sim.run_for(milliseconds(100));
    drop(guard);
    sim.run_for(milliseconds(100));
    assert_eq!(sim.finish().faults[0].ended_at, Some(instant(205)));
}

/// It stays in the report as one that was not applied.
#[test]
fn a_fault_after_the_fault_phase_is_not_applied() {
    let plan = FaultPlan::new().at(milliseconds(990), crash("worker/1", None)).at(milliseconds(1_500), kill("worker/0"));
    let two_up = |world: &World<'_>| world.views::<crate::worker::Memory>().count() == 2 && world.now() > instant(1_600);
    let report = workers().faults(plan).eventually("both are up at 1.6 s", two_up).run(Seed(7));
    report.assert_ok();
    let fired: Vec<(bool, u64)> = report.faults.iter().map(|fault| (fault.applied, fault.effect)).collect();
    assert_eq!(fired, [(true, 1), (false, 0)]);
    assert!(report.to_string().contains("kill worker/0  (not applied: fault phase ended)"), "{report}");
}

#[test]
fn heal_all_has_an_effect_only_if_something_is_cut() {
    let plan = FaultPlan::new().at(milliseconds(105), cut(None)).at(milliseconds(205), NetworkFault::HealAll);
    let report = workers().faults(plan.at(milliseconds(305), NetworkFault::HealAll)).run(Seed(7));
    let effects: Vec<u64> = report.faults.iter().map(|fault| fault.effect).collect();
    assert_eq!(effects, [22, 1, 0]);
}

#[test]
fn a_plan_with_unknown_nodes_or_links_is_refused() {
    let refused = |fault: Fault| {
        let scenario = workers().faults(FaultPlan::new().at(milliseconds(5), fault));
        scenario.try_start(SeedSchedule::new(Seed(7))).err().expect("it is refused").to_string()
    };
    let unknown_node = "names node \"worker/9\"; the scenario has no such node, name it by group and index, as in \"edge/1\"; \
                        known: worker/0, worker/1";
    for (fault, kind) in [
        (crash("worker/9", None), "crash"),
        (restart("worker/9"), "restart"),
        (resume("worker/9"), "resume"),
        (kill("worker/9"), "kill"),
        (pause("worker/9", None), "pause"),
        (faults::cut(["worker/0"], ["worker/9"], None), "cut"),
    ] {
        assert_eq!(refused(fault), format!("fault 0 ({kind}) {unknown_node}"));
    }
    let unknown_links = "names links \"wan\"; the scenario has no such class, declare it with `Scenario::links`; known: default";
    assert_eq!(refused(faults::loss("wan", "r", Ratio::ONE, None)), format!("fault 0 (loss) {unknown_links}"));
    let other = NetworkFault::Links { links: "wan".to_owned(), model: LinkModel::default() }.into();
    assert_eq!(refused(other), format!("fault 0 (links) {unknown_links}"));
}

#[test]
fn a_node_on_both_sides_of_a_cut_is_refused_by_name() {
    let both = faults::cut(["worker/1"], ["worker/0", "worker/1"], None);
    let (from, to) = (vec!["worker/0".to_owned()], vec!["worker/0".to_owned()]);
    let [cut_for, open_for] = [10, 20].map(milliseconds);
    let flap: Fault = NetworkFault::Flap { from, to, both_ways: false, cut_for, open_for, duration: None }.into();
    for (fault, text) in [
        (both.clone(), "fault 0 (cut) has node \"worker/1\" on both sides; name it on one of them"),
        (flap, "fault 0 (flap) has node \"worker/0\" on both sides; name it on one of them"),
    ] {
        let scenario = workers().faults(FaultPlan::new().at(milliseconds(5), fault));
        assert_eq!(scenario.validate().unwrap_err().to_string(), text);
    }
    let mut sim = workers().start(Seed(7));
    let refused = Err(PlanError::OnBothSides { index: 0, kind: "cut", node: "worker/1".to_owned() });
    assert_eq!(sim.inject(both), refused);
    assert_eq!(sim.finish().faults, []);
}

#[test]
#[should_panic(expected = "\"worker/1\" is on both sides of the cut; name it on one of them")]
fn a_partition_with_a_node_on_both_sides_is_refused() {
    let mut sim = workers().start(Seed(7));
    let _guard = sim.partition([0, 1], [1]);
}

#[test]
fn a_spared_group_that_is_not_there_is_refused() {
    let sparing = |group: &str| workers().chaos(FaultProfile { spared_groups: vec![group.to_owned()], ..FaultProfile::default() });
    let error = sparing("wroker").try_start(SeedSchedule::new(Seed(7))).err().expect("it is refused");
    let text =
        "the fault profile names group \"wroker\", but the scenario has no such group; did you mean \"worker\"; known: worker";
    assert_eq!(error.to_string(), text);
    assert_eq!(sparing("wroker").validate(), Err(error.clone()));
    assert_eq!(sparing("wroker").try_sweep(0..4).err(), Some(error));
    let other = sparing("client").validate().unwrap_err().to_string();
    assert_eq!(other, "the fault profile names group \"client\", but the scenario has no such group; known: worker");
    assert_eq!(sparing("worker").validate(), Ok(()));
    // A case replaces the faults, and with them what they spare.
    assert_eq!(sparing("wroker").only_faults(FaultPlan::new()).validate(), Ok(()));
}

/// Plans check their own order; a scenario sorts the plan that it is given.
#[test]
fn a_scenario_sorts_a_plan_from_a_file() {
    let plan: FaultPlan = serde_json::from_str(r#"[{"at_ns":5,"fault":"heal_all"},{"at_ns":4,"fault":"heal_all"}]"#).unwrap();
    let sorted = workers().faults(plan).run(Seed(7));
    let at: Vec<u64> = sorted.faults.iter().map(|fault| fault.at.as_nanoseconds()).collect();
    assert_eq!(at, [4, 5]);
}

#[test]
fn an_injected_fault_with_an_unknown_node_is_refused() {
    let run = |stray: bool| {
        let mut sim = workers().start(Seed(7));
        sim.run_for(milliseconds(105));
        if stray {
            assert_eq!(sim.inject(crash("worker/9", None)), Err(missing("worker/9")));
        }
        sim.run_for(milliseconds(400));
        sim.finish()
    };
    assert_eq!(run(true), run(false));
}

/// The report lists manual partitions like planned ones.
#[test]
fn a_manual_partition_is_recorded_with_its_drops() {
    let mut sim = workers().start(Seed(7));
    sim.run_for(milliseconds(100));
    let guard = sim.partition([0], [1]);
    sim.run_for(milliseconds(200));
    let dropped = guard.dropped();
    guard.heal();
    sim.run_for(milliseconds(100));
    let report = sim.finish();
    let record = &report.faults[0];
    assert_eq!((record.by_hand, record.applied, record.effect), (true, true, dropped));
    assert_eq!(record.fault.to_string(), "cut [worker/0] | [worker/1]");
    assert!(dropped > 20 && report.to_string().contains("by the test"), "{report}");
}
