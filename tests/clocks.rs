//! The clocks of nodes, their start offsets, and the budget of virtual time.

use cluster_sim::node::WallTime;
use cluster_sim::prelude::*;
use cluster_sim::report::{Exhausted, RecordKind};
use cluster_sim::scenario::Budget;
use cluster_sim_testkit::units::seconds;

/// Keeps what both its clocks show at every tick.
struct Watch {
    readings: Vec<(LocalInstant, WallTime)>,
}

impl Machine for Watch {
    type Message = ();
    type View = Vec<(LocalInstant, WallTime)>;

    fn step(&mut self, now: LocalInstant, _input: Input<()>, effects: &mut Effects<()>) {
        self.readings.push((now, effects.wall()));
        effects.set_timer(Timer(0), Duration::from_secs(1));
    }

    fn view(&self) -> &Vec<(LocalInstant, WallTime)> {
        &self.readings
    }
}

fn watches() -> Scenario {
    Scenario::new("watches")
        .machines("watch", 1, |_: &Boot| Watch { readings: Vec::new() })
        .start_together()
        .recovery_timeout(Duration::ZERO)
}

#[test]
fn only_the_monotonic_clock_restarts_at_a_boot() {
    let mut sim = watches().start(Seed(1));
    sim.run_for(seconds(3));
    sim.crash(0);
    sim.run_for(seconds(2));
    sim.restart(0);
    sim.run_for(seconds(1));
    let readings = sim.inspect(|world| world.view::<Vec<(LocalInstant, WallTime)>>(NodeId(0)).cloned()).unwrap();
    let local: Vec<Duration> = readings.iter().map(|(local, _)| local.since_zero()).collect();
    let wall: Vec<Duration> = readings.iter().map(|(_, wall)| wall.since_zero()).collect();
    assert_eq!(local, [seconds(0), seconds(1)]);
    assert_eq!(wall, [seconds(5), seconds(6)]);
}

#[test]
fn a_budget_of_virtual_time_ends_a_run_as_exhausted() {
    let run = |budget: u64| {
        watches().duration(seconds(10)).budget(Budget { virtual_time: seconds(budget), ..Budget::default() }).run(Seed(1))
    };
    run(10).assert_ok();
    let report = run(9);
    assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(Exhausted::VirtualTime(seconds(9)))));
    assert_eq!(report.ended_at.since_zero(), seconds(9));
    assert!(report.to_string().contains("the budget of 9s of virtual time is spent"), "{report}");
}

/// When each node boots.
fn boots(scenario: &Scenario, seed: Seed) -> Vec<Duration> {
    let mut sim = scenario.start(seed);
    sim.keep_records();
    sim.run_for(Duration::from_millis(2));
    let boots = sim.records().iter().filter(|record| record.kind == RecordKind::Boot);
    let boots = boots.map(|record| (record.node, record.at.since_zero())).collect::<std::collections::BTreeMap<_, _>>();
    sim.finish().assert_ok();
    boots.into_values().collect()
}

#[test]
fn each_node_starts_at_its_own_offset_below_a_millisecond() {
    let five = Scenario::new("watches").machines("watch", 5, |_: &Boot| Watch { readings: Vec::new() });
    let apart = boots(&five, Seed(1));
    let different: std::collections::BTreeSet<&Duration> = apart.iter().collect();
    assert_eq!(different.len(), 5);
    assert!(apart.iter().all(|offset| *offset < Duration::from_millis(1)), "{apart:?}");
    assert_ne!(apart, boots(&five, Seed(2)));
    assert_eq!(apart[..3], boots(&five.clone().without("watch/3"), Seed(1))[..3], "leaving a node out changes no other offset");
    assert_eq!(boots(&five.start_together(), Seed(1)), [Duration::ZERO; 5]);
}

/// Two nodes tick at equal instants; which one is first is drawn per instant, and depends on these two alone.
#[test]
fn two_nodes_due_at_one_instant_go_in_random_order() {
    let watches = |count| {
        Scenario::new("watches")
            .machines("watch", count, |_: &Boot| Watch { readings: Vec::new() })
            .start_together()
            .recovery_timeout(Duration::ZERO)
    };
    let firsts = |count| {
        let mut sim = watches(count).start(Seed(1));
        sim.keep_records();
        sim.run_for(seconds(100));
        let of_two: Vec<NodeId> = sim
            .records()
            .iter()
            .filter(|record| record.kind == RecordKind::Timer && record.node.0 < 2)
            .map(|record| record.node)
            .collect();
        sim.finish().assert_ok();
        of_two.chunks(2).map(|pair| pair[0]).collect::<Vec<NodeId>>()
    };
    let with_two = firsts(2);
    let zero_first = with_two.iter().filter(|node| node.0 == 0).count();
    assert_eq!(with_two.len(), 100);
    assert!((30..70).contains(&zero_first), "node 0 goes first {zero_first} times of 100");
    assert_eq!(with_two, firsts(3));
}
