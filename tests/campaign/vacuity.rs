//! Rules that have nothing to judge, points that no seed reaches, and chaos that draws nothing: judged over a sweep.

use cluster_sim::explore::Sweep;
use cluster_sim::prelude::*;
use cluster_sim_testkit::panics::panic_of;
use cluster_sim_testkit::units::milliseconds;
use rstest::rstest;

use crate::count;

const SEEDS: u64 = 16;
/// The first silent seed.
const FIRST_SILENT: u64 = 1;
const SHORT: &str = "words are short";

/// Publishes a number.
async fn counts(node: Node) {
    node.publish(|number: &mut u64| *number = 1);
    node.sleep(Duration::from_secs(10)).await;
}

/// Publishes a word in half of the seeds.
async fn speaks(node: Node) {
    if node.roll("speaks", 0).below(2) == 0 {
        node.publish(|word: &mut u32| *word = 1);
    }
    node.sleep(Duration::from_secs(10)).await;
}

fn speaking() -> Scenario {
    Scenario::new("speaking")
        .nodes("node", 1, counts)
        .nodes("speaker", 1, speaks)
        .always("numbers are small", |world| world.views::<u64>().all(|(_, number)| *number < 10))
        .always(SHORT, |world| world.views::<u32>().all(|(_, word)| *word < 10))
        .duration(milliseconds(100))
}

/// The seeds in which nothing is said.
fn silent_seeds() -> Vec<u64> {
    (0..SEEDS).filter(|seed| speaking().run(Seed(*seed)).outcome == Outcome::Unknown).collect()
}

fn sweep(scenario: &Scenario, isolated: bool) -> Sweep {
    let campaign = scenario.campaign(0..SEEDS).threads(count(2));
    if isolated { campaign.isolated().run() } else { campaign.run() }
}

#[rstest]
fn a_rule_that_is_idle_in_some_seeds_fails_no_sweep(#[values(false, true)] isolated: bool) {
    let silent = silent_seeds();
    assert!(!silent.is_empty() && silent.len() < SEEDS as usize, "{silent:?}");
    let sweep = sweep(&speaking(), isolated);
    sweep.assert_ok();
    assert_eq!((sweep.passed(), sweep.exit_code()), (SEEDS, 0), "{sweep}");
    let first = sweep.first_passed().expect("it passed");
    assert!(first.outcome == Outcome::Held && first.checks.iter().all(|check| check.unknown.is_none()), "{first}");
    // By itself, such a seed proves nothing.
    let alone = speaking().campaign(silent[0]..silent[0] + 1).run();
    assert_eq!((alone.is_ok(), alone.exit_code()), (false, 4), "{alone}");
}

#[rstest]
fn a_rule_that_is_idle_in_every_seed_fails_the_sweep(#[values(false, true)] isolated: bool) {
    let scenario = speaking().always("names are short", |world| world.views::<String>().all(|(_, name)| name.len() < 10));
    let sweep = sweep(&scenario, isolated);
    assert_eq!((sweep.failed(), sweep.failures().len(), sweep.exit_code()), (SEEDS, 1, 4), "{sweep}");
    let report = sweep.failure().expect("it failed");
    let unknown: Vec<&str> =
        report.checks.iter().filter(|check| check.unknown.is_some()).map(|check| check.name.as_str()).collect();
    assert_eq!((report.seed(), report.outcome, unknown), (Seed(0), Outcome::Unknown, vec!["names are short"]));
    assert!(sweep.to_string().contains("names are short: ") && !sweep.to_string().contains(SHORT), "{sweep}");
}

#[test]
fn a_violation_comes_before_an_idle_rule() {
    let scenario = speaking()
        .always("names are short", |world| world.views::<String>().all(|(_, name)| name.len() < 10))
        .always("nothing is said", |world| world.views::<u32>().count() == 0);
    let sweep = scenario.sweep(0..SEEDS);
    assert_eq!((sweep.failures().len(), sweep.exit_code()), (1, 1), "{sweep}");
    assert_eq!(sweep.failure().expect("it failed").violations[0].rule, "nothing is said");
}

/// The first of these seeds is silent.
#[cluster_sim::test(seeds = 1..16)]
fn a_test_passes_although_a_rule_is_idle_in_a_seed() -> Scenario {
    assert_eq!(silent_seeds()[0], FIRST_SILENT);
    speaking()
}

#[rstest]
#[case::declared_and_idle(Some(Duration::from_secs(3_600)), FaultPlan::new(), true)]
#[case::declared_and_drawing(Some(milliseconds(20)), FaultPlan::new(), false)]
#[case::idle_beside_a_plan(Some(Duration::from_secs(3_600)), pause(), true)]
#[case::not_declared(None, FaultPlan::new(), false)]
fn chaos_that_drew_nothing_fails_a_sweep_that_requires_coverage(
    #[case] interval: Option<Duration>,
    #[case] plan: FaultPlan,
    #[case] is_missing: bool,
) {
    let profile = |mean_interval| FaultProfile { mean_interval, mean_duration: milliseconds(5), ..FaultProfile::default() };
    let scenario = speaking().nodes("other", 2, counts).faults(plan);
    let scenario = interval.into_iter().fold(scenario, |scenario, interval| scenario.chaos(profile(interval)));
    let sweep = scenario.campaign(0..SEEDS).require_coverage().run();
    let coverage = sweep.coverage().expect("every seed was run");
    let missing: Vec<String> = coverage.missing().into_iter().filter(|missing| missing.starts_with("chaos ")).collect();
    assert_eq!(missing.len(), usize::from(is_missing), "{sweep}");
    assert_eq!(coverage.chaos_runs, if interval.is_some() { SEEDS } else { 0 });
    if is_missing {
        let expected = "chaos was declared and drew no fault in 16 runs; make its `mean_interval` shorter";
        assert!(!sweep.is_ok() && panic_of(|| sweep.assert_ok()).contains(expected), "{sweep}");
        scenario.campaign(0..SEEDS).with_coverage().run().assert_ok();
    }
}

fn pause() -> FaultPlan {
    let pause = NodeFault::Pause { node: "node/0".to_owned(), duration: Some(milliseconds(5)) };
    FaultPlan::new().at(milliseconds(10), pause)
}

#[test]
fn points_can_be_required_without_the_rest() {
    let late = NodeFault::Pause { node: "node/0".to_owned(), duration: None };
    let scenario = speaking()
        .sometimes("a word is said", |world| world.views::<u32>().count() > 0)
        .faults(FaultPlan::new().at(Duration::from_secs(60), late));
    let points = |scenario: &Scenario| scenario.campaign(0..SEEDS).require_sometimes().run();
    points(&scenario).assert_ok();
    assert!(!scenario.campaign(0..SEEDS).require_coverage().run().is_ok(), "the fault comes too late");
    let scenario = scenario.sometimes("two words are said", |world| world.views::<u32>().count() > 1);
    let sweep = points(&scenario);
    assert_eq!((sweep.is_ok(), sweep.exit_code()), (false, 4), "{sweep}");
    assert_eq!(sweep.suite_cases().len(), 2);
    let missing = sweep.suite_cases()[1].error.clone().expect("it is missing");
    assert!(missing.starts_with("point \"two words are said\" was never reached") && !missing.contains("pause"), "{missing}");
}
