//! Faults of nodes: crash, restart, kill and pause.

use cluster_sim::check::Health;
use cluster_sim::node::Incarnation;
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::{crash, kill, pause, restart};
use cluster_sim_testkit::units::milliseconds;

use crate::worker::{health, memory, received, ticks, with_fault, workers};

/// The control: without a fault a worker ticks and receives.
#[test]
fn without_a_fault_a_node_has_one_incarnation() {
    let mut sim = workers().start(Seed(7));
    sim.run_for(milliseconds(505));
    let memory = memory(&sim, 1).unwrap();
    assert_eq!((memory.incarnation, memory.ticks.len(), memory.received), (Incarnation(0), 50, 50));
}

/// p1.
#[test]
fn a_crash_loses_memory_and_timers() {
    let mut sim = with_fault(105, crash("worker/1", None));
    sim.run_for(milliseconds(104));
    assert_eq!(ticks(&sim, 1), 10);
    sim.run_for(milliseconds(400));
    assert_eq!((memory(&sim, 1), health(&sim, 1)), (None, Health::Down));
    assert_eq!(received(&sim, 0), 10, "no timer of the dead node fired");
    assert!(sim.restart(1));
    sim.run_for(milliseconds(9));
    let memory = memory(&sim, 1).unwrap();
    assert_eq!((memory.ticks.len(), memory.incarnation), (0, Incarnation(1)), "the next incarnation starts empty");
}

/// p2.
#[test]
fn each_restart_starts_another_incarnation() {
    let mut sim = workers().start(Seed(7));
    for incarnation in 1..=5 {
        sim.run_for(milliseconds(55));
        assert!(sim.crash(1) && !sim.crash(1), "once down it cannot crash");
        sim.run_for(milliseconds(20));
        assert!(sim.restart(1) && !sim.restart(1), "once up it cannot start");
        sim.run_for(milliseconds(35));
        let memory = memory(&sim, 1).unwrap();
        assert_eq!((memory.incarnation, memory.ticks.len()), (Incarnation(incarnation), 3));
    }
}

/// p2.
#[test]
fn a_crash_with_a_duration_ends_in_a_restart() {
    let mut sim = with_fault(105, crash("worker/1", milliseconds(200)));
    sim.run_for(milliseconds(304));
    assert_eq!(health(&sim, 1), Health::Down);
    sim.run_for(milliseconds(2));
    assert_eq!((health(&sim, 1), memory(&sim, 1).unwrap().incarnation), (Health::Up, Incarnation(1)));
}

/// p2.
#[test]
fn a_planned_restart_starts_a_crashed_node_only() {
    let plan = FaultPlan::new()
        .at(milliseconds(105), crash("worker/1", None))
        .at(milliseconds(205), restart("worker/1"))
        .at(milliseconds(305), restart("worker/1"));
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(250));
    assert_eq!((memory(&sim, 1).unwrap().incarnation, ticks(&sim, 1)), (Incarnation(1), 4));
    sim.run_for(milliseconds(100));
    assert_eq!((memory(&sim, 1).unwrap().incarnation, ticks(&sim, 1)), (Incarnation(1), 14));
    let effects: Vec<u64> = sim.finish().faults.iter().map(|fault| fault.effect).collect();
    assert_eq!(effects, [1, 1, 0]);
}

#[test]
fn a_killed_node_stays_down_whatever_follows() {
    let plan = FaultPlan::new()
        .at(milliseconds(105), kill("worker/1"))
        .at(milliseconds(205), restart("worker/1"))
        .at(milliseconds(305), crash("worker/1", milliseconds(10)))
        .at(milliseconds(405), pause("worker/1", milliseconds(10)))
        .at(milliseconds(505), kill("worker/1"));
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(700));
    assert_eq!((health(&sim, 1), memory(&sim, 1)), (Health::Killed, None));
    assert!(!sim.restart(1) && !sim.crash(1) && !sim.pause(1) && !sim.resume(1) && !sim.kill(1));
    let report = sim.finish();
    assert!(report.faults.iter().all(|fault| fault.applied));
    let effects: Vec<u64> = report.faults.iter().map(|fault| fault.effect).collect();
    assert_eq!(effects, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(report.faults.iter().filter(|fault| fault.by_hand).count(), 5);
    assert_eq!(report.traffic.dropped.keys().collect::<Vec<_>>(), ["node_killed"]);
}

