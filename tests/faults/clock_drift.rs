//! Faults of the rate and the resolution of clocks: timers stay exact by the clock of their node.

use cluster_sim::fault::Clocks;
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::pause;
use cluster_sim_testkit::units::milliseconds;

use crate::clock_watch::{effects, shown, walls, watches};

const HALF: i64 = -500_000_000;
const TWICE: i64 = 1_000_000_000;

fn one(at: u64, fault: ClockFault) -> FaultPlan {
    FaultPlan::new().at(milliseconds(at), fault)
}

#[test]
fn timers_are_exact_by_a_slow_monotonic_clock() {
    let (readings, report) = shown(80, one(25, ClockFault::drift("watch/0", Clocks::Monotonic, HALF, None)));
    assert_eq!(readings, [(10, 10), (20, 20), (30, 35), (40, 55), (50, 75)]);
    assert_eq!(effects(&report), [6], "three steps, and the timers that woke them");
}

#[test]
fn timers_are_exact_by_a_fast_monotonic_clock() {
    let (readings, _) = shown(40, one(25, ClockFault::drift("watch/0", Clocks::Monotonic, TWICE, None)));
    assert_eq!(readings, [(10, 10), (20, 20), (30, 27), (40, 32), (50, 37)], "a half of each second millisecond is cut off");
}

#[test]
fn a_monotonic_clock_keeps_what_it_lost_when_a_drift_ends() {
    let drift = ClockFault::drift("watch/0", Clocks::Both, HALF, milliseconds(40));
    let (readings, _) = shown(100, one(20, drift));
    // From 20 to 60 ms it advances by 20 ms; the wall clock is then set right.
    assert_eq!(readings, [(10, 10), (20, 20), (30, 30), (40, 60), (50, 70), (60, 80), (70, 90), (80, 100)]);
}

#[test]
fn a_wall_clock_drifts_while_the_monotonic_one_runs_true() {
    let drift = ClockFault::drift("watch/0", Clocks::Wall, HALF, milliseconds(35));
    let (readings, report) = shown(60, one(20, drift));
    assert_eq!(readings, [(10, 10), (20, 20), (30, 25), (40, 30), (50, 35), (60, 60)]);
    assert_eq!(effects(&report), [3], "the reading at the begin of the drift is right");
}

#[test]
fn drifts_of_one_node_add_up_within_half_and_twice_the_speed() {
    let plan = ["watch/0"; 3]
        .into_iter()
        .fold(FaultPlan::new(), |plan, node| plan.at(milliseconds(20), ClockFault::drift(node, Clocks::Wall, -200_000_000, None)));
    assert_eq!(walls(&shown(60, plan).0), [10, 20, 25, 30, 35, 40]);
}

#[test]
fn a_periodic_drift_gains_and_loses_the_same() {
    let (node, clocks, period) = ("watch/0".to_owned(), Clocks::Wall, milliseconds(160));
    let drift = ClockFault::PeriodicDrift { node, clocks, ppb: 100_000_000, period, duration: None };
    let (readings, report) = shown(320, one(0, drift));
    let errors: Vec<i64> = (1..).zip(walls(&readings)).map(|(tick, wall)| wall - tick * 10).collect();
    assert_eq!(errors[..16], [0, 0, 1, 2, 3, 4, 4, 5, 4, 4, 3, 2, 1, 0, 0, 0]);
    assert_eq!(errors[..16], errors[16..]);
    assert_eq!(effects(&report), [30], "it is right after each period");
}

#[test]
fn a_random_drift_wanders_within_its_bound_by_choices_of_the_seed() {
    let drift = |most_ppb, step_ppb| {
        let (node, clocks, every) = ("watch/0".to_owned(), Clocks::Monotonic, milliseconds(5));
        one(0, ClockFault::RandomDrift { node, clocks, most_ppb, step_ppb, every, duration: None })
    };
    let (readings, report) = shown(990, drift(100_000_000, 50_000_000));
    let pairs = readings.windows(2).map(|pair| pair[1].1 - pair[0].1).collect::<Vec<i64>>();
    assert!(pairs.iter().all(|took| (9..=12).contains(took)), "{pairs:?}");
    assert!(pairs.contains(&9) && pairs.contains(&11), "it is fast and slow: {pairs:?}");
    assert!(effects(&report)[0] > 100, "{report}");
    let (readings, report) = shown(990, drift(100_000_000, 0));
    assert_eq!((readings.len(), effects(&report)[0]), (99, 0), "a walk that takes no step stays");
    let [machines, tasks] = watches().map(|scenario| scenario.faults(drift(100_000_000, 50_000_000)).with_decisions(&[]));
    assert_eq!([machines, tasks].map(|scenario| effects(&scenario.run(Seed(1)))[0]), [0, 0], "canonical choices change nothing");
}

#[test]
fn no_timer_fires_while_the_monotonic_clock_is_frozen() {
    let (readings, report) = shown(80, one(25, ClockFault::freeze("watch/0", Clocks::Both, milliseconds(30))));
    assert_eq!(readings, [(10, 10), (20, 20), (30, 60), (40, 70), (50, 80)]);
    assert_eq!(effects(&report), [1], "it noticed nothing while it was frozen, but its timer waited");
    let (readings, _) = shown(80, one(25, ClockFault::freeze("watch/0", Clocks::Wall, milliseconds(30))));
    assert_eq!(walls(&readings), [10, 20, 25, 25, 25, 60, 70, 80]);
}

#[test]
fn a_coarse_clock_shows_multiples_of_its_resolution() {
    let (node, resolution) = ("watch/0".to_owned(), milliseconds(25));
    let coarse = ClockFault::CoarseClock { node: node.clone(), resolution, duration: Some(milliseconds(70)) };
    let (readings, report) = shown(100, one(12, coarse));
    // A timer fires when the clock shows its deadline.
    assert_eq!(readings, [(10, 10), (25, 25), (50, 50), (75, 75), (85, 85), (95, 95)]);
    assert!(effects(&report)[0] > 2, "{report}");
    let exact = ClockFault::CoarseClock { node, resolution: Duration::from_nanos(1), duration: None };
    assert_eq!(effects(&shown(50, one(12, exact)).1), [0]);
}

#[test]
fn a_pause_delays_timers_of_a_drifting_clock_as_of_any() {
    let plan = one(20, ClockFault::drift("watch/0", Clocks::Monotonic, HALF, None))
        .at(milliseconds(35), pause("watch/0", milliseconds(15)));
    // The timer for 30 ms fires at the resume, at 50 ms: the clock shows 35 ms then.
    assert_eq!(shown(72, plan).0, [(10, 10), (20, 20), (35, 50), (45, 70)]);
}
