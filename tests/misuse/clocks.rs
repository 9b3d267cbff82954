//! Clock faults that no clock can have.

use cluster_sim::fault::{Clocks, SignedDuration};
use cluster_sim::node::WallTime;
use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{counters, refusal};

const MILLISECOND: Duration = Duration::from_millis(1);

fn refused(fault: ClockFault) -> String {
    refusal(&counters().faults(FaultPlan::new().at(MILLISECOND, fault)))
}

fn node() -> String {
    "counter/0".to_owned()
}

#[test]
fn a_clock_of_a_misspelt_node() {
    assert_snapshot!(refused(ClockFault::step("conter/0", MILLISECOND)), @r#"fault 0 (clock step) names node "conter/0"; the scenario has no such node, name it by group and index, as in "edge/1"; did you mean "counter/0"; known: counter/0, counter/1"#);
}

#[test]
fn a_drift_beyond_half_or_twice_the_speed() {
    assert_snapshot!(refused(ClockFault::drift(node(), Clocks::Both, -500_000_001, None)), @"fault 0 (clock drift) is invalid: a drift of -500000001 ppb is beyond 1:2; choose -500000000 to 1000000000, or freeze the clock with `clock_freeze`");
    assert_snapshot!(refused(ClockFault::drift(node(), Clocks::Both, 1_000_000_001, None)), @"fault 0 (clock drift) is invalid: a drift of 1000000001 ppb is beyond 1:2; choose -500000000 to 1000000000, or freeze the clock with `clock_freeze`");
    let period = Duration::from_secs(1);
    let periodic = |ppb| ClockFault::PeriodicDrift { node: node(), clocks: Clocks::Wall, ppb, period, duration: None };
    assert_snapshot!(refused(periodic(500_000_001)), @"fault 0 (periodic drift) is invalid: a drift of 500000001 ppb is beyond 1:2 half a period later; choose -500000000 to 500000000");
    assert_snapshot!(refused(periodic(i64::MIN)), @"fault 0 (periodic drift) is invalid: a drift of -9223372036854775808 ppb is beyond 1:2; choose -500000000 to 1000000000, or freeze the clock with `clock_freeze`");
    let (most_ppb, step_ppb) = (500_000_001, 1);
    let random = ClockFault::RandomDrift { node: node(), clocks: Clocks::Wall, most_ppb, step_ppb, every: period, duration: None };
    assert_snapshot!(refused(random), @"fault 0 (random drift) is invalid: a drift of up to 500000001 ppb is beyond 1:2; choose at most 500000000");
    assert!(counters().faults(FaultPlan::new().at(MILLISECOND, periodic(500_000_000))).try_run(Seed(1)).is_ok());
}

#[test]
fn a_drift_of_nothing() {
    assert_snapshot!(refused(ClockFault::drift(node(), Clocks::Both, 0, None)), @"fault 0 (clock drift) is invalid: a drift of 0 ppb changes nothing; choose 1 or more, or less than 0 for a slower clock");
    let (clocks, every) = (Clocks::Wall, MILLISECOND);
    let random = |most_ppb| ClockFault::RandomDrift { node: node(), clocks, most_ppb, step_ppb: 1, every, duration: None };
    assert_snapshot!(refused(random(0)), @"fault 0 (random drift) is invalid: a drift of 0 ppb changes nothing; choose 1 or more, or less than 0 for a slower clock");
}

#[test]
fn a_clock_that_changes_all_the_time() {
    let strobe = ClockFault::strobe(node(), MILLISECOND, MILLISECOND, None);
    assert_snapshot!(refused(strobe), @"fault 0 (clock strobe) is invalid: a period of 1ms is too short; choose at least 2ms");
    let (clocks, period) = (Clocks::Wall, Duration::ZERO);
    assert_snapshot!(refused(ClockFault::PeriodicDrift { node: node(), clocks, ppb: 1, period, duration: None }), @"fault 0 (periodic drift) is invalid: a period of 0ns is too short; choose at least 16ms");
    let every = Duration::from_nanos(1);
    let random = ClockFault::RandomDrift { node: node(), clocks, most_ppb: 1, step_ppb: 1, every, duration: None };
    assert_snapshot!(refused(random), @"fault 0 (random drift) is invalid: a drift that changes every 1ns changes too often; choose at least 1ms");
}

#[test]
fn a_resolution_a_window_or_a_lateness_of_nothing() {
    let nothing = Duration::ZERO;
    assert_snapshot!(refused(ClockFault::CoarseClock { node: node(), resolution: nothing, duration: None }), @"fault 0 (coarse clock) is invalid: a clock with a resolution of 0s shows no time; choose at least 1ns");
    assert_snapshot!(refused(ClockFault::CoalescedTimers { node: node(), window: nothing, duration: None }), @"fault 0 (coalesced timers) is invalid: a window of 0s puts no timer off; choose at least 1ns");
    assert_snapshot!(refused(ClockFault::late_timers(node(), Ratio::ONE, nothing, None)), @"fault 0 (late timers) is invalid: timers that are late by up to 0s are on time; choose at least 1ns, or a share of 0");
}

#[test]
fn a_step_back_to_before_1970() {
    let plan = FaultPlan::new().at(MILLISECOND, ClockFault::step(node(), SignedDuration::back(Duration::from_secs(60))));
    let reason = |scenario: Scenario| scenario.faults(plan.clone()).run(Seed(7)).faults[0].reason.clone();
    assert_snapshot!(reason(counters()).expect("it says why"), @"no clock shows a time before 1970; set a later `Scenario::epoch`");
    assert_eq!(reason(counters().epoch(WallTime::from_nanoseconds(1 << 60))), None);
}
