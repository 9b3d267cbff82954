//! Several failures of one campaign: different ones are shown, duplicates are counted.

use cluster_sim::prelude::*;

use crate::{count, failure_groups};

/// A node that publishes its fate, from 0 to 7.
async fn fated(node: Node) {
    let fate = node.roll("fate", 0).below(8);
    node.publish(|shown: &mut u64| *shown = fate);
}

/// Fates 1 and 2 violate one rule with different messages; fate 3 violates another rule.
fn scenario() -> Scenario {
    let small = |world: &World<'_>| match world.views::<u64>().find(|(_, fate)| matches!(fate, 1 | 2)) {
        Some((node, 1)) => Err(format!("{node} drew a one at {}", world.now())),
        Some((node, _)) => Err(format!("{node} drew a two")),
        None => Ok(()),
    };
    Scenario::new("fated")
        .nodes("node", 1, fated)
        .always("no small fate", small)
        .always("no three", |world| world.views::<u64>().all(|(_, fate)| *fate != 3))
        .duration(Duration::from_millis(10))
}

fn fate(seed: u64) -> u64 {
    let mut sim = Scenario::new("fated").nodes("node", 1, fated).start(Seed(seed));
    sim.run_for(Duration::from_millis(10));
    sim.inspect(|world| *world.view::<u64>(NodeId(0)).expect("it shows one"))
}

#[test]
fn failures_are_grouped_by_rule_and_message_ignoring_numbers() {
    let fates: Vec<u64> = (0..128).map(fate).collect();
    let seeds = |fated: u64| (0..128).filter(|seed| fates[*seed as usize] == fated).collect::<Vec<u64>>();
    let mut expected: Vec<(u64, &str, u64)> = [("no small fate", 1), ("no small fate", 2), ("no three", 3)]
        .map(|(rule, fated)| (seeds(fated)[0], rule, seeds(fated).len() as u64 - 1))
        .to_vec();
    expected.sort_unstable();
    let sweep = scenario().campaign(0..128).max_failures(count(5)).run();
    let found: Vec<_> = failure_groups(&sweep).into_iter().map(|(seed, rule, _, others)| (seed, rule, others)).collect();
    assert_eq!(found, expected);
    let failed = expected.iter().map(|(.., others)| others + 1).sum::<u64>();
    assert_eq!((sweep.failed(), sweep.passed()), (failed, 128 - failed));
    let text = sweep.to_string();
    assert!(
        text.starts_with(&format!("{} of seeds 0..128 of fated passed, {failed} failed in 3 ways\nFAIL  fated", 128 - failed)),
        "{text}"
    );
    assert!(text.contains(&format!("      {} more seeds failed in the same way\n", expected[0].2)), "{text}");
}

#[test]
fn a_campaign_ends_at_the_wanted_number_of_different_failures() {
    let all = scenario().campaign(0..128).max_failures(count(5)).run();
    let two = scenario().campaign(0..128).max_failures(count(2)).run();
    let last = all.failures()[1].report().seed().0;
    let found: Vec<_> = two.failures().iter().map(|failure| failure.report()).collect();
    assert_eq!(found, all.failures()[..2].iter().map(|failure| failure.report()).collect::<Vec<_>>());
    assert_eq!(two.passed() + two.failed(), last + 1, "nothing beyond the last one counts");
}
