//! Faults at the boundaries of a run: its start, its end, before a node boots, against nodes that are gone. Late starts.

use cluster_sim::check::Health;
use cluster_sim::node::Incarnation;
use cluster_sim::prelude::*;
use cluster_sim::scenario::SeedSchedule;
use cluster_sim_testkit::faults::{crash, kill, pause, restart, resume};
use cluster_sim_testkit::units::milliseconds;

use crate::worker::{Memory, health, memory, workers};

/// The two workers as async nodes.
fn async_workers() -> Scenario {
    let main = async |node: Node| {
        let start = Memory { incarnation: node.incarnation(), ticks: Vec::new(), received: 0 };
        let port = node.bind::<u64>("ticks");
        let mut ticks = node.interval(crate::worker::PACE);
        let mut memory = start;
        node.publish(|view: &mut Option<Memory>| *view = Some(memory.clone()));
        loop {
            select! {
                _ = ticks.tick() => {
                    memory.ticks.push(node.now());
                    port.send(1 - node.index(), 1);
                }
                _ = port.recv() => memory.received += 1,
            }
            node.publish(|view: &mut Option<Memory>| *view = Some(memory.clone()));
        }
    };
    Scenario::new("async workers")
        .nodes("worker", 2, main)
        .default_links(LinkModel::constant(milliseconds(5)))
        .start_together()
        .duration(milliseconds(1_000))
}

/// The incarnation of the second worker, in either form; none before its boot.
fn life(sim: &Sim) -> Option<Incarnation> {
    let of_task = sim.inspect(|world| world.view::<Option<Memory>>(NodeId(1)).and_then(Clone::clone));
    memory(sim, 1).or(of_task).map(|memory| memory.incarnation)
}

fn both_forms() -> [Scenario; 2] {
    [workers(), async_workers()]
}

/// The first millisecond at which the second worker has booted.
fn boots_at(scenario: Scenario, plan: FaultPlan) -> Option<u64> {
    let mut sim = scenario.faults(plan).start(Seed(7));
    sim.run_for(Duration::ZERO);
    let found = (0..1_000_u64).find(|_| {
        let boots = life(&sim).is_some();
        sim.run_for(milliseconds(1));
        boots
    });
    assert!(life(&sim).is_none_or(|life| life == Incarnation(0)), "held back, it boots its first life");
    found
}

fn at_zero(fault: Fault) -> FaultPlan {
    FaultPlan::new().at(Duration::ZERO, fault)
}

#[test]
fn a_crash_or_pause_at_zero_holds_the_first_boot_back() {
    for scenario in both_forms() {
        assert_eq!(boots_at(scenario.clone(), FaultPlan::new()), Some(0));
        assert_eq!(boots_at(scenario.clone(), at_zero(crash("worker/1", milliseconds(500)))), Some(500));
        assert_eq!(boots_at(scenario.clone(), at_zero(pause("worker/1", milliseconds(500)))), Some(500));
        assert_eq!(boots_at(scenario.clone(), at_zero(crash("worker/1", None))), None);
        assert_eq!(boots_at(scenario.clone(), at_zero(kill("worker/1"))), None);
        let early = at_zero(crash("worker/1", None)).at(milliseconds(20), restart("worker/1"));
        assert_eq!(boots_at(scenario.clone(), early), Some(20));
        let early = at_zero(pause("worker/1", None)).at(milliseconds(20), resume("worker/1"));
        assert_eq!(boots_at(scenario, early), Some(20));
    }
}

#[test]
fn each_held_boot_is_released_by_its_own_end() {
    let other = |fault: Fault, end: Fault| at_zero(fault).at(milliseconds(20), end);
    assert_eq!(boots_at(workers(), other(crash("worker/1", milliseconds(50)), resume("worker/1"))), Some(50));
    assert_eq!(boots_at(workers(), other(pause("worker/1", milliseconds(50)), restart("worker/1"))), Some(50));
    assert_eq!(boots_at(workers(), other(crash("worker/1", milliseconds(50)), pause("worker/1", milliseconds(90)))), Some(50));
    let killed = at_zero(crash("worker/1", milliseconds(50))).at(milliseconds(20), kill("worker/1"));
    assert_eq!(boots_at(workers(), killed), None);
}

#[test]
fn the_fault_phase_ends_what_holds_a_boot_back() {
    for fault in [crash("worker/1", None), pause("worker/1", None)] {
        for scenario in both_forms() {
            let both = |world: &World<'_>| world.nodes().filter(|node| world.health(*node) == Health::Up).count() == 2;
            let scenario = scenario.faults(at_zero(fault.clone())).eventually("both are up", both);
            let report = scenario.run(Seed(7));
            report.assert_ok();
            assert_eq!((report.faults[0].effect, report.faults[0].ended_at), (1, Some(VirtualInstant::ZERO + milliseconds(1_000))));
        }
    }
}