/// p3.
#[test]
fn a_pause_keeps_memory_and_fires_timers_late() {
    let mut sim = with_fault(105, pause("worker/1", milliseconds(200)));
    sim.run_for(milliseconds(304));
    let paused = memory(&sim, 1).unwrap();
    assert_eq!((health(&sim, 1), paused.ticks.len(), paused.received), (Health::Paused, 10, 9));
    sim.run_for(milliseconds(3));
    let resumed = memory(&sim, 1).unwrap();
    assert_eq!((health(&sim, 1), resumed.incarnation), (Health::Up, Incarnation(0)));
    assert_eq!(resumed.ticks[..10], paused.ticks[..]);
    // The tick that was due at 110 ms comes at the resume; the clock of the node ran on.
    assert_eq!(resumed.ticks[10].since_zero(), milliseconds(305));
    assert_eq!((resumed.ticks.len(), resumed.received), (11, 30), "20 messages waited, and one came along");
}

/// p3: no timer is due during the pause.
#[test]
fn a_pause_between_two_ticks_changes_nothing() {
    let undisturbed = {
        let mut sim = workers().start(Seed(7));
        sim.run_for(milliseconds(505));
        (memory(&sim, 0), memory(&sim, 1))
    };
    let mut sim = with_fault(101, pause("worker/1", milliseconds(3)));
    sim.run_for(milliseconds(505));
    assert_eq!((memory(&sim, 0), memory(&sim, 1)), undisturbed);
}

/// The recovery phase begins before any node has started.
#[test]
fn a_run_of_zero_duration_still_starts_every_node() {
    let all_up = |world: &World<'_>| {
        world.views::<crate::worker::Memory>().filter(|(_, memory)| memory.incarnation == Incarnation(0)).count() == 2
    };
    let sim = workers().eventually("both are in their first incarnation", all_up).start(Seed(7));
    sim.finish().assert_ok();
}

fn crash_loop(down_for: u64, up_for: u64, duration: impl Into<Option<Duration>>) -> Fault {
    let [down_for, up_for] = [down_for, up_for].map(milliseconds);
    NodeFault::CrashLoop { node: "worker/1".to_owned(), down_for, up_for, duration: duration.into() }.into()
}

/// P2: the lives of the worker that loops, the effect of the fault, and its end in milliseconds.
fn looped(plan: FaultPlan) -> (u32, u64, Option<u64>) {
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(507));
    let incarnation = memory(&sim, 1).map_or(u32::MAX, |memory| memory.incarnation.0);
    let faults = sim.finish().faults;
    let record = faults.last().expect("there is one");
    (incarnation, record.effect, record.ended_at.map(|at| at.as_nanoseconds() / 1_000_000))
}

/// P2: down from 105 to 125 ms, from 155 to 175 ms, and so on.
#[test]
fn a_crash_loop_crashes_and_restarts_in_turns() {
    let at = |fault: Fault| FaultPlan::new().at(milliseconds(105), fault);
    assert_eq!(looped(at(crash_loop(20, 30, milliseconds(100)))), (2, 2, Some(205)));
    assert_eq!(looped(at(crash_loop(20, 30, milliseconds(60)))), (2, 2, Some(165)), "its end restarts the node");
    assert_eq!(looped(at(crash_loop(20, 30, milliseconds(0)))), (1, 1, Some(105)));
    let endless = looped(at(crash_loop(20, 30, None)));
    assert_eq!(endless.2, Some(507), "the fault phase ends it");
    assert_eq!(endless.1, 9, "one crash every 50 ms");
}

/// P2.
#[test]
fn a_crash_loop_ends_with_a_kill_and_cannot_hit_the_dead() {
    let kill = |at| FaultPlan::new().at(milliseconds(at), NodeFault::Kill { node: "worker/1".to_owned() });
    assert_eq!(looped(kill(50).at(milliseconds(105), crash_loop(20, 30, None))), (u32::MAX, 0, None));
    let mut sim = workers().faults(kill(160).at(milliseconds(105), crash_loop(20, 30, None))).start(Seed(7));
    sim.run_for(milliseconds(507));
    let record = &sim.finish().faults[0];
    assert_eq!((record.effect, record.ended_at.map(|at| at.as_nanoseconds() / 1_000_000)), (2, Some(160)));
}

/// P2.
#[test]
fn a_crash_loop_without_lives_is_refused() {
    let mut sim = workers().start(Seed(7));
    for never in [crash_loop(0, 30, None), crash_loop(20, 0, None)] {
        let refused = sim.inject(never).expect_err("it is refused").to_string();
        assert!(refused.starts_with("fault 0 (crash loop) is invalid: each life"), "{refused}");
    }
}
