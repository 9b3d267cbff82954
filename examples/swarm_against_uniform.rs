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

/// By how much one finds sooner than the other, by how often each finds anything; and whether that is more than noise: two standard
/// deviations of the logarithm.
fn times_sooner(found: usize, other: usize) -> (f64, bool) {
    let [found, other] = [found, other].map(|count| count.max(1) as f64);
    let ratio = found / other;
    (ratio, ratio.ln().abs() > 2.0 * (1.0 / found + 1.0 / other).sqrt())
}

fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

fn main() {
    println!("seeds to the first finding, mean of {RANGES} ranges of {SEEDS}; findings in all {} seeds", RANGES * SEEDS);
    println!("{:44} {:>16} {:>6}   {:>23} {:>6}", "", "first finding", "times", "findings", "times");
    println!(
        "{:44} {:>8}{:>8} {:>6}   {:>8}{:>8}{:>7} {:>6}",
        "", "profile", "uniform", "sooner", "profile", "uniform", "calm", "more"
    );
    let (mut sooner, mut more) = (Vec::new(), Vec::new());
    for planted in &PLANTED {
        let hunt = planted.bug.hunt(Form::Machine);
        let uniform = Uniform::of(&hunt, hunt.cluster.start(Seed(0)).lasting());
        let scenario = hunt.scenario();
        let by_profile = findings(planted, |seed| scenario.run(seed));
        let by_uniform = findings(planted, |seed| hunt.cluster.clone().faults(uniform.draw(seed)).run(seed));
        let in_calm = findings(planted, |seed| hunt.cluster.run(seed));
        let [profile, plain] = [&by_profile, &by_uniform].map(|found| mean_of_first(found));
        let (times, is_sure) = times_sooner(by_profile.len(), by_uniform.len());
        sooner.push(plain / profile);
        more.push(times);
        println!(
            "{:44} {profile:>8.1}{plain:>8.1} {:>6.2}   {:>8}{:>8}{:>7} {times:>6.2}{}",
            planted.bug.to_string(),
            plain / profile,
            by_profile.len(),
            by_uniform.len(),
            in_calm.len(),
            if is_sure { "" } else { "  within noise" }
        );
    }
    println!("{:44} {:>16} {:>6.2}   {:>23} {:>6.2}", "geometric mean", "", geometric_mean(&sooner), "", geometric_mean(&more));
}
