//! Minimizing a failing run to few faults and decisions that break the rule it broke.

mod clocks;
mod operations;
mod passes;
mod quorum;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cluster_sim::check::Health;
use cluster_sim::explore::{Case, Minimized, ShrinkBounds};
use cluster_sim::prelude::*;
use cluster_sim::report::Finding;
use cluster_sim_testkit::faults;
use cluster_sim_testkit::ledger::{Copied, Flaw, ledger};
use proptest::prelude::*;

const FLAWS: [Flaw; 5] = [Flaw::NoRetry, Flaw::NewestByArrival, Flaw::CountsTwice, Flaw::AcknowledgesTheLast, Flaw::StaysDown];

/// The first `count` failing runs.
fn failures(scenario: &Scenario, count: usize) -> Vec<Report> {
    let reports = (0..500).map(|seed| scenario.run(Seed(seed)));
    reports.filter(|report| report.outcome == Outcome::Violated).take(count).collect()
}

/// How many decisions a minimized case has.
fn decisions(minimized: &Minimized) -> usize {
    minimized.case.decisions.as_ref().map_or(usize::MAX, Vec::len)
}

/// Runs a case.
fn run(scenario: &Scenario, case: &Case, seed: Seed) -> Report {
    case.apply_to(scenario).run(seed)
}

fn breaks(scenario: &Scenario, case: &Case, seed: Seed, finding: &Finding) -> bool {
    run(scenario, case, seed).finding().is_some_and(|found| found.is_like(finding))
}

#[test]
fn the_ledger_itself_holds() {
    ledger(None).sweep(0..500).assert_ok();
}

#[test]
fn every_flaw_is_minimized_and_each_part_is_needed() {
    for flaw in FLAWS {
        let scenario = ledger(Some(flaw));
        let reports = failures(&scenario, 20);
        assert_eq!(reports.len(), 20, "{flaw:?}");
        for report in reports {
            let (seed, minimized) = (report.seed(), scenario.shrink(&report).expect("it broke a rule"));
            let about = format!("{flaw:?} {seed}: {minimized}");
            assert!(minimized.is_minimal && minimized.finding.rule == report.violations[0].rule, "{about}");
            assert!(minimized.faults.1 <= 2 && decisions(&minimized) <= 3, "{about}");
            if flaw != Flaw::AcknowledgesTheLast {
                assert!(minimized.faults.1 <= 1 && decisions(&minimized) <= 2, "{about}");
            }
            let again = run(&scenario, &minimized.case, seed);
            assert_eq!((again.digest, again.finding()), (minimized.digest, Some(minimized.finding.clone())), "{about}");
            for index in 0..minimized.faults.1 {
                let less = Case { faults: minimized.case.faults.clone().without(index), ..minimized.case.clone() };
                assert!(!breaks(&scenario, &less, seed, &minimized.finding), "{about}: fault {index} could go");
            }
            for index in 0..decisions(&minimized) {
                let mut less = minimized.case.clone();
                less.decisions.as_mut().unwrap().remove(index);
                assert!(!breaks(&scenario, &less, seed, &minimized.finding), "{about}: decision {index} could go");
            }
        }
    }
}

#[test]
fn nodes_that_the_finding_is_about_are_not_left_out() {
    // Without the source no copy ever has an entry. That breaks the rule too, but it is another finding.
    let scenario = ledger(Some(Flaw::NoRetry));
    for report in failures(&scenario, 10) {
        let minimized = scenario.shrink(&report).unwrap();
        assert_eq!(minimized.case.absent.len(), 1, "one of the two copies is enough: {minimized}");
        assert!(!minimized.case.absent.contains("source/0"), "{minimized}");
    }
    // The duration is not so short that some entries are never sent.
    let minimized = scenario.shrink(&failures(&scenario, 1)[0]).unwrap();
    let without_faults = Case { faults: FaultPlan::new(), decisions: Some(Vec::new()), ..minimized.case.clone() };
    run(&scenario, &without_faults, failing_seed(&scenario)).assert_ok();
}

#[test]
fn nodes_that_another_rule_needs_are_not_left_out() {
    // Without one of the copies that rule is broken too, and would be in fixed code.
    let both = |flaw| ledger(flaw).eventually("both copies are there", |world| world.views::<Copied>().count() == 2);
    let report = &failures(&both(Some(Flaw::NoRetry)), 1)[0];
    assert_eq!(report.violations[0].rule, "every copy has every entry", "{report}");
    let minimized = both(Some(Flaw::NoRetry)).shrink(report).unwrap();
    assert_eq!((minimized.is_minimal, minimized.case.absent.len()), (true, 0), "{minimized}");
    run(&both(None), &minimized.case, report.seed()).assert_ok();
}

fn failing_seed(scenario: &Scenario) -> Seed {
    failures(scenario, 1)[0].seed()
}

#[test]
fn remaining_faults_are_shortened_and_narrowed() {
    let cut = |duration: Duration| faults::cut(["source/0"], ["copy/0", "copy/1"], duration);
    let plan = FaultPlan::new().at(Duration::from_millis(20), cut(Duration::from_millis(64)));
    let scenario = ledger(Some(Flaw::NoRetry)).only_faults(plan);
    let minimized = scenario.shrink(&scenario.run(Seed(1))).unwrap();
    let Fault::Network(NetworkFault::Cut { from, to, both_ways, duration }) = &minimized.case.faults.faults()[0].fault else {
        panic!("{minimized}")
    };
    assert_eq!((from.len(), to.len(), both_ways), (1, 1, &false), "{minimized}");
    assert!(duration.unwrap() <= Duration::from_millis(8), "{duration:?}");
    assert_eq!(minimized.case.faults.faults()[0].at.since_zero(), Duration::from_millis(20));
}

