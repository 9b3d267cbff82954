//! The bug that acknowledges before it syncs is found early from any seed on (R01).

use cluster_sim::prelude::*;
use cluster_sim_replicated_log::Bug;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::replicated_log::planted;

/// Masters, each the first of its own seeds.
const MASTERS: u64 = 30;
/// The most seeds that half of the masters may need.
const MEDIAN_MAX: usize = 20;

#[test]
fn an_early_acknowledgement_is_found_within_20_seeds_of_most_masters() {
    let scenario = planted::cluster(NodeStyle::Machine, Some(Bug::AckBeforeDurable)).scenario();
    let needed = |master: u64| {
        // Far apart, so that no two masters share a seed.
        let first = master << 40;
        (first..first + 200)
            .position(|seed| scenario.run(Seed(seed)).outcome == Outcome::Violated)
            .map_or(usize::MAX, |seeds| seeds + 1)
    };
    let mut seeds: Vec<usize> = (0..MASTERS).map(needed).collect();
    seeds.sort_unstable();
    println!("seeds that each master needs: {seeds:?}");
    assert!(seeds[seeds.len() / 2] <= MEDIAN_MAX, "{seeds:?}");
}
