//! The canary fails on one seed of a hundred by design, and a sweep finds each of them.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::canary::{ONE_IN, RULE, ReplicaView, scenario};
use rstest::rstest;

use crate::{count, failure_groups};

/// The seeds below `end` that the nodes of the canary mark as failing when they boot.
fn doomed(end: u64) -> Vec<u64> {
    let is_doomed = |seed: &u64| {
        let mut sim = scenario().start(Seed(*seed));
        sim.run_for(Duration::from_millis(10));
        sim.inspect(|world| world.views::<ReplicaView>().any(|(_, shown)| shown.is_doomed))
    };
    (0..end).filter(is_doomed).collect()
}

#[rstest]
fn a_sweep_finds_exactly_the_failing_seeds(#[values(false, true)] isolated: bool) {
    let doomed = doomed(2_000);
    assert!((10..=30).contains(&doomed.len()), "one in {ONE_IN}: {doomed:?}");
    let campaign = scenario().campaign(0..2_000).max_failures(count(2));
    let sweep = if isolated { campaign.isolated().run() } else { campaign.run() };
    let [(seed, rule, message, others)] = failure_groups(&sweep)[..] else { panic!("it fails in one way: {sweep}") };
    assert_eq!((seed, rule, others), (doomed[0], RULE, doomed.len() as u64 - 1), "{sweep}");
    assert!(message.starts_with("n2 acknowledged "), "{message}");
    assert_eq!(sweep.exit_code(), 1);
    // Each fails alone, too.
    assert!(doomed.iter().all(|seed| scenario().run(Seed(*seed)).outcome == Outcome::Violated));
}
