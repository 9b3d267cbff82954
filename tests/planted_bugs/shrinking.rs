//! The smallest story of every planted bug is about that bug, and small.

use cluster_sim::Minimized;
use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::planted_bugs::{PLANTED, Planted};
use rstest::rstest;

use crate::finding::of;

/// So many failing seeds of each bug are looked at.
const FAILURES: usize = 3;

/// A story with more decisions than these is none that a person keeps in mind.
const FEW_DECISIONS: usize = 10;

/// The first runs that fail, of those from the seeds that are granted.
fn failures(planted: Planted, scenario: &Scenario) -> Vec<Report> {
    let reports = (0..planted.seeds).map(|seed| scenario.run(Seed(seed)));
    reports.filter(|report| report.outcome == Outcome::Violated).take(FAILURES).collect()
}

/// What is wrong with the smallest story of a run, in words.
fn complaints(planted: Planted, form: NodeStyle, seed: Seed, shrunk: &Minimized) -> Vec<&'static str> {
    let told = |hunted: Scenario| shrunk.case.apply_to(&hunted).run(seed);
    let (again, sound) = (told(planted.bug.hunt(form).scenario()), told(planted.bug.sound(form).scenario()));
    let is_well = [
        (shrunk.finding.rule == planted.rule, "it is to break the same rule"),
        (shrunk.is_minimal, "it is to be the smallest"),
        (shrunk.faults.1 <= planted.faults, "it is to take no more faults than the table says"),
        (shrunk.decisions.1.is_some_and(|count| count <= planted.decisions), "it is to take no more decisions than the table says"),
        (again.digest == shrunk.digest && again.finding().as_ref() == Some(&shrunk.finding), "it is to be the same run again"),
        (sound.finding().is_none(), "it is to break nothing where nothing is planted"),
    ];
    is_well.into_iter().filter(|(is_well, _)| !is_well).map(|(_, complaint)| complaint).collect()
}

/// What is wrong with the smallest stories of a bug.
fn shrunk(planted: Planted, form: NodeStyle) -> Vec<String> {
    let scenario = planted.bug.hunt(form).scenario();
    let reports = failures(planted, &scenario);
    assert_eq!(reports.len(), FAILURES, "{} fails often enough", planted.bug);
    let stories = reports.iter().flat_map(|report| {
        let (seed, shrunk) = (report.seed(), scenario.shrink(report).expect("it broke a rule"));
        let about = format!("{:44} {form:8?} {seed:6} {shrunk}", planted.bug.to_string());
        println!("{about}");
        complaints(planted, form, seed, &shrunk).into_iter().map(move |complaint| format!("{about}: {complaint}"))
    });
    stories.collect()
}

#[rstest]
fn every_planted_bug_comes_down_to_the_faults_and_decisions_of_the_table(
    #[values("echo", "gossip", "edge-cache")] system: &str,
    #[values(NodeStyle::Machine, NodeStyle::Async)] form: NodeStyle,
) {
    let complaints: Vec<String> = of(system).into_iter().flat_map(|planted| shrunk(planted, form)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Every bug has as many stories here, and none takes more decisions than the table says: the share of bugs is the least share of stories.
#[test]
fn four_in_five_stories_take_ten_decisions_or_fewer() {
    let few = PLANTED.iter().filter(|planted| planted.decisions <= FEW_DECISIONS).count();
    assert!(10 * few >= 8 * PLANTED.len(), "{few} of {}", PLANTED.len());
}
