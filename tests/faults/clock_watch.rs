//! A node that reads both its clocks every 10 ms, as a machine and as an async node.

use cluster_sim::node::WallTime;
use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;

/// The readings of both clocks at each tick.
pub(crate) type Readings = Vec<(LocalInstant, WallTime)>;

const PACE: Duration = Duration::from_millis(10);

/// The wall clock at the start of a run.
pub(crate) const EPOCH: Duration = Duration::from_secs(1_000_000);

struct Watch {
    readings: Readings,
}

impl Machine for Watch {
    type Message = ();
    type View = Readings;

    fn step(&mut self, now: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        if let Input::Timer(_) = input {
            self.readings.push((now, effects.wall()));
        }
        effects.set_timer(Timer(0), PACE);
    }

    fn view(&self) -> &Readings {
        &self.readings
    }
}

async fn watch(node: Node) {
    loop {
        node.sleep(PACE).await;
        let reading = (node.now(), node.wall());
        node.publish(|readings: &mut Readings| readings.push(reading));
    }
}

/// Both forms of a scenario with two watches.
pub(crate) fn watches() -> [Scenario; 2] {
    watches_named("watch")
}

/// As [`watches`], in a group of that name.
pub(crate) fn watches_named(group: &str) -> [Scenario; 2] {
    let machines = Scenario::new("watches").machines(group, 2, |_: &Boot| Watch { readings: Vec::new() });
    let tasks = Scenario::new("async watches").nodes(group, 2, watch);
    [machines, tasks].map(|scenario| {
        scenario.start_together().epoch(WallTime::ZERO + EPOCH).recovery_timeout(Duration::ZERO).duration(milliseconds(1_000))
    })
}

/// The readings of a node's clocks, in milliseconds: the monotonic one, and the wall clock since the epoch.
pub(crate) fn readings(sim: &Sim, node: u32) -> Vec<(u64, i64)> {
    let readings = sim.inspect(|world| world.view::<Readings>(NodeId(node)).cloned()).unwrap_or_default();
    let show = |(local, wall): (LocalInstant, WallTime)| {
        (local.since_zero().as_millis() as u64, wall.since_zero().as_millis() as i64 - EPOCH.as_millis() as i64)
    };
    readings.into_iter().map(show).collect()
}

/// The readings of the wall clock alone.
pub(crate) fn walls(readings: &[(u64, i64)]) -> Vec<i64> {
    readings.iter().map(|(_, wall)| *wall).collect()
}

/// The effect of each fault.
pub(crate) fn effects(report: &Report) -> Vec<u64> {
    report.faults.iter().map(|fault| fault.effect).collect()
}

/// Runs both forms under a plan, for `length` milliseconds; both show the same. Returns what node 0 showed, and the report.
pub(crate) fn shown(length: u64, plan: FaultPlan) -> (Vec<(u64, i64)>, Report) {
    let [machines, tasks] = watches().map(|scenario| {
        let mut sim = scenario.faults(plan.clone()).start(Seed(7));
        sim.run_for(milliseconds(length));
        let shown = [0, 1].map(|node| readings(&sim, node));
        (shown, sim.finish())
    });
    assert_eq!(machines.0, tasks.0, "both forms");
    let is_effective = |report: &Report| effects(report).into_iter().map(|effect| effect > 0).collect::<Vec<_>>();
    assert_eq!(is_effective(&machines.1), is_effective(&tasks.1), "both forms");
    let ([first, second], report) = machines;
    let exact: Vec<(u64, i64)> = (1..=second.len() as u64).map(|tick| (tick * 10, tick as i64 * 10)).collect();
    assert_eq!(second, exact, "the other node has true clocks");
    (first, report)
}
