//! Every planted bug is found by the rule that is there for it, within the seeds that were granted before it was first looked for; and from the
//! same seeds nothing is found where there is none.

use std::collections::BTreeSet;

use cluster_sim::prelude::*;
use cluster_sim_echo as echo;
use cluster_sim_edge_cache as edge_cache;
use cluster_sim_gossip as gossip;
use cluster_sim_scenarios::Form;
use cluster_sim_scenarios::hunt::{PLANTED, Planted, PlantedBug};
use rstest::rstest;

use crate::uniform::Uniform;

/// The planted bugs of a system.
pub(crate) fn of(system: &str) -> Vec<Planted> {
    PLANTED.into_iter().filter(|planted| planted.bug.system() == system).collect()
}

/// What is wrong with how a bug was found; nothing if it was found as it should be.
fn complaint(planted: Planted, form: Form) -> Option<String> {
    let sweep = planted.bug.hunt(form).scenario().sweep(0..planted.seeds);
    let Some(report) = sweep.failure() else {
        return Some(format!("{} was not found within {} seeds", planted.bug, planted.seeds));
    };
    println!("{:44} {form:8?} seed {:4} of {:5}", planted.bug.to_string(), sweep.held(), planted.seeds);
    let rules: Vec<&str> = report.violations.iter().map(|violation| violation.rule.as_str()).collect();
    let is_right = report.outcome == Outcome::Violated && rules == [planted.rule];
    (!is_right).then(|| format!("{} was to break {:?} alone, and did this:\n{report}", planted.bug, planted.rule))
}

#[rstest]
fn every_planted_bug_is_found_by_its_rule_within_its_seeds(
    #[values("echo", "gossip", "edge-cache")] system: &str,
    #[values(Form::Machine, Form::Async)] form: Form,
) {
    let complaints: Vec<String> = of(system).into_iter().filter_map(|planted| complaint(planted, form)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[rstest]
fn where_nothing_is_planted_nothing_is_found_in_the_same_seeds(
    #[values("echo", "gossip", "edge-cache")] system: &str,
    #[values(Form::Machine, Form::Async)] form: Form,
) {
    let planted = of(system);
    let most = planted.iter().map(|planted| planted.seeds).max().expect("every system has bugs");
    planted[0].bug.sound(form).scenario().sweep(0..most).assert_ok();
}

#[test]
fn the_table_holds_every_bug_once_and_grants_it_seeds_by_its_difficulty() {
    let all = (echo::Bug::ALL.map(PlantedBug::Echo).into_iter())
        .chain(gossip::Bug::ALL.map(PlantedBug::Gossip))
        .chain(edge_cache::Bug::ALL.map(PlantedBug::EdgeCache));
    assert_eq!(all.collect::<BTreeSet<_>>(), PLANTED.map(|planted| planted.bug).into_iter().collect());
    assert_eq!(PLANTED.map(|planted| planted.bug.to_string()).into_iter().collect::<BTreeSet<_>>().len(), PLANTED.len());
    assert!(PLANTED.iter().all(|planted| [20, 200, 2_000].contains(&planted.seeds)));
}

#[test]
fn a_planted_bug_is_data() {
    let bug = PlantedBug::EdgeCache(edge_cache::Bug::SessionStaysBehind);
    let text = serde_json::to_string(&bug).expect("it is plain data");
    assert_eq!(text, r#"{"system":"edge-cache","bug":"session-stays-behind"}"#);
    assert!(PLANTED.iter().all(|planted| {
        let text = serde_json::to_string(&planted.bug).expect("it is plain data");
        serde_json::from_str::<PlantedBug>(&text).is_ok_and(|read| read == planted.bug)
    }));
}

/// In how many of those seeds the first rule that is broken is the one that the bug breaks.
fn findings(planted: Planted, seeds: u64, run: impl Fn(Seed) -> Report) -> usize {
    let reports = (0..seeds).map(|seed| run(Seed(seed)));
    reports.filter(|report| report.violations.first().is_some_and(|violation| violation.rule == planted.rule)).count()
}

/// One fault is found by any plan that has it often enough, and a swarm has each kind in half of its plans only. What a swarm is for is more of
/// the same kind in one run than chance would put there: `examples/swarm_against_uniform.rs` measures all bugs.
#[test]
fn what_takes_three_faults_of_one_kind_is_found_three_times_as_often_as_by_uniform_plans() {
    const SEEDS: u64 = 1_500;
    let bug = PlantedBug::Gossip(gossip::Bug::ForgetsAfterPauses);
    let planted = PLANTED.into_iter().find(|planted| planted.bug == bug).expect("it is planted");
    let hunt = bug.hunt(Form::Machine);
    let (scenario, uniform) = (hunt.scenario(), Uniform::of(&hunt, hunt.cluster.start(Seed(0)).lasting()));
    let by_profile = findings(planted, SEEDS, |seed| scenario.run(seed));
    let by_uniform = findings(planted, SEEDS, |seed| hunt.cluster.clone().faults(uniform.draw(seed)).run(seed));
    assert!(by_profile >= 3 * by_uniform.max(3), "{by_profile} findings by the profile, {by_uniform} by uniform plans");
}

#[test]
fn a_uniform_plan_has_as_many_faults_as_the_profile_and_none_that_the_cluster_does_not_know() {
    const SEEDS: u64 = 1_000;
    // The one in which some nodes are spared and links have many classes.
    let hunt = PlantedBug::EdgeCache(edge_cache::Bug::ALL[0]).sound(Form::Machine);
    let uniform = Uniform::of(&hunt, hunt.cluster.start(Seed(0)).lasting());
    let faults: usize = (0..SEEDS).map(|seed| uniform.draw(Seed(seed)).faults().len()).sum();
    let mean = faults as f64 / SEEDS as f64;
    assert!((mean - uniform.mean()).abs() < 0.05 * uniform.mean(), "{mean} faults a run, {} expected", uniform.mean());
    assert_eq!(uniform.draw(Seed(7)), uniform.draw(Seed(7)));
    hunt.cluster.faults(uniform.draw(Seed(7))).run(Seed(7)).assert_ok();
}
