//! Faults of the wall clock: steps, offsets, strobes.

use cluster_sim::fault::SignedDuration;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

use crate::clock_watch::shown;

fn back(by: u64) -> SignedDuration {
    SignedDuration::back(milliseconds(by))
}

#[test]
fn a_step_moves_the_wall_clock_until_the_next_one() {
    let plan = FaultPlan::new()
        .at(milliseconds(25), ClockFault::step("watch/0", milliseconds(5_000)))
        .at(milliseconds(45), ClockFault::step("watch/0", back(5_500)));
    let (readings, report) = shown(70, plan);
    assert_eq!(readings, [(10, 10), (20, 20), (30, 5_030), (40, 5_040), (50, -450), (60, -440), (70, -430)]);
    let effects: Vec<u64> = report.faults.iter().map(|fault| fault.effect).collect();
    assert_eq!(effects, [5, 3], "readings while each was in force");
    assert_eq!(report.faults[0].fault.to_string(), "step the wall clock of watch/0 by +5.000s");
}
