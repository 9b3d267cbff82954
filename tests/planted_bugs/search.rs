//! Every planted bug is found by its rule within the seeds granted to it in advance; without the bug those seeds find nothing.

use cluster_sim::fault::{FaultRecord, ScheduledFault};
use cluster_sim::prelude::*;
use cluster_sim_scenarios::{NodeStyle, PlantedBug};
use cluster_sim_testkit::uniform::Uniform;
use serde_json::json;

/// Why a bug was not found as expected; none if it was.
fn problem(planted: &PlantedBug, style: NodeStyle) -> Option<String> {
    let (seeds, rule) = (planted.expected.seeds, planted.expected.rule);
    let sweep = planted.hunt(style).scenario().sweep(0..seeds);
    let Some(report) = sweep.failure() else {
        return Some(format!("{planted} was not found within {seeds} seeds"));
    };
    println!("{:44} {style:8?} seed {:4} of {seeds:5}", planted.to_string(), sweep.passed());
    let rules: Vec<&str> = report.violations.iter().map(|violation| violation.rule.as_str()).collect();
    // A rule may be broken several times in one step.
    let is_right = report.outcome == Outcome::Violated && rules.iter().all(|broken| *broken == rule);
    (!is_right).then(|| format!("{planted} was to break {rule:?} alone, and did this:\n{report}"))
}

