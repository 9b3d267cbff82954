//! The minimized case of every planted bug is about that bug, and small.

use cluster_sim::explore::{BuildInfo, Minimized, Reproducer, ScenarioSource};
use cluster_sim::prelude::*;
use cluster_sim_scenarios::{NodeStyle, PlantedBug};

/// How many failing seeds of a bug are minimized.
fn failures_of(planted: &PlantedBug) -> usize {
    // A case of these begins with a hundred faults: each takes as long as three of another system.
    if matches!(planted.system, "ledger" | "replicated-log" | "stream-queue") { 1 } else { 3 }
}

/// How many failing seeds of a bug are passed over first.
fn passed_over(planted: &PlantedBug) -> usize {
    match planted.to_string().as_str() {
        // The first case is rot and two failed syncs: a search of a minute leaves a thousand decisions in it.
        "ledger/corruption-is-torn-tail" => 1,
        // The first case is an election by chance: its messages keep forty of their delays.
        "replicated-log/commit-stall" => 1,
        // The first case is a cluster that loses three of four messages: it keeps fifty of these losses.
        "replicated-log/snapshot-lowers-applied" => 1,
        _ => 0,
    }
}

/// A case with at most this many decisions can be followed by a reader.
const FEW_DECISIONS: usize = 10;

/// The failing runs of a bug that are minimized, within the seeds granted to it.
fn failures(planted: &PlantedBug, scenario: &Scenario) -> Vec<Report> {
    let reports = (0..planted.expected.seeds).map(|seed| scenario.run(Seed(seed)));
    let failing = reports.filter(|report| report.outcome == Outcome::Violated);
    failing.skip(passed_over(planted)).take(failures_of(planted)).collect()
}

/// The ways in which the minimized case of a run is wrong.
fn problems(planted: &PlantedBug, style: NodeStyle, report: &Report, minimized: &Minimized) -> Vec<&'static str> {
    let seed = report.seed();
    let run = |hunted: Scenario| minimized.case.apply_to(&hunted).run(seed);
    let rerun = run(planted.hunt(style).scenario());
    let source = ScenarioSource::Registered { name: report.scenario.clone(), file: None };
    let kept = Reproducer::of(source, report, Some(minimized.clone()), BuildInfo::default()).expect("it broke a rule");
    // As a case that is kept in `tests/regressions` is checked.
    let mended = Reproducer { scenario: planted.sound(style).scenario().name().to_owned(), ..kept };
    let mended = planted.sound(style).scenario().check_regression(&mended).expect("it fits");
    // A single decision may be about a message that correct code does not send.
    let is_tiny = minimized.faults.1 <= 1 && minimized.decisions.1.is_some_and(|count| count <= 1);
    let is_well = [
        (minimized.finding.rule == planted.expected.rule, "it must break the rule of the bug"),
        (minimized.is_minimal, "it must be minimal"),
        (minimized.faults.1 <= planted.expected.faults, "it must have at most the faults of the table"),
        (
            minimized.decisions.1.is_some_and(|count| count <= planted.expected.decisions),
            "it must have at most the decisions of the table",
        ),
        (minimized.operations.1 <= planted.expected.operations, "it must have at most the operations of the table"),
        (rerun.digest == minimized.digest && rerun.finding().as_ref() == Some(&minimized.finding), "it must reproduce the run"),
        (
            mended.outcome == Outcome::Held || (is_tiny && mended.outcome == Outcome::Stale),
            "as a kept regression it must hold without the bug, and still have an effect",
        ),
    ];
    is_well.into_iter().filter(|(is_well, _)| !is_well).map(|(_, problem)| problem).collect()
}

/// The ways in which the minimized cases of a bug are wrong.
fn problems_of(planted: &PlantedBug, style: NodeStyle) -> Vec<String> {
    let scenario = planted.hunt(style).scenario();
    let reports = failures(planted, &scenario);
    assert_eq!(reports.len(), failures_of(planted), "{} fails often enough", planted);
    let found = reports.iter().flat_map(|report| {
        let (seed, minimized) = (report.seed(), scenario.shrink(report).expect("it broke a rule"));
        let about = format!("{:44} {style:8?} {seed:6} {minimized}", planted.to_string());
        println!("{about}");
        problems(planted, style, report, &minimized).into_iter().map(move |problem| format!("{about}: {problem}"))
    });
    found.collect()
}

/// Asserts that the minimized cases of every bug are about it, and small.
pub(crate) fn assert_minimized(bugs: &[PlantedBug], style: NodeStyle) {
    let problems: Vec<String> = bugs.iter().flat_map(|planted| problems_of(planted, style)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Every bug has equally many cases, within the decisions of the table, so the share of bugs is a lower bound for the share of
/// cases.
#[test]
fn four_of_five_cases_have_at_most_ten_decisions() {
    let registry = crate::systems();
    let (all, few) = (registry.bugs().count(), registry.bugs().filter(|bug| bug.expected.decisions <= FEW_DECISIONS).count());
    assert!(10 * few >= 8 * all, "{few} of {all}");
}