#[test]
fn a_bound_ends_the_search_with_the_best_so_far() {
    let scenario = ledger(Some(Flaw::NewestByArrival));
    let report = &failures(&scenario, 1)[0];
    let within = |runs, time| {
        scenario.shrink_within(Case::of(report), report, ShrinkBounds { runs, time }, |_| {}).expect("it broke a rule")
    };
    let whole = within(u64::MAX, Duration::MAX);
    let part = within(12, Duration::MAX);
    assert!(whole.is_minimal && !part.is_minimal && part.runs == 12, "{part}");
    assert!(part.to_string().ends_with("12 runs, a bound ended the search"), "{part}");
    assert_eq!(run(&scenario, &part.case, report.seed()).digest, part.digest);
    let none = within(u64::MAX, Duration::ZERO);
    assert_eq!((none.runs, none.case.faults.faults().len(), none.is_minimal), (0, report.faults.len(), false));
}

#[test]
fn progress_is_reported_before_every_run() {
    let scenario = ledger(Some(Flaw::StaysDown));
    let report = &failures(&scenario, 1)[0];
    let (runs, last) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (counting, keeping) = (Arc::clone(&runs), Arc::clone(&last));
    let minimized = scenario.shrink_within(Case::of(report), report, ShrinkBounds::default(), move |progress| {
        counting.store(progress.runs, Ordering::Relaxed);
        keeping.store(progress.faults as u64, Ordering::Relaxed);
        assert!(progress.decisions.is_none_or(|decisions| decisions < 100_000));
    });
    let minimized = minimized.unwrap();
    assert_eq!((runs.load(Ordering::Relaxed), last.load(Ordering::Relaxed)), (minimized.runs, minimized.faults.1 as u64));
}

#[test]
fn a_run_that_held_or_is_not_reproduced_is_not_minimized() {
    let sound = ledger(None);
    assert_eq!(sound.shrink(&sound.run(Seed(1))), None);
    // Other code than the one that failed.
    let failure = &failures(&ledger(Some(Flaw::NoRetry)), 1)[0];
    assert_eq!(sound.shrink(failure), None);
}

#[test]
fn a_smaller_run_that_hangs_ends_the_search() {
    // Without the crash of the first copy there is no loss, and the check of the second copy never returns.
    let crash = |node| faults::crash(node, Duration::from_millis(5));
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
    let minimized = scenario.shrink(&report).unwrap();
    assert!(!minimized.is_minimal, "{minimized}");
    assert_eq!(run(&scenario, &minimized.case, Seed(1)).digest, minimized.digest);
}

/// Without its fault the run goes on for 300 days of a step each microsecond.
#[test]
fn the_time_of_a_search_bounds_the_run_in_progress() {
    let main = |node: Node| async move {
        loop {
            node.sleep(Duration::from_micros(1)).await;
        }
    };
    let plan = FaultPlan::new().at(Duration::from_millis(5), faults::crash("node/0", Duration::from_millis(1)));
    let scenario = Scenario::new("endless")
        .nodes("node", 1, main)
        .faults(plan)
        .duration(Duration::from_secs(300 * 24 * 3600))
        .always("no node crashes", |world| {
            world.now() < VirtualInstant::ZERO + Duration::from_millis(2) || world.health(NodeId(0)) == Health::Up
        });
    let report = scenario.run(Seed(1));
    assert_eq!(report.violations[0].rule, "no node crashes", "{report}");
    let bounds = ShrinkBounds { runs: 1_000, time: Duration::from_millis(500) };
    let minimized = scenario.shrink_within(Case::of(&report), &report, bounds, |_| {}).expect("it is reproduced");
    assert_eq!((minimized.is_minimal, minimized.faults.1), (false, 1), "{minimized}");
}

#[test]
fn a_panic_is_minimized_to_that_panic() {
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
    let minimized = scenario.shrink(&report).unwrap();
    assert_eq!((minimized.finding.outcome, minimized.faults.1, decisions(&minimized)), (Outcome::Panicked, 1, 0), "{minimized}");
    assert!(minimized.finding.message.ends_with("is down"), "{}", minimized.finding);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn minimizing_is_deterministic_and_idempotent(flaw in prop::sample::select(&FLAWS[..]), seed in 0_u64..10_000) {
        let scenario = ledger(Some(flaw));
        let report = scenario.run(Seed(seed));
        prop_assume!(report.outcome == Outcome::Violated);
        let minimized = scenario.shrink(&report).expect("it broke a rule");
        prop_assert_eq!(&scenario.shrink(&report).expect("it broke a rule"), &minimized);
        let again = scenario.shrink_within(minimized.case.clone(), &report, ShrinkBounds::default(), |_| {});
        let again = again.expect("it breaks the rule");
        prop_assert_eq!(&again.case, &minimized.case);
        prop_assert_eq!(run(&scenario, &minimized.case, report.seed()).digest, minimized.digest);
        let saved = serde_json::to_string(&minimized).unwrap();
        prop_assert_eq!(serde_json::from_str::<Minimized>(&saved).unwrap(), minimized);
    }
}
