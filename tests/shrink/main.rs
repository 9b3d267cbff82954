//! The smallest story that breaks the same rule.

mod passes;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cluster_sim::prelude::*;
use cluster_sim::{Case, Finding, Health, Minimized, ShrinkBounds};
use cluster_sim_testkit::ledger::{Copied, Flaw, ledger};
use proptest::prelude::*;

const FLAWS: [Flaw; 5] = [Flaw::NoRetry, Flaw::NewestByArrival, Flaw::CountsTwice, Flaw::AcknowledgesTheLast, Flaw::StaysDown];

/// The first `count` seeds that find a flaw.
fn failures(scenario: &Scenario, count: usize) -> Vec<Report> {
    let reports = (0..500).map(|seed| scenario.run(Seed(seed)));
    reports.filter(|report| report.outcome == Outcome::Violated).take(count).collect()
}

/// How many decisions a story needs.
fn decisions(shrunk: &Minimized) -> usize {
    shrunk.case.decisions.as_ref().map_or(usize::MAX, Vec::len)
}

/// What a story shows when it is told.
fn told(scenario: &Scenario, story: &Case, seed: Seed) -> Report {
    story.apply_to(scenario).run(seed)
}

fn breaks(scenario: &Scenario, story: &Case, seed: Seed, finding: &Finding) -> bool {
    told(scenario, story, seed).finding().is_some_and(|found| found.is_like(finding))
}

#[test]
fn the_ledger_itself_holds() {
    ledger(None).sweep(0..500).assert_ok();
}

#[test]
fn every_flaw_comes_down_to_few_faults_and_decisions_and_each_of_them_is_needed() {
    for flaw in FLAWS {
        let scenario = ledger(Some(flaw));
        let reports = failures(&scenario, 20);
        assert_eq!(reports.len(), 20, "{flaw:?}");
        for report in reports {
            let (seed, shrunk) = (report.seed(), scenario.shrink(&report).expect("it broke a rule"));
            let about = format!("{flaw:?} {seed}: {shrunk}");
            assert!(shrunk.is_minimal && shrunk.finding.rule == report.violations[0].rule, "{about}");
            assert!(shrunk.faults.1 <= 2 && decisions(&shrunk) <= 3, "{about}");
            if flaw != Flaw::AcknowledgesTheLast {
                assert!(shrunk.faults.1 <= 1 && decisions(&shrunk) <= 2, "{about}");
            }
            let again = told(&scenario, &shrunk.case, seed);
            assert_eq!((again.digest, again.finding()), (shrunk.digest, Some(shrunk.finding.clone())), "{about}");
            for index in 0..shrunk.faults.1 {
                let less = Case { faults: shrunk.case.faults.clone().without(index), ..shrunk.case.clone() };
                assert!(!breaks(&scenario, &less, seed, &shrunk.finding), "{about}: fault {index} could go");
            }
            for index in 0..decisions(&shrunk) {
                let mut less = shrunk.case.clone();
                less.decisions.as_mut().unwrap().remove(index);
                assert!(!breaks(&scenario, &less, seed, &shrunk.finding), "{about}: decision {index} could go");
            }
        }
    }
}

#[test]
fn a_story_is_not_told_without_those_it_is_about() {
    // Without the source no copy ever has an entry: that breaks the rule, too, but it is not what was found.
    let scenario = ledger(Some(Flaw::NoRetry));
    for report in failures(&scenario, 10) {
        let shrunk = scenario.shrink(&report).unwrap();
        assert_eq!(shrunk.case.absent.len(), 1, "one of the two copies is enough: {shrunk}");
        assert!(!shrunk.case.absent.contains("source/0"), "{shrunk}");
    }
    // Nor in so little time that not every entry was sent.
    let shrunk = scenario.shrink(&failures(&scenario, 1)[0]).unwrap();
    let calm = Case { faults: FaultPlan::new(), decisions: Some(Vec::new()), ..shrunk.case.clone() };
    told(&scenario, &calm, shrunk_seed(&scenario)).assert_ok();
}

#[test]
fn nobody_is_left_out_whom_another_rule_asks_for() {
    // Without either copy that rule is broken as well, and would be in mended code.
    let both = |flaw| ledger(flaw).eventually("both copies are there", |world| world.views::<Copied>().count() == 2);
    let report = &failures(&both(Some(Flaw::NoRetry)), 1)[0];
    assert_eq!(report.violations[0].rule, "every copy has every entry", "{report}");
    let shrunk = both(Some(Flaw::NoRetry)).shrink(report).unwrap();
    assert_eq!((shrunk.is_minimal, shrunk.case.absent.len()), (true, 0), "{shrunk}");
    told(&both(None), &shrunk.case, report.seed()).assert_ok();
}

fn shrunk_seed(scenario: &Scenario) -> Seed {
    failures(scenario, 1)[0].seed()
}

#[test]
fn faults_that_stay_are_shortened_and_narrowed() {
    let cut = |lasting| Fault::Cut {
        from: vec!["source/0".into()],
        to: vec!["copy/0".into(), "copy/1".into()],
        both_ways: true,
        duration: Some(lasting),
    };
    let plan = FaultPlan::new().at(Duration::from_millis(20), cut(Duration::from_millis(64)));
    let scenario = ledger(Some(Flaw::NoRetry)).only_faults(plan);
    let shrunk = scenario.shrink(&scenario.run(Seed(1))).unwrap();
    let Fault::Cut { from, to, both_ways, duration } = &shrunk.case.faults.faults()[0].fault else { panic!("{shrunk}") };
    assert_eq!((from.len(), to.len(), both_ways), (1, 1, &false), "{shrunk}");
    assert!(duration.unwrap() <= Duration::from_millis(8), "{duration:?}");
    assert_eq!(shrunk.case.faults.faults()[0].at.since_zero(), Duration::from_millis(20));
}

