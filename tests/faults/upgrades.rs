//! Restarts of many nodes: one after the other, and all at once.

use cluster_sim::check::Health;
use cluster_sim::prelude::*;
use cluster_sim::report::RecordKind;
use cluster_sim_testkit::faults::{kill, pause, restart};
use cluster_sim_testkit::units::milliseconds;

use crate::worker::{health, workers_of};

/// Three nodes of each form.
fn forms() -> [Scenario; 2] {
    let tasks = async |node: Node| {
        node.publish(|life: &mut u32| *life = node.incarnation().0);
        std::future::pending().await
    };
    let of_tasks = Scenario::new("workers").nodes("worker", 3, tasks).start_together().duration(milliseconds(1_000));
    [workers_of(3), of_tasks]
}

fn rolling(nodes: &[&str], down_for: u64, pause: u64) -> Fault {
    DomainFault::rolling_restart(nodes.iter().copied(), milliseconds(down_for), milliseconds(pause)).into()
}

/// When which node crashed or booted after the start, in milliseconds.
fn lives(sim: &Sim) -> Vec<(u64, u32, RecordKind)> {
    let of_lives = [RecordKind::Boot, RecordKind::Crash, RecordKind::Kill];
    let records = sim.records().iter().filter(|record| record.at > VirtualInstant::ZERO && of_lives.contains(&record.kind));
    records.map(|record| (record.at.as_nanoseconds() / 1_000_000, record.node.0, record.kind)).collect()
}

/// Runs both forms with these faults for that long.
fn run(milliseconds_long: u64, plan: &FaultPlan, look: impl Fn(&mut Sim)) -> [Report; 2] {
    forms().map(|scenario| {
        let mut sim = scenario.faults(plan.clone()).start(Seed(7));
        sim.keep_records();
        sim.run_for(milliseconds(milliseconds_long));
        look(&mut sim);
        sim.finish()
    })
}

use RecordKind::{Boot, Crash};

/// P2.
#[test]
fn a_rolling_restart_takes_down_each_once_the_one_before_is_back() {
    let plan = FaultPlan::new().at(milliseconds(100), rolling(&["worker/2", "worker/0", "worker/1"], 20, 10));
    for report in run(500, &plan, |sim| {
        let [two, zero, one] = [(2, 100), (0, 130), (1, 160)].map(|(node, at)| [(at, node, Crash), (at + 20, node, Boot)]);
        assert_eq!(lives(sim), [two, zero, one].concat());
    }) {
        let record = &report.faults[0];
        assert_eq!((record.effect, record.ended_at.map(|at| at.as_nanoseconds())), (3, Some(180_000_000)));
        let text = "restart [worker/2 worker/0 worker/1] one after the other, 0.020s down, 0.010s apart  (3 nodes)";
        assert!(report.to_string().contains(text), "{report}");
    }
}

/// P2: restarts without a time down or a pause are still one after the other.
#[test]
fn the_shortest_rolling_restart_is_over_at_its_instant() {
    let plan = FaultPlan::new().at(milliseconds(100), rolling(&["group:worker"], 0, 0));
    for report in run(500, &plan, |sim| {
        assert_eq!(lives(sim), [0, 1, 2].map(|node| [(100, node, Crash), (100, node, Boot)]).concat());
    }) {
        assert_eq!((report.faults[0].effect, report.faults[0].ended_at.map(|at| at.as_nanoseconds())), (3, Some(100_000_000)));
    }
}

#[test]
fn a_node_that_is_not_up_in_its_turn_is_left_out() {
    let plan = FaultPlan::new().at(milliseconds(50), kill("worker/1")).at(milliseconds(100), rolling(&["group:worker"], 20, 10));
    for report in run(500, &plan, |sim| {
        let killed = (50, 1, RecordKind::Kill);
        assert_eq!(lives(sim), [killed, (100, 0, Crash), (120, 0, Boot), (130, 2, Crash), (150, 2, Boot)]);
    }) {
        assert_eq!(report.faults[1].effect, 2);
    }
    let plan = FaultPlan::new().at(milliseconds(50), kill("worker/1")).at(milliseconds(100), rolling(&["worker/1"], 20, 10));
    for report in run(500, &plan, |_| {}) {
        assert_eq!((report.faults[1].effect, report.faults[1].reason.as_deref()), (0, Some("none of them was up")));
    }
}

#[test]
fn a_rolling_restart_leaves_alone_what_something_else_restarted() {
    let plan = FaultPlan::new()
        .at(milliseconds(100), rolling(&["worker/0", "worker/1"], 20, 10))
        .at(milliseconds(105), restart("worker/0"))
        .at(milliseconds(110), pause("worker/0", None));
    let reports = run(500, &plan, |sim| {
        assert_eq!(lives(sim), [(100, 0, Crash), (105, 0, Boot), (130, 1, Crash), (150, 1, Boot)]);
        assert_eq!(health(sim, 0), Health::Paused);
    });
    reports.iter().for_each(|report| assert_eq!(report.faults[0].effect, 2));
}

#[test]
fn the_end_of_the_fault_phase_ends_a_rolling_restart() {
    let plan = FaultPlan::new().at(milliseconds(990), rolling(&["group:worker"], 20, 10));
    for scenario in forms() {
        let up = |world: &World<'_>| (0..3).all(|node| world.health(NodeId(node)) == Health::Up);
        let report = scenario.eventually("all are up", up).faults(plan.clone()).run(Seed(7));
        report.assert_ok();
        let record = &report.faults[0];
        assert_eq!((record.effect, record.ended_at.map(|at| at.as_nanoseconds())), (1, Some(1_000_000_000)));
    }
}

/// P2: a restart storm.
#[test]
fn nodes_that_crash_together_boot_together() {
    let plan = FaultPlan::new().at(milliseconds(100), DomainFault::crash_all(["group:worker"], milliseconds(20)));
    for report in run(500, &plan, |sim| {
        let all = |at, kind| [0, 1, 2].map(|node| (at, node, kind));
        assert_eq!(lives(sim), [all(100, Crash), all(120, Boot)].concat());
    }) {
        assert_eq!(report.faults[0].effect, 3);
    }
}
