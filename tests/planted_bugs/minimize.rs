//! The minimized case of every planted bug is about that bug, and small.

use cluster_sim::explore::Minimized;
use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::planted_bugs::{PLANTED, Planted};
use rstest::rstest;

use crate::search::of;

/// How many failing seeds of each bug are minimized.
const FAILURES: usize = 3;

/// A case with at most this many decisions can be followed by a reader.
const FEW_DECISIONS: usize = 10;

/// The first failing runs within the seeds granted to a bug.
fn failures(planted: Planted, scenario: &Scenario) -> Vec<Report> {
    let reports = (0..planted.seeds).map(|seed| scenario.run(Seed(seed)));
    reports.filter(|report| report.outcome == Outcome::Violated).take(FAILURES).collect()
}

/// The ways in which the minimized case of a run is wrong.
fn problems(planted: Planted, style: NodeStyle, seed: Seed, minimized: &Minimized) -> Vec<&'static str> {
    let run = |hunted: Scenario| minimized.case.apply_to(&hunted).run(seed);
    let (rerun, sound) = (run(planted.bug.hunt(style).scenario()), run(planted.bug.sound(style).scenario()));
    let is_well = [
        (minimized.finding.rule == planted.rule, "it must break the rule of the bug"),
        (minimized.is_minimal, "it must be minimal"),
        (minimized.faults.1 <= planted.faults, "it must have at most the faults of the table"),
        (minimized.decisions.1.is_some_and(|count| count <= planted.decisions), "it must have at most the decisions of the table"),
        (rerun.digest == minimized.digest && rerun.finding().as_ref() == Some(&minimized.finding), "it must reproduce the run"),
        (sound.finding().is_none(), "it must break nothing without the bug"),
    ];
    is_well.into_iter().filter(|(is_well, _)| !is_well).map(|(_, problem)| problem).collect()
}

/// The ways in which the minimized cases of a bug are wrong.
fn problems_of(planted: Planted, style: NodeStyle) -> Vec<String> {
    let scenario = planted.bug.hunt(style).scenario();
    let reports = failures(planted, &scenario);
    assert_eq!(reports.len(), FAILURES, "{} fails often enough", planted.bug);
    let found = reports.iter().flat_map(|report| {
        let (seed, minimized) = (report.seed(), scenario.shrink(report).expect("it broke a rule"));
        let about = format!("{:44} {style:8?} {seed:6} {minimized}", planted.bug.to_string());
        println!("{about}");
        problems(planted, style, seed, &minimized).into_iter().map(move |problem| format!("{about}: {problem}"))
    });
    found.collect()
}

#[rstest]
fn every_planted_bug_is_minimized_to_the_bounds_of_the_table(
    #[values("echo", "gossip", "edge-cache")] system: &str,
    #[values(NodeStyle::Machine, NodeStyle::Async)] style: NodeStyle,
) {
    let problems: Vec<String> = of(system).into_iter().flat_map(|planted| problems_of(planted, style)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Every bug has equally many cases, within the decisions of the table, so the share of bugs is a lower bound for the share of
/// cases.
#[test]
fn four_of_five_cases_have_at_most_ten_decisions() {
    let few = PLANTED.iter().filter(|planted| planted.decisions <= FEW_DECISIONS).count();
    assert!(10 * few >= 8 * PLANTED.len(), "{few} of {}", PLANTED.len());
}