#[test]
fn a_bound_ends_the_search_with_what_was_found_by_then() {
    let scenario = ledger(Some(Flaw::NewestByArrival));
    let report = &failures(&scenario, 1)[0];
    let within = |runs, time| {
        scenario.shrink_within(Case::of(report), report, ShrinkBounds { runs, time }, |_| {}).expect("it broke a rule")
    };
    let whole = within(u64::MAX, Duration::MAX);
    let part = within(12, Duration::MAX);
    assert!(whole.is_minimal && !part.is_minimal && part.runs == 12, "{part}");
    assert!(part.to_string().ends_with("12 runs, a bound ended the search"), "{part}");
    assert_eq!(told(&scenario, &part.case, report.seed()).digest, part.digest);
    let none = within(u64::MAX, Duration::ZERO);
    assert_eq!((none.runs, none.case.faults.faults().len(), none.is_minimal), (0, report.faults.len(), false));
}

#[test]
fn every_run_is_told_before_it_begins() {
    let scenario = ledger(Some(Flaw::StaysDown));
    let report = &failures(&scenario, 1)[0];
    let (told, last) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (counting, keeping) = (Arc::clone(&told), Arc::clone(&last));
    let shrunk = scenario.shrink_within(Case::of(report), report, ShrinkBounds::default(), move |progress| {
        counting.store(progress.runs, Ordering::Relaxed);
        keeping.store(progress.faults as u64, Ordering::Relaxed);
        assert!(progress.decisions.is_none_or(|decisions| decisions < 100_000));
    });
    let shrunk = shrunk.unwrap();
    assert_eq!((told.load(Ordering::Relaxed), last.load(Ordering::Relaxed)), (shrunk.runs, shrunk.faults.1 as u64));
}

#[test]
fn a_run_that_held_or_that_is_not_found_again_has_no_smallest_story() {
    let sound = ledger(None);
    assert_eq!(sound.shrink(&sound.run(Seed(1))), None);
    // Another code than the one that failed.
    let failure = &failures(&ledger(Some(Flaw::NoRetry)), 1)[0];
    assert_eq!(sound.shrink(failure), None);
}

#[test]
fn a_smaller_run_that_never_comes_back_ends_the_search() {
    // Without the crash of the first, and so without a loss, the check that looks at the second never comes back.
    let crash = |node: &str| Fault::Crash { node: node.into(), down_for: Some(Duration::from_millis(5)) };
    let plan = FaultPlan::new().at(Duration::from_millis(50), crash("copy/0")).at(Duration::from_millis(60), crash("copy/1"));
    let at = |milliseconds| VirtualInstant::ZERO + Duration::from_millis(milliseconds);
    let scenario =
        ledger(None).only_faults(plan).step_timeout(Duration::from_millis(300)).always("the second stays up", move |world| {
            while world.now() > at(55) && world.traffic().lost() == 0 {
                std::hint::spin_loop();
            }
            world.now() < at(5) || world.health(NodeId(2)) != Health::Down
        });
    let report = scenario.run(Seed(1));
    assert_eq!(report.violations[0].rule, "the second stays up", "{report}");
    let shrunk = scenario.shrink(&report).unwrap();
    assert!(!shrunk.is_minimal, "{shrunk}");
    assert_eq!(told(&scenario, &shrunk.case, Seed(1)).digest, shrunk.digest);
}

#[test]
fn a_panic_is_shrunk_to_the_same_panic() {
    let scenario = ledger(None).chaos(FaultProfile { mean_interval: Duration::from_millis(30), ..FaultProfile::default() }).always(
        "no copy is ever down",
        |world| {
            let has_begun = world.now() > VirtualInstant::ZERO + Duration::from_millis(5);
            for node in [1, 2] {
                assert!(!has_begun || world.health(NodeId(node)) != Health::Down, "copy {node} is down");
            }
            true
        },
    );
    let mut seeds = (0..100).map(|seed| scenario.run(Seed(seed)));
    let report = seeds.find(|report| report.outcome == Outcome::Panicked).expect("some seed crashes a copy");
    let shrunk = scenario.shrink(&report).unwrap();
    assert_eq!((shrunk.finding.outcome, shrunk.faults.1, decisions(&shrunk)), (Outcome::Panicked, 1, 0), "{shrunk}");
    assert!(shrunk.finding.message.ends_with("is down"), "{}", shrunk.finding);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shrinking_is_deterministic_and_a_smallest_story_is_its_own_smallest(flaw in prop::sample::select(&FLAWS[..]), seed in 0_u64..10_000) {
        let scenario = ledger(Some(flaw));
        let report = scenario.run(Seed(seed));
        prop_assume!(report.outcome == Outcome::Violated);
        let shrunk = scenario.shrink(&report).expect("it broke a rule");
        prop_assert_eq!(&scenario.shrink(&report).expect("it broke a rule"), &shrunk);
        let again = scenario.shrink_within(shrunk.case.clone(), &report, ShrinkBounds::default(), |_| {}).expect("it breaks the rule");
        prop_assert_eq!(&again.case, &shrunk.case);
        prop_assert_eq!(told(&scenario, &shrunk.case, report.seed()).digest, shrunk.digest);
        let saved = serde_json::to_string(&shrunk).unwrap();
        prop_assert_eq!(serde_json::from_str::<Minimized>(&saved).unwrap(), shrunk);
    }
}
