//! How many seeds it takes to find each planted bug, by the plans of the profile and by plans that draw every fault by itself.
//!
//! ```console
//! cargo run --example swarm_against_uniform
//! ```
//!
//! Ten disjoint ranges of seeds are searched to the first that breaks the rule; where none of a range does, its length counts. Beside the
//! means stands how often any seed of them all finds the bug, which says the same with less noise.

#[path = "../tests/common/uniform.rs"]
mod uniform;

use std::ops::Range;

use cluster_sim::prelude::*;
use cluster_sim_scenarios::Form;
use cluster_sim_scenarios::hunt::{PLANTED, Planted};

use uniform::Uniform;

const RANGES: u64 = 10;
const SEEDS: u64 = 400;

/// In which of the seeds of all ranges the bug is found.
fn findings(planted: &Planted, run: impl Fn(Seed) -> Report) -> Vec<u64> {
    let finds = |seed: &u64| {
        let report = run(Seed(*seed));
        report.violations.first().is_some_and(|violation| violation.rule == planted.rule)
    };
    (0..RANGES * SEEDS).filter(finds).collect()
}

/// How many seeds of that range it takes to the first finding.
fn seeds_to_first(findings: &[u64], range: Range<u64>) -> u64 {
    findings.iter().find(|seed| range.contains(seed)).map_or(range.end - range.start, |seed| seed - range.start + 1)
}

fn mean_of_first(findings: &[u64]) -> f64 {
    (0..RANGES).map(|range| seeds_to_first(findings, range * SEEDS..(range + 1) * SEEDS)).sum::<u64>() as f64 / RANGES as f64
}

fn main() {
    println!("{:44} {:>9} {:>9} {:>7}   {:>8} {:>8} {:>8}", "", "profile", "uniform", "times", "profile", "uniform", "calm");
    println!("{:44} {:>9} {:>9} {:>7}   {:>8} {:>8} {:>8}", "", "seeds", "seeds", "faster", "finds", "finds", "finds");
    let mut logarithms = Vec::new();
    for planted in &PLANTED {
        let hunt = planted.bug.hunt(Form::Machine);
        let lasting = hunt.cluster.start(Seed(0)).lasting();
        let uniform = Uniform::of(&hunt, lasting);
        let swarm = hunt.scenario();
        let by_profile = findings(planted, |seed| swarm.run(seed));
        let by_uniform = findings(planted, |seed| hunt.cluster.clone().faults(uniform.draw(seed)).run(seed));
        let in_calm = findings(planted, |seed| hunt.cluster.run(seed));
        let [profile, plain] = [&by_profile, &by_uniform].map(|found| mean_of_first(found));
        let share = |found: &[u64]| format!("{:.2}%", 100.0 * found.len() as f64 / (RANGES * SEEDS) as f64);
        logarithms.push((plain / profile).ln());
        println!(
            "{:44} {profile:>9.1} {plain:>9.1} {:>7.2}   {:>8} {:>8} {:>8}",
            planted.bug.to_string(),
            plain / profile,
            share(&by_profile),
            share(&by_uniform),
            share(&in_calm)
        );
    }
    let geometric = (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp();
    println!("{:44} {:>9} {:>9} {geometric:>7.2}", "geometric mean", "", "");
}