#[test]
fn a_fault_that_ends_before_the_boot_leaves_it_at_its_time() {
    for scenario in both_forms() {
        let scenario = scenario.start_at("worker/1", milliseconds(300));
        let short = FaultPlan::new().at(milliseconds(100), crash("worker/1", milliseconds(50)));
        assert_eq!(boots_at(scenario.clone(), short), Some(300));
        let long = FaultPlan::new().at(milliseconds(100), crash("worker/1", milliseconds(400)));
        assert_eq!(boots_at(scenario.clone(), long), Some(500));
        assert_eq!(boots_at(scenario, FaultPlan::new().at(milliseconds(100), restart("worker/1"))), Some(300));
    }
}

/// The reasons that the report gives for faults of the second worker without an effect.
fn reasons(plan: FaultPlan) -> Vec<String> {
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(500));
    let report = sim.finish();
    report.faults.iter().filter(|record| record.effect == 0).map(|record| record.effect_text(report.ended_at)).collect()
}

#[test]
fn a_fault_without_effect_says_why() {
    let at = |at: u64, fault: Fault| FaultPlan::new().at(milliseconds(at), fault);
    assert_eq!(reasons(at(0, restart("worker/1"))), ["no effect: it had not started"]);
    assert_eq!(reasons(at(5, restart("worker/1"))), ["no effect: it was up"]);
    let twice = at(0, crash("worker/1", None)).at(milliseconds(5), crash("worker/1", None));
    assert_eq!(reasons(twice), ["no effect: it was down"]);
    let dead = at(0, kill("worker/1")).at(milliseconds(5), crash("worker/1", None));
    assert_eq!(reasons(dead), ["no effect: it was killed"]);
    let twice = at(50, pause("worker/1", None)).at(milliseconds(60), pause("worker/1", None));
    assert_eq!(reasons(twice), ["no effect: it was paused"]);
    assert_eq!(reasons(at(5, crash("worker/1", None))), [""; 0], "one that has an effect needs no reason");
}

/// The end belongs to the fault phase: a fault at it is applied, one after it is not.
#[test]
fn a_fault_at_the_last_instant_is_applied() {
    let run = |at: u64| workers().faults(FaultPlan::new().at(milliseconds(at), crash("worker/1", None))).run(Seed(7));
    assert!(run(1_000).faults[0].applied);
    let late = run(1_001);
    assert!(!late.faults[0].applied && late.to_string().contains("not applied: run ended"), "{late}");
}

#[test]
fn nodes_and_groups_start_when_the_scenario_says() {
    for scenario in both_forms() {
        assert_eq!(boots_at(scenario.clone().start_at("worker/1", milliseconds(400)), FaultPlan::new()), Some(400));
        assert_eq!(boots_at(scenario.clone().start_at("worker", milliseconds(400)), FaultPlan::new()), Some(400));
        let own = scenario.clone().start_at("worker", milliseconds(400)).start_at("worker/1", milliseconds(200));
        assert_eq!(boots_at(own, FaultPlan::new()), Some(200));
        assert_eq!(boots_at(scenario.start_at("worker/0", milliseconds(400)), FaultPlan::new()), Some(0));
    }
}

/// Messages to it before are lost as to any node that is down.
#[test]
fn a_node_that_joins_and_leaves_loses_messages_outside_of_its_time() {
    let leaves = FaultPlan::new().at(milliseconds(405), kill("worker/1"));
    let mut sim = workers().start_at("worker/1", milliseconds(203)).faults(leaves).start(Seed(7));
    sim.run_for(milliseconds(202));
    assert_eq!(health(&sim, 1), Health::Down);
    sim.run_for(milliseconds(202));
    let member = memory(&sim, 1).expect("it joined");
    assert_eq!((member.received, member.ticks.len()), (20, 20));
    sim.run_for(milliseconds(100));
    let report = sim.finish();
    assert_eq!((report.traffic.dropped["node_down"], report.traffic.dropped["node_killed"]), (19, 10));
}

#[test]
fn a_start_of_what_is_not_there_is_refused() {
    let refused = workers().start_at("wroker", milliseconds(5)).try_start(SeedSchedule::new(Seed(7))).err();
    let text = refused.expect("it is refused").to_string();
    assert!(text.contains("\"wroker\"") && text.contains("did you mean \"worker\"; known: worker, worker/0, worker/1"), "{text}");
}
