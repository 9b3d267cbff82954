//! Rules that at most one node has each key.

use cluster_sim::prelude::*;
use cluster_sim::report::{CheckKind, PanicSite};

use super::{PERIOD, counters, counters_and_talkers, rule};

const RULE: &str = "one node per count";

/// Holds the number that it was called with last, at first none.
struct Holder {
    number: u64,
}

impl Machine for Holder {
    type Message = u64;
    type View = u64;

    fn step(&mut self, _now: LocalInstant, input: Input<u64>, _effects: &mut Effects<u64>) {
        if let Input::Call(number) = input {
            self.number = number;
        }
    }

    fn view(&self) -> &u64 {
        &self.number
    }
}

/// Nodes that hold numbers, which the test sets.
fn holders() -> Scenario {
    Scenario::new("holding")
        .machines("holder", 3, |_| Holder { number: 0 })
        .always_unique(RULE, |_, number: &u64| (*number > 0).then_some(*number))
}

/// A run in which each holder of the list got its number.
fn holding(numbers: &[(u32, u64)]) -> Sim {
    let mut sim = holders().start(Seed(7));
    sim.run_for(PERIOD);
    for (node, number) in numbers {
        sim.call(*node, *number).expect("the node is up");
    }
    sim
}

#[test]
fn a_sound_cluster_holds_and_each_view_counts_as_checked() {
    let report = counters_and_talkers().always_unique(RULE, |_, count: &u64| Some(*count)).run(Seed(7));
    report.assert_ok();
    assert_eq!((rule(&report, RULE).kind, rule(&report, RULE).times_checked), (CheckKind::AlwaysUnique, 5 * 6));
}

#[test]
fn a_violation_names_both_nodes_and_the_key() {
    let report = holding(&[(2, 7), (1, 8), (0, 7)]).finish();
    assert_eq!(report.outcome, Outcome::Violated);
    assert_eq!(report.violations[0].message, "holder/0 and holder/2 both have 7");
    assert_eq!(report.suspects(), [NodeId(0), NodeId(2)]);
}

#[test]
fn no_key_is_no_conflict_and_a_key_may_be_taken_again() {
    holding(&[(0, 7), (0, 0), (1, 7), (1, 8), (2, 7), (0, 9)]).finish().assert_ok();
}

#[test]
fn a_crash_frees_a_key_and_a_pause_does_not() {
    let mut sim = holding(&[(0, 7)]);
    sim.crash(0);
    sim.call(1, 7_u64).expect("the node is up");
    assert!(!sim.is_over());
    sim.pause(1);
    sim.call(2, 7_u64).expect("the node is up");
    assert!(sim.is_over());
    assert_eq!(sim.finish().suspects(), [NodeId(1), NodeId(2)]);
}

#[test]
fn a_killed_node_frees_its_key() {
    let mut sim = holding(&[(0, 7)]);
    sim.kill(0);
    sim.call(1, 7_u64).expect("the node is up");
    sim.finish().assert_ok();
}

/// Two nodes that hand out themselves, so that one step can change the views of both.
fn twins() -> (Sim, [Node; 2]) {
    let lasting = |node: Node| async move {
        node.expose(node.clone());
        std::future::pending::<()>().await;
    };
    let scenario = Scenario::new("handing over").nodes("holder", 2, lasting);
    let mut sim = scenario.always_unique(RULE, |_, number: &u64| (*number > 0).then_some(*number)).start(Seed(7));
    sim.run_for(PERIOD);
    let nodes = [0, 1].map(|node| sim.with_node(node, |own: &mut Node| own.clone()).expect("the node is up"));
    (sim, nodes)
}

/// Gives both nodes a number within one step.
fn hold(sim: &mut Sim, nodes: &[Node; 2], numbers: [u64; 2]) {
    let give = |_: &mut Node| nodes.iter().zip(numbers).for_each(|(node, number)| node.publish(|held: &mut u64| *held = number));
    sim.with_node(0, give).expect("the node is up");
}

#[test]
fn a_key_handed_over_within_one_step_is_no_conflict() {
    let (mut sim, nodes) = twins();
    for numbers in [[0, 7], [7, 0], [7, 8], [8, 7]] {
        hold(&mut sim, &nodes, numbers);
        assert!(!sim.is_over(), "{numbers:?}");
    }
    sim.finish().assert_ok();
}

#[test]
fn a_key_taken_twice_within_one_step_is_a_conflict() {
    let (mut sim, nodes) = twins();
    hold(&mut sim, &nodes, [7, 7]);
    assert_eq!(sim.finish().suspects(), [NodeId(0), NodeId(1)]);
}

#[test]
fn nodes_of_the_key_may_depend_on_the_node() {
    let report = counters().always_unique(RULE, |node, _: &u64| Some(node.0 / 4)).run(Seed(7));
    assert_eq!(report.violations.len(), 1, "{report}");
    assert!(report.suspects().iter().all(|node| node.0 < 4), "{report}");
    counters().always_unique(RULE, |node, _: &u64| Some(node)).run(Seed(7)).assert_ok();
}

#[test]
fn a_rule_that_meets_no_view_of_its_type_is_unknown() {
    let report = counters_and_talkers().always_unique(RULE, |_, _: &u32| Some(1)).run(Seed(7));
    assert_eq!(report.outcome, Outcome::Unknown);
    assert_eq!(
        rule(&report, RULE).unknown.as_deref(),
        Some("no node publishes a view of `u32`; the nodes publish `alloc::string::String` (2 nodes), `u64` (5 nodes)")
    );
}

#[test]
fn a_panic_in_a_rule_names_the_rule() {
    let report = counters().always_unique(RULE, |_, _: &u64| -> Option<u64> { panic!("no key") }).run(Seed(7));
    assert_eq!(report.panic.expect("the rule panics").site, PanicSite::Check { name: RULE.to_owned() });
}

/// The rule in the words of an `always` over all views.
fn by_pairs(world: &World<'_>) -> bool {
    let keys: Vec<u64> = world.views::<u64>().map(|(_, count)| *count % 10).collect();
    (0..keys.len()).all(|index| !keys[..index].contains(&keys[index]))
}

#[test]
fn it_breaks_at_the_step_at_which_the_pairs_do() {
    async fn wander(node: Node) {
        for step in 0.. {
            let place = node.roll("place", step).below(100);
            node.publish(|shown: &mut u64| *shown = place);
            node.sleep(PERIOD).await;
        }
    }
    let wandering = Scenario::new("wandering").nodes("node", 4, wander).chaos(FaultProfile::default());
    let by_pairs = wandering.clone().always(RULE, by_pairs);
    let by_keys = wandering.always_unique(RULE, |_, place: &u64| Some(place % 10));
    let broken_at = |scenario: &Scenario, seed| {
        let report = scenario.run(Seed(seed));
        (report.outcome, report.violations.first().map(|violation| (violation.at, violation.step)))
    };
    for seed in 0..64 {
        assert_eq!(broken_at(&by_keys, seed), broken_at(&by_pairs, seed), "seed {seed}");
    }
}
