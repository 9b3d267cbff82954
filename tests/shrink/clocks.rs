//! Clock faults are minimized: to one clock, to a smaller jump or drift, to a shorter time.

use cluster_sim::fault::{Clocks, SignedDuration};
use cluster_sim::node::WallTime;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

/// A node that reads its clocks every 10 ms: the monotonic one, the wall clock, and the most by which that ran backwards.
struct Watch {
    shown: (LocalInstant, WallTime, Duration),
}

impl Machine for Watch {
    type Message = ();
    type View = (LocalInstant, WallTime, Duration);

    fn step(&mut self, now: LocalInstant, _: Input<()>, effects: &mut Effects<()>) {
        let (_, before, back) = self.shown;
        let wall = effects.wall();
        self.shown = (now, wall, back.max(before.saturating_since(wall)));
        effects.set_timer(Timer(0), milliseconds(10));
    }

    fn view(&self) -> &Self::View {
        &self.shown
    }
}

type Reading = (LocalInstant, WallTime, Duration);

/// Two watches under a fault at 55 ms, with a rule over what one of them shows at an instant.
fn watches(fault: ClockFault, holds: impl Fn(VirtualInstant, &Reading) -> bool + Send + Sync + 'static) -> Scenario {
    Scenario::new("watches")
        .machines("watch", 2, |_: &Boot| Watch { shown: Default::default() })
        .start_together()
        .epoch(WallTime::from_nanoseconds(1_000_000_000_000))
        .always("clocks are right", move |world| {
            let now = world.now();
            world.changed::<Reading>().all(|(_, shown)| holds(now, shown))
        })
        .only_faults(FaultPlan::new().at(milliseconds(55), fault))
        .duration(milliseconds(800))
}

fn minimized(scenario: &Scenario) -> String {
    let report = scenario.run(Seed(1));
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    let minimized = scenario.shrink(&report).unwrap();
    minimized.case.faults.faults().iter().map(|scheduled| scheduled.fault.to_string()).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_step_is_minimized_to_the_jump_that_breaks_the_rule() {
    let by = SignedDuration::back(Duration::from_secs(200));
    let scenario = watches(ClockFault::step("watch/1", by), |_, (_, _, back)| back.is_zero());
    assert_eq!(minimized(&scenario), "step the wall clock of watch/1 by -0.100s", "a step of 10 ms only stops it");
}

#[test]
fn a_drift_of_both_clocks_is_minimized_to_the_one_that_matters() {
    let late = |now: VirtualInstant, (local, _, _): &Reading| local.since_zero() + milliseconds(1) > now.since_zero();
    let scenario = watches(ClockFault::drift("watch/1", Clocks::Both, -400_000_000, None), late);
    assert_eq!(minimized(&scenario), "drift the monotonic clock of watch/1 by -100000.000 ppm");
    let late = |now: VirtualInstant, (_, wall, _): &Reading| {
        wall.since_zero() + milliseconds(1) > now.since_zero() + Duration::from_secs(1_000)
    };
    let (node, clocks, period) = ("watch/1".to_owned(), Clocks::Both, milliseconds(320));
    let ppb = -200_000_000;
    let scenario = watches(ClockFault::PeriodicDrift { node, clocks, ppb, period, duration: Some(milliseconds(512)) }, late);
    let minimized = minimized(&scenario);
    assert!(minimized.starts_with("drift the wall clock of watch/1 by -"), "a constant drift of one clock does: {minimized}");
}
