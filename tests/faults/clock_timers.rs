//! Timers that fire late, or together.

use cluster_sim::fault::Clocks;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

use crate::clock_watch::{effects, shown, walls, watches};

fn late(share: Ratio, duration: Option<Duration>) -> FaultPlan {
    FaultPlan::new().at(milliseconds(5), ClockFault::late_timers("watch/0", share, milliseconds(5), duration))
}

fn coalesced(window: Duration) -> FaultPlan {
    let fault = ClockFault::CoalescedTimers { node: "watch/0".to_owned(), window, duration: Some(milliseconds(200)) };
    FaultPlan::new().at(milliseconds(5), fault)
}

/// How long after the one before each timer fired, in milliseconds.
fn gaps(plan: FaultPlan) -> (Vec<i64>, Report) {
    let (readings, report) = shown(990, plan);
    let walls = walls(&readings);
    (walls.windows(2).map(|pair| pair[1] - pair[0]).collect(), report)
}

#[test]
fn all_or_none_of_the_timers_fire_late_by_their_share() {
    let (all, report) = gaps(late(Ratio::ONE, None));
    assert!(all.iter().all(|gap| (10..=15).contains(gap)), "{all:?}");
    assert!((10..=15).all(|gap| all.contains(&gap)), "up to five milliseconds: {all:?}");
    assert_eq!(effects(&report), [all.len() as u64], "the first timer was set before");
    assert!(report.to_string().contains("timers fired late)"), "{report}");
    let (none, report) = gaps(late(Ratio::ZERO, None));
    assert_eq!((none, effects(&report)), (vec![10; 98], vec![0]));
}

#[test]
fn a_share_of_the_timers_fires_late_until_the_fault_ends() {
    let (half, report) = gaps(late(Ratio::percent(50), Some(milliseconds(500))));
    let on_time = half.iter().filter(|gap| **gap == 10).count();
    let late = effects(&report)[0];
    assert!((12..34).contains(&late) && half.len() as u64 >= late + on_time as u64 - 12, "{late} late: {half:?}");
    assert!(half[half.len() - 30..].iter().all(|gap| *gap == 10), "{half:?}");
}

#[test]
fn canonical_choices_make_no_timer_late() {
    for scenario in watches() {
        let report = scenario.faults(late(Ratio::percent(99), None)).with_decisions(&[]).run(Seed(1));
        assert_eq!(effects(&report), [0]);
    }
}

#[test]
fn a_timer_survives_a_coarse_clock_that_freezes() {
    let coarse =
        ClockFault::CoarseClock { node: "watch/0".to_owned(), resolution: milliseconds(100), duration: Some(milliseconds(60)) };
    let frozen = ClockFault::Freeze { node: "watch/0".to_owned(), clocks: Clocks::Monotonic, duration: Some(milliseconds(50)) };
    // At 75 ms the clock is fine again, and has been frozen at 45 ms; timers that were due before fire then.
    let plan = FaultPlan::new().at(milliseconds(15), coarse).at(milliseconds(45), frozen);
    let (readings, report) = shown(200, plan);
    report.assert_ok();
    assert!(walls(&readings).last() > Some(&180), "{:?}", walls(&readings));
}

#[test]
fn coalesced_timers_fire_at_multiples_of_the_window() {
    let (readings, report) = shown(260, coalesced(milliseconds(25)));
    assert_eq!(walls(&readings), [10, 25, 50, 75, 100, 125, 150, 175, 200, 225, 235, 245, 255]);
    assert_eq!(effects(&report), [8], "the last one is put off, and fires after the end of the fault");
    let (readings, report) = shown(100, coalesced(milliseconds(10)));
    assert_eq!((readings.len(), effects(&report)), (10, vec![0]), "these would fire then anyhow");
}
