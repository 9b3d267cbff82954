//! What nodes read of time, and how much of it a run may use.

use cluster_sim::prelude::*;
use cluster_sim::{Budget, Exhausted, WallTime};

/// Writes down what both its clocks say at every tick.
struct Watch {
    readings: Vec<(LocalInstant, WallTime)>,
}

impl Machine for Watch {
    type Message = ();
    type View = Vec<(LocalInstant, WallTime)>;

    fn step(&mut self, now: LocalInstant, _input: Input<()>, effects: &mut Effects<()>) {
        self.readings.push((now, effects.wall()));
        effects.arm(Timer(0), Duration::from_secs(1));
    }

    fn view(&self) -> &Vec<(LocalInstant, WallTime)> {
        &self.readings
    }
}

fn watches() -> Scenario {
    Scenario::new("watches").machines("watch", 1, |_: &Seat| Watch { readings: Vec::new() }).start_together().calm(Duration::ZERO)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_monotonic_clock_counts_from_the_boot_and_the_wall_clock_goes_on() {
    let mut sim = watches().start(Seed(1));
    sim.run_for(seconds(3));
    sim.crash(0);
    sim.run_for(seconds(2));
    sim.restart(0);
    sim.run_for(seconds(1));
    let readings = sim.look(|world| world.view::<Vec<(LocalInstant, WallTime)>>(NodeId(0)).cloned()).unwrap();
    let local: Vec<Duration> = readings.iter().map(|(local, _)| local.since_zero()).collect();
    let wall: Vec<Duration> = readings.iter().map(|(_, wall)| wall.since_zero()).collect();
    assert_eq!(local, [seconds(0), seconds(1)]);
    assert_eq!(wall, [seconds(5), seconds(6)]);
}

#[test]
fn a_budget_of_virtual_time_ends_a_run_as_exhausted() {
    let run = |budget: u64| {
        watches().lasting(seconds(10)).budget(Budget { virtual_time: seconds(budget), ..Budget::default() }).run(Seed(1))
    };
    run(10).assert_ok();
    let report = run(9);
    assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::VirtualTime(seconds(9)))));
    assert_eq!(report.ended_at.since_zero(), seconds(9));
    assert!(report.to_string().contains("the budget of 9s of virtual time is spent"), "{report}");
}
