//! Every planted bug is found by its rule within the seeds granted to it in advance; without the bug those seeds find nothing.

use std::collections::BTreeSet;

use cluster_sim::fault::ScheduledFault;
use cluster_sim::prelude::*;
use cluster_sim_echo as echo;
use cluster_sim_edge_cache as edge_cache;
use cluster_sim_gossip as gossip;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::planted_bugs::{PLANTED, Planted, PlantedBug};
use cluster_sim_testkit::uniform::Uniform;
use rstest::rstest;

/// The planted bugs of a system.
pub(crate) fn of(system: &str) -> Vec<Planted> {
    PLANTED.into_iter().filter(|planted| planted.bug.system() == system).collect()
}

/// Why a bug was not found as expected; none if it was.
fn problem(planted: Planted, style: NodeStyle) -> Option<String> {
    let sweep = planted.bug.hunt(style).scenario().sweep(0..planted.seeds);
    let Some(report) = sweep.failure() else {
        return Some(format!("{} was not found within {} seeds", planted.bug, planted.seeds));
    };
    println!("{:44} {style:8?} seed {:4} of {:5}", planted.bug.to_string(), sweep.passed(), planted.seeds);
    let rules: Vec<&str> = report.violations.iter().map(|violation| violation.rule.as_str()).collect();
    let is_right = report.outcome == Outcome::Violated && rules == [planted.rule];
    (!is_right).then(|| format!("{} was to break {:?} alone, and did this:\n{report}", planted.bug, planted.rule))
}

#[rstest]
fn every_planted_bug_is_found_by_its_rule_within_its_seeds(
    #[values("echo", "gossip", "edge-cache")] system: &str,
    #[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle,
) {
    let complaints: Vec<String> = of(system).into_iter().filter_map(|planted| problem(planted, style)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[rstest]
fn without_a_planted_bug_those_seeds_find_nothing(
    #[values("echo", "gossip", "edge-cache")] system: &str,
    #[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle,
) {
    let planted = of(system);
    let most = planted.iter().map(|planted| planted.seeds).max().expect("every system has bugs");
    planted[0].bug.sound(style).scenario().sweep(0..most).assert_ok();
}

#[test]
fn the_table_lists_every_bug_once_with_seeds_by_difficulty() {
    let all = (echo::Bug::ALL.iter().copied().map(PlantedBug::Echo))
        .chain(gossip::Bug::ALL.iter().copied().map(PlantedBug::Gossip))
        .chain(edge_cache::Bug::ALL.iter().copied().map(PlantedBug::EdgeCache));
    assert_eq!(all.collect::<BTreeSet<_>>(), PLANTED.map(|planted| planted.bug).into_iter().collect());
    assert_eq!(PLANTED.map(|planted| planted.bug.to_string()).into_iter().collect::<BTreeSet<_>>().len(), PLANTED.len());
    assert!(PLANTED.iter().all(|planted| [20, 200, 2_000].contains(&planted.seeds)));
}

#[test]
fn a_planted_bug_is_serialized_by_name() {
    let bug = PlantedBug::EdgeCache(edge_cache::Bug::SessionStaysBehind);
    let text = serde_json::to_string(&bug).expect("it is plain data");
    assert_eq!(text, r#"{"system":"edge-cache","bug":"session-stays-behind"}"#);
    for Planted { bug, .. } in PLANTED {
        let data = serde_json::to_value(bug).expect("it is plain data");
        let called = ["system", "bug"].map(|key| data[key].as_str().expect("it is a name"));
        assert_eq!(bug.to_string(), called.join("/"), "in data as in text");
        assert_eq!(serde_json::from_value::<PlantedBug>(data).ok(), Some(bug));
    }
}

/// In how many seeds the bug is found by its rule.
fn findings(planted: &Planted, run: impl Fn(Seed) -> Report) -> usize {
    const SEEDS: u64 = 1_000;
    let reports = (0..SEEDS).map(|seed| run(Seed(seed)));
    reports.filter(|report| report.violations.first().is_some_and(|violation| violation.rule == planted.rule)).count()
}

/// Compares the swarm of a profile with a nemesis that draws everything uniformly and applies one fault at a time.
/// `examples/swarm_against_uniform.rs` prints all figures, and those of uniform plans with as many faults as the swarm has.
#[test]
fn a_swarm_finds_bugs_three_times_as_often_as_a_nemesis() {
    let compare = |planted: &Planted| {
        let hunt = planted.bug.hunt(NodeStyle::Machine);
        let (scenario, nemesis) = (hunt.scenario(), Uniform::nemesis(hunt));
        (findings(planted, |seed| scenario.run(seed)), findings(planted, |seed| nemesis.run(seed)))
    };
    let (one, other) = PLANTED.split_at(PLANTED.len() / 2);
    let all = std::thread::scope(|scope| {
        let other = scope.spawn(|| other.iter().map(compare).collect::<Vec<_>>());
        let one: Vec<_> = one.iter().map(compare).collect();
        [one, other.join().expect("it only counts")].concat()
    });
    let later: Vec<_> = PLANTED.iter().zip(&all).filter(|(_, (swarm, nemesis))| swarm < nemesis).collect();
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
    let hunt = PlantedBug::EdgeCache(edge_cache::Bug::ALL[0]).sound(NodeStyle::Machine);
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
