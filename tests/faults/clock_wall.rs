//! Faults of the wall clock: steps, offsets, strobes; and what outlives a crash.

use cluster_sim::fault::SignedDuration;
use cluster_sim::node::WallTime;
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::{crash, kill};
use cluster_sim_testkit::units::milliseconds;

use crate::clock_watch::{effects, readings, shown, walls, watches};

fn back(by: u64) -> SignedDuration {
    SignedDuration::back(milliseconds(by))
}

#[test]
fn steps_of_a_wall_clock_add_up_until_the_fault_phase_ends() {
    let plan = FaultPlan::new()
        .at(milliseconds(25), ClockFault::step("watch/0", milliseconds(5_000)))
        .at(milliseconds(45), ClockFault::step("watch/0", back(5_500)));
    let (readings, report) = shown(70, plan);
    assert_eq!(readings, [(10, 10), (20, 20), (30, 5_030), (40, 5_040), (50, -450), (60, -440), (70, -430)]);
    assert_eq!(effects(&report), [5, 3], "readings while each was in force");
    assert_eq!(report.faults[0].fault.to_string(), "step the wall clock of watch/0 by +5.000s");
    assert!(report.to_string().contains("(5 wrong readings)"), "{report}");
}

#[test]
fn a_step_by_nothing_has_no_effect() {
    let (readings, report) = shown(30, FaultPlan::new().at(milliseconds(5), ClockFault::step("watch/0", Duration::ZERO)));
    assert_eq!(readings, [(10, 10), (20, 20), (30, 30)]);
    assert_eq!(effects(&report), [0]);
}

#[test]
fn an_offset_ends_after_its_time_or_by_the_next_one() {
    let plan = FaultPlan::new()
        .at(milliseconds(5), ClockFault::offset("watch/0", milliseconds(500), None))
        .at(milliseconds(15), ClockFault::offset("watch/0", milliseconds(700), milliseconds(20)));
    let (readings, report) = shown(50, plan);
    assert_eq!(walls(&readings), [510, 720, 730, 40, 50]);
    assert_eq!(effects(&report), [1, 2]);
    assert_eq!(report.faults[0].ended_at, Some(VirtualInstant::ZERO + milliseconds(15)));
}

#[test]
fn a_strobe_moves_the_wall_clock_half_of_the_time() {
    let strobe = ClockFault::strobe("watch/0", back(1_000), milliseconds(40), milliseconds(80));
    let (readings, report) = shown(110, FaultPlan::new().at(milliseconds(5), strobe));
    assert_eq!(walls(&readings), [-990, -980, 30, 40, -950, -940, 70, 80, 90, 100, 110]);
    assert_eq!(effects(&report), [4]);
}

#[test]
fn a_wall_clock_never_shows_a_time_before_1970() {
    let plan = FaultPlan::new().at(milliseconds(15), ClockFault::step("watch/0", back(60)));
    let [machines, _] = watches().map(|scenario| scenario.epoch(WallTime::from_nanoseconds(0)).faults(plan.clone()));
    let mut sim = machines.start(Seed(1));
    sim.run_for(milliseconds(80));
    let shown = sim.inspect(|world| world.view::<crate::clock_watch::Readings>(NodeId(0)).cloned()).unwrap();
    let walls: Vec<Duration> = shown.iter().map(|(_, wall)| wall.since_zero()).collect();
    assert_eq!(walls, [10, 0, 0, 0, 0, 0, 10, 20].map(milliseconds));
}

#[test]
fn a_stepped_wall_clock_outlives_a_crash_and_a_drifting_one_too() {
    let plan = FaultPlan::new()
        .at(milliseconds(5), ClockFault::step("watch/0", milliseconds(1_000)))
        .at(milliseconds(5), ClockFault::drift("watch/0", cluster_sim::fault::Clocks::Both, -500_000_000, None))
        .at(milliseconds(45), crash("watch/0", milliseconds(20)));
    let (readings, _) = shown(106, plan);
    // The monotonic clock starts at zero at 65 ms, and runs at half speed.
    assert_eq!(readings, [(10, 1_045), (20, 1_055)]);
}

