//! How many seeds find each planted bug: with plans of the profile, with a random nemesis of equal mean wait and duration, and
//! with uniform plans of as many faults as the profile has.
//!
//! ```console
//! cargo run --example swarm_against_uniform
//! ```
//!
//! Ten disjoint ranges of seeds are searched up to the first that breaks the rule; a range without one counts with its length.
//! Beside these means stands how many seeds of all ranges find the bug, which has less noise.
//!
//! Read it with care. A bug that needs one fault is found most often by the most even plans, and a swarm cannot win there: six of
//! ten of its plans leave a kind out. It wins where a bug needs several faults of one kind on one node.

use std::ops::Range;

use cluster_sim::prelude::*;
use cluster_sim_scenarios::{NodeStyle, PlantedBug};
use cluster_sim_testkit::uniform::Uniform;

const RANGES: u64 = 10;
const SEEDS: u64 = 400;
/// How many seeds of a profile its faults are counted in.
const GATHERED: u64 = 1_000;

/// The seeds of all ranges in which the bug is found.
fn findings(planted: &PlantedBug, run: impl Fn(Seed) -> Report) -> Vec<u64> {
    let finds = |seed: &u64| {
        let report = run(Seed(*seed));
        report.violations.first().is_some_and(|violation| violation.rule == planted.expected.rule)
    };
    (0..RANGES * SEEDS).filter(finds).collect()
}

/// How many seeds of a range are run up to the first finding.
fn seeds_to_first(findings: &[u64], range: Range<u64>) -> u64 {
    findings.iter().find(|seed| range.contains(seed)).map_or(range.end - range.start, |seed| seed - range.start + 1)
}

fn mean_of_first(findings: &[u64]) -> f64 {
    (0..RANGES).map(|range| seeds_to_first(findings, range * SEEDS..(range + 1) * SEEDS)).sum::<u64>() as f64 / RANGES as f64
}

fn geometric_mean(ratios: impl Iterator<Item = f64> + Clone) -> f64 {
    (ratios.clone().map(f64::ln).sum::<f64>() / ratios.count() as f64).exp()
}

fn main() {
    println!("seeds to the first finding, mean of {RANGES} ranges of {SEEDS}, and findings in all {} seeds", RANGES * SEEDS);
    println!("{:44}{:^19}{:^19}{:^19}", "", "profile", "nemesis", "as many, uniform");
    let mut sooner = [Vec::new(), Vec::new()];
    for planted in cluster_sim_scenarios::builtin().bugs() {
        let hunt = planted.hunt(NodeStyle::Machine);
        let scenario = hunt.scenario();
        // A report lists the whole plan, also faults that were not applied.
        let faults: usize = (0..GATHERED).map(|seed| scenario.run(Seed(seed)).faults.len()).sum();
        let nemesis = Uniform::nemesis(hunt.clone());
        let as_many = Uniform::nemesis(hunt).with_faults(faults as f64 / GATHERED as f64);
        let profile = findings(planted, |seed| scenario.run(seed));
        let others = [&nemesis, &as_many].map(|plans| findings(planted, |seed| plans.run(seed)));
        print!("{:44}{:>10.1} {:>6}  ", planted.to_string(), mean_of_first(&profile), profile.len());
        for (found, sooner) in others.iter().zip(&mut sooner) {
            print!("{:>10.1} {:>6}  ", mean_of_first(found), found.len());
            sooner.push([mean_of_first(found) / mean_of_first(&profile), profile.len().max(1) as f64 / found.len().max(1) as f64]);
        }
        println!();
    }
    for (name, sooner) in ["nemesis", "as many, uniform"].into_iter().zip(&sooner) {
        let [first, all] = [0, 1].map(|which| geometric_mean(sooner.iter().map(move |times| times[which])));
        println!("geometric mean against {name}: found {first:.2} times sooner, {all:.2} times as often");
    }
}