/// Asserts that the seeds of each bug find it.
pub(crate) fn assert_found(bugs: &[PlantedBug], style: NodeStyle) {
    let complaints: Vec<String> = bugs.iter().filter_map(|planted| problem(planted, style)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Asserts that the seeds of all bugs find nothing without them.
pub(crate) fn assert_sound(bugs: &[PlantedBug], style: NodeStyle) {
    let most = bugs.iter().map(|planted| planted.expected.seeds).max().expect("the system has bugs");
    bugs[0].sound(style).scenario().sweep(0..most).assert_ok();
}

#[test]
fn every_bug_has_its_own_name_and_seeds_by_difficulty() {
    let registry = cluster_sim_scenarios::builtin();
    for bug in registry.bugs() {
        let same = registry.bugs().filter(|other| other.to_string() == bug.to_string()).count();
        assert_eq!(same, 1, "{bug}");
        assert!([20, 200, 2_000].contains(&bug.expected.seeds), "{bug:?}");
    }
}

#[test]
fn a_planted_bug_is_serialized_by_name() {
    let registry = cluster_sim_scenarios::builtin();
    let bug = registry.bug("edge-cache/session-stays-behind").expect("it is planted");
    let data = json!({
        "system": "edge-cache", "bug": "session-stays-behind", "rule": bug.expected.rule, "seeds": 200, "faults": 0, "decisions": 3,
        "operations": 0,
    });
    assert_eq!(serde_json::to_value(bug).expect("it is plain data"), data);
}

/// The seeds that break a rule of a bug's hunt, each with the rule that was broken first.
fn broken(planted: &PlantedBug, style: NodeStyle, seeds: &[u64]) -> Vec<(u64, String)> {
    let scenario = planted.hunt(style).scenario();
    let first = |seed: &u64| Some((*seed, scenario.run(Seed(*seed)).violations.into_iter().next()?.rule));
    seeds.iter().filter_map(first).collect()
}

/// Asserts that machines and async functions with a bug fail from the same seeds, by the same rules.
///
/// Without faults that let several things be due at one instant, as a pause does: a machine takes waiting messages and overdue timers
/// one by one, and a task sees them all at once.
pub(crate) fn assert_same_seeds(bugs: &[PlantedBug]) {
    const SEEDS: u64 = 60;
    let sound = bugs[0].sound(NodeStyle::Machine).scenario();
    let gathers = |record: &FaultRecord| record.effect > 0 && GATHERING.contains(&record.fault.kind());
    let seeds: Vec<u64> = (0..SEEDS).filter(|seed| !sound.run(Seed(*seed)).faults.iter().any(gathers)).collect();
    assert!(seeds.len() > SEEDS as usize / 3, "{seeds:?} are without a pause");
    for planted in bugs {
        let [machines, tasks] = [NodeStyle::Machine, NodeStyle::Async].map(|style| broken(planted, style, &seeds));
        assert_eq!(machines, tasks, "{planted}");
    }
}

/// The faults after which several things may be due at one instant.
const GATHERING: [&str; 4] = ["pause", "coalesced timers", "disk stall", "disk limit"];

fn is_long(planted: &PlantedBug) -> bool {
    matches!(planted.system, "ledger" | "kv" | "replicated-log")
}

/// How many seeds of a bug are compared.
fn compared(planted: &PlantedBug) -> u64 {
    // A run of one of these takes as long as five of another system.
    if is_long(planted) { 200 } else { 1_000 }
}

/// In how many seeds the bug is found by its rule.
fn findings(planted: &PlantedBug, run: impl Fn(Seed) -> Report) -> usize {
    let reports = (0..compared(planted)).map(|seed| run(Seed(seed)));
    reports.filter(|report| report.violations.first().is_some_and(|violation| violation.rule == planted.expected.rule)).count()
}

/// Compares the swarm of a profile with a nemesis that draws everything uniformly and applies one fault at a time, by the bugs that
/// need several faults: those that one fault shows, or none, any plan finds about as often.
/// `examples/swarm_against_uniform.rs` prints all figures, and those of uniform plans with as many faults as the swarm has.
#[test]
fn a_swarm_finds_bugs_three_times_as_often_as_a_nemesis() {
    let compare = |planted: &PlantedBug| {
        let hunt = planted.hunt(NodeStyle::Machine);
        let (scenario, nemesis) = (hunt.scenario(), Uniform::nemesis(hunt));
        (findings(planted, |seed| scenario.run(seed)), findings(planted, |seed| nemesis.run(seed)))
    };
    let registry = crate::systems();
    // So few seeds of a long run say nothing about a bug that needs 2,000.
    let is_decisive = |bug: &&PlantedBug| bug.expected.faults > 1 && (!is_long(bug) || bug.expected.seeds <= compared(bug));
    // A run of the queue takes as long as fifty of another system.
    let is_compared = |bug: &&PlantedBug| bug.system != "stream-queue" && is_decisive(bug);
    let planted: Vec<&PlantedBug> = registry.bugs().filter(is_compared).collect();
    let (one, other) = planted.split_at(planted.len() / 2);
    let all = std::thread::scope(|scope| {
        let other = scope.spawn(|| other.iter().copied().map(compare).collect::<Vec<_>>());
        let one: Vec<_> = one.iter().copied().map(compare).collect();
        [one, other.join().expect("it only counts")].concat()
    });
    let later: Vec<_> = planted.iter().zip(&all).filter(|(_, (swarm, nemesis))| swarm < nemesis).collect();
    assert!(later.is_empty(), "found less often than by a nemesis: {later:?}");
    // A bug that the nemesis never finds counts as found once.
    let ratios = all.iter().map(|(swarm, nemesis)| (*swarm as f64 / (*nemesis).max(1) as f64).ln());
    let mean = (ratios.sum::<f64>() / all.len() as f64).exp();
    assert!(mean >= 3.0, "{mean} times as often on average: {all:?}");
}

#[test]
fn uniform_plans_have_the_wanted_mean_number_of_faults() {
    const SEEDS: u64 = 1_000;
    // The system in which some nodes are spared and links have many classes.
    let hunt = cluster_sim_scenarios::edge_cache::planted::cluster(NodeStyle::Machine, None);
    let uniform = Uniform::nemesis(hunt.clone()).with_faults(8.0);
    let faults: usize = (0..SEEDS).map(|seed| uniform.draw(Seed(seed)).faults().len()).sum();
    let mean = faults as f64 / SEEDS as f64;
    assert!((7.5..8.5).contains(&mean), "{mean} faults a run");
    assert_eq!(uniform.draw(Seed(7)), uniform.draw(Seed(7)));
    uniform.run(Seed(7)).assert_ok();
    let nemesis = Uniform::nemesis(hunt);
    for plan in (0..SEEDS).map(|seed| nemesis.draw(Seed(seed))) {
        let is_over = |pair: &[ScheduledFault]| pair[1].at >= pair[0].at + pair[0].fault.duration().expect("all have an end");
        assert!(plan.faults().windows(2).all(is_over), "{plan:?}");
        assert!(plan.faults().iter().all(|scheduled| !scheduled.fault.nodes().contains(&"source/0")), "{plan:?}");
    }
}