#[test]
fn the_end_of_the_fault_phase_sets_clocks_right() {
    let plan = FaultPlan::new()
        .at(milliseconds(5), ClockFault::step("watch/0", milliseconds(1_000)))
        .at(milliseconds(5), ClockFault::drift("watch/0", cluster_sim::fault::Clocks::Both, -500_000_000, None));
    for scenario in watches() {
        let right = |world: &World<'_>| {
            let clocks = world.clock(NodeId(0));
            let true_wall = world.now().since_zero() + crate::clock_watch::EPOCH;
            clocks.wall.since_zero() == true_wall && clocks.local.since_zero() < world.now().since_zero()
        };
        let scenario = scenario.faults(plan.clone()).duration(milliseconds(100)).recovery_timeout(milliseconds(500));
        let report = scenario
            .eventually("the wall clock is right and the monotonic one late", right)
            .stable_for(milliseconds(100))
            .run(Seed(1));
        report.assert_ok();
    }
}

#[test]
fn a_clock_fault_of_a_killed_node_says_why_it_fails() {
    let plan = FaultPlan::new()
        .at(milliseconds(5), kill("watch/0"))
        .at(milliseconds(10), ClockFault::step("watch/0", milliseconds(1_000)));
    let [machines, _] = watches();
    let report = machines.faults(plan).duration(milliseconds(20)).run(Seed(1));
    assert_eq!((effects(&report)[1], report.faults[1].reason.as_deref()), (0, Some("it was killed")));
}

#[test]
fn a_clock_fault_from_the_test_acts_at_once() {
    for scenario in watches() {
        let mut sim = scenario.start(Seed(1));
        sim.run_for(milliseconds(15));
        sim.inject(ClockFault::step("watch/1", back(100))).unwrap();
        sim.run_for(milliseconds(10));
        assert_eq!(readings(&sim, 1), [(10, 10), (20, -80)]);
        let clocks = sim.inspect(|world| world.clock(NodeId(1)));
        assert_eq!(clocks.local.since_zero(), milliseconds(25));
        assert_eq!(clocks.wall.since_zero() + milliseconds(75), crate::clock_watch::EPOCH);
        let report = sim.finish();
        assert_eq!((report.faults[0].by_hand, report.faults[0].effect), (true, 1));
    }
}

/// Holds a lease of 100 ms from its boot, by one of its clocks; its peer takes the lease 20 ms later.
struct Holder {
    by_wall: bool,
    until: (LocalInstant, WallTime),
    is_first: bool,
    holds: bool,
}

impl Machine for Holder {
    type Message = ();
    type View = bool;

    fn step(&mut self, now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        let lease = milliseconds(100);
        if matches!(input, Input::Start) {
            self.until = (now + lease, effects.wall() + lease);
        }
        self.holds = match (self.is_first, self.by_wall) {
            (true, true) => effects.wall() < self.until.1,
            (true, false) => now < self.until.0,
            (false, _) => now >= LocalInstant::ZERO + milliseconds(120),
        };
        effects.set_timer(Timer(0), milliseconds(10));
    }

    fn view(&self) -> &bool {
        &self.holds
    }
}

#[test]
fn a_lease_by_the_wall_clock_breaks_under_a_step_back() {
    let leases = |by_wall| {
        let boot = move |boot: &Boot| Holder { by_wall, until: Default::default(), is_first: boot.index() == 0, holds: false };
        Scenario::new("leases")
            .machines("holder", 2, boot)
            .start_together()
            .epoch(WallTime::from_nanoseconds(10_000_000_000))
            .always("at most one node holds the lease", |world| world.nodes_where::<bool>(|holds| *holds).len() < 2)
            .faults(FaultPlan::new().at(milliseconds(50), ClockFault::step("holder/0", back(5_000))))
            .duration(milliseconds(300))
    };
    let report = leases(true).run(Seed(1));
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    assert_eq!(report.violations[0].rule, "at most one node holds the lease");
    let report = leases(false).run(Seed(1));
    report.assert_ok();
    assert_eq!(effects(&report), [0], "nothing read the clock after the step");
}
