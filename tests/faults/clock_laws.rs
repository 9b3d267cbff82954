//! Laws of clocks under any faults: they repeat, monotonic clocks run on, and both forms of a system see the same.

use cluster_sim::fault::{Clocks, SignedDuration};
use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_testkit::arbitrary::{any_clock_fault, any_plan, cases};
use cluster_sim_testkit::equivalence;
use cluster_sim_testkit::units::milliseconds;
use proptest::prelude::*;

use crate::clock_watch::{Readings, effects, watches_named};

const SECOND: Duration = Duration::from_secs(1);

/// One fault of each kind, of a node.
pub(crate) fn one_of_each(name: &str) -> Vec<ClockFault> {
    let node = || name.to_owned();
    let (both, duration) = (Clocks::Both, Some(milliseconds(400)));
    let by = SignedDuration::back(milliseconds(300));
    // The clocks run slower only: a machine that sets its next timer from the reading at which one fired agrees with an interval
    // as long as that reading is the deadline.
    let (ppb, period, every) = (-100_000_000, milliseconds(160), milliseconds(7));
    vec![
        ClockFault::step(node(), by),
        ClockFault::offset(node(), by, duration),
        ClockFault::drift(node(), both, ppb, duration),
        ClockFault::PeriodicDrift { node: node(), clocks: both, ppb, period, duration },
        ClockFault::RandomDrift { node: node(), clocks: both, most_ppb: 100_000_000, step_ppb: 50_000_000, every, duration },
        ClockFault::freeze(node(), both, milliseconds(90)),
        ClockFault::strobe(node(), by, milliseconds(50), duration),
        ClockFault::CoarseClock { node: node(), resolution: milliseconds(3), duration },
        ClockFault::late_timers(node(), Ratio::percent(50), milliseconds(3), duration),
        ClockFault::CoalescedTimers { node: node(), window: milliseconds(3), duration },
    ]
}

#[test]
fn both_forms_of_echo_see_the_same_under_every_clock_fault() {
    for fault in one_of_each("client/0") {
        let plan = FaultPlan::new().at(milliseconds(20), fault.clone());
        let [machines, tasks] = [NodeStyle::Machine, NodeStyle::Async]
            .map(|style| cluster_sim_scenarios::echo::scenario(style).only_faults(plan.clone()).duration(SECOND));
        for seed in 0..16 {
            equivalence::assert_equal(&machines, &tasks, Seed(seed));
        }
    }
}

#[test]
fn every_clock_fault_replays_from_its_decisions() {
    for fault in one_of_each("node/0") {
        for scenario in watches_named("node") {
            let scenario = scenario.faults(FaultPlan::new().at(milliseconds(20), fault.clone()));
            let (report, decisions) = scenario.run_with_decisions(Seed(5));
            let replayed = scenario.with_decisions(&decisions).run(Seed(5));
            assert_eq!((replayed.digest, effects(&replayed)), (report.digest, effects(&report)), "{fault:?}");
        }
    }
}

/// Runs a plan and checks what each node saw. Returns the digest.
fn digest_of(scenario: &Scenario) -> cluster_sim::report::Digest {
    let mut sim = scenario.start(Seed(3));
    sim.run_for(milliseconds(600));
    let views: Vec<Readings> = sim.inspect(|world| world.views::<Readings>().map(|(_, view)| view.clone()).collect());
    for readings in views {
        assert!(readings.is_sorted_by(|one, next| one.0 <= next.0), "a monotonic clock ran backwards: {readings:?}");
    }
    let report = sim.finish();
    assert!(report.panic.is_none(), "{report}");
    report.digest
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn any_clock_faults_repeat_and_no_monotonic_clock_runs_backwards(
        faults in prop::collection::vec((0_u64..500_000, any_clock_fault(2, milliseconds(300))), 1..12),
        others in any_plan(2, milliseconds(500), milliseconds(100)),
    ) {
        let mut plan = others;
        for (at, fault) in faults {
            plan = plan.at(Duration::from_micros(at), fault);
        }
        for scenario in watches_named("node") {
            let scenario = scenario.faults(plan.clone());
            prop_assert_eq!(digest_of(&scenario), digest_of(&scenario));
        }
    }
}
