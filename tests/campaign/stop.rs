//! Progress of a campaign, and ending it early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cluster_sim::explain;
use cluster_sim::explore::{Minimized, Sweep};
use cluster_sim::prelude::*;
use cluster_sim_testkit::ledger::{Flaw, ledger};
use rstest::rstest;

use crate::artifacts::{folder, origin};
use crate::{count, seeds_that_do, seldom};

#[rstest]
fn progress_reports_the_end_of_the_campaign(#[values(false, true)] isolated: bool) {
    let mut watched = Vec::new();
    let campaign = seldom(8, || {}).campaign(10..74).threads(count(2)).progress(|progress| watched.push(progress));
    let sweep = if isolated { campaign.isolated().run() } else { campaign.run() };
    sweep.assert_ok();
    let last = watched.last().expect("progress is reported at least once");
    assert_eq!((last.done, last.seeds, last.failures), (64, 64, 0));
    assert_eq!(last.virtual_time, Duration::from_millis(20) * 64);
    assert!(watched.windows(2).all(|pair| pair[0].done <= pair[1].done), "progress never goes back: {watched:?}");
}

/// Violates its rule in the seeds of [`seeds_that_do`], and requests the stop at boot number `boots`.
fn stopping_at(boots: u64, stop: &Arc<AtomicBool>) -> Scenario {
    let (stop, booted) = (Arc::clone(stop), Arc::new(AtomicU64::new(0)));
    seldom(8, || {})
        .nodes("other", 1, move |_| {
            if booted.fetch_add(1, Ordering::SeqCst) + 1 == boots {
                stop.store(true, Ordering::SeqCst);
            }
            async {}
        })
        .always("no node does it", |world| world.views::<bool>().all(|(_, does)| !does))
}

#[test]
fn after_a_stop_no_seed_starts_and_failures_are_kept() {
    let stop = Arc::default();
    let failing = seldom(8, || {}).nodes("other", 1, |_| async {});
    let does = |seed: &u64| {
        let mut sim = failing.start(Seed(*seed));
        sim.run_for(Duration::from_millis(20));
        sim.inspect(|world| world.views::<bool>().any(|(_, does)| *does))
    };
    let expected: Vec<u64> = (0..40).filter(does).collect();
    // A failing seed is run two more times.
    let boots = 40 + 2 * expected.len() as u64;
    let scenario = stopping_at(boots, &stop);
    let sweep = scenario.campaign(0..1_000_000).max_failures(count(9)).threads(count(1)).cancel_on(Arc::clone(&stop)).run();
    assert!(sweep.is_interrupted() && !sweep.is_ok(), "{sweep}");
    assert_eq!((sweep.passed() + sweep.failed(), sweep.failed()), (40, expected.len() as u64), "{sweep}");
    assert_eq!((sweep.failure().map(|report| report.seed().0), sweep.exit_code()), (expected.first().copied(), 130));
    assert!(sweep.to_string().contains(" in one way, interrupted before all were run\n"), "{sweep}");
    // Every run is counted: the summaries come from those that confirmed the seeds.
    assert!(sweep.failures().iter().all(|failure| failure.summary().is_some()), "{sweep}");
}

#[test]
fn a_stop_after_the_last_seed_is_no_interruption() {
    let stop = Arc::new(AtomicBool::new(false));
    let scenario = seldom(8, || {}).nodes("other", 1, |_| async {});
    let watch = |progress: cluster_sim::explore::Progress| stop.store(progress.done == 8, Ordering::SeqCst);
    let sweep = scenario.campaign(0..8).cancel_on(Arc::clone(&stop)).progress(watch).run();
    assert!(stop.load(Ordering::SeqCst) && sweep.is_ok(), "{sweep}");
}

#[rstest]
fn a_stop_does_not_wait_for_a_hanging_seed(#[values(false, true)] isolated: bool) {
    let stop = Arc::new(AtomicBool::new(false));
    let spinning = seeds_that_do(8, 64)[0];
    let scenario = seldom(8, || {
        loop {
            std::hint::spin_loop();
        }
    });
    let watch = |progress: cluster_sim::explore::Progress| stop.store(progress.done >= spinning, Ordering::SeqCst);
    let campaign = scenario.campaign(0..64).threads(count(1)).cancel_on(Arc::clone(&stop)).progress(watch);
    let sweep = if isolated { campaign.isolated().run() } else { campaign.run() };
    assert_eq!((sweep.passed(), sweep.is_interrupted()), (spinning, true), "{sweep}");
}

/// Sweeps over a flaw that takes many runs to minimize, and stops the search at its run number `runs`.
fn stopped_at(runs: u64) -> (Sweep, Minimized) {
    let (stop, scenario, root) = (Arc::new(AtomicBool::new(false)), ledger(Some(Flaw::NoRetry)), folder());
    let mut sweep = scenario.campaign(0..500).cancel_on(Arc::clone(&stop)).run();
    assert!(!sweep.is_ok() && !sweep.is_interrupted(), "{sweep}");
    sweep.keep_artifacts(&scenario, &origin("stopped"), root.path(), move |now| stop.store(now.runs == runs, Ordering::SeqCst));
    let minimized = sweep.failures()[0].artifacts().and_then(|artifacts| artifacts.minimized()).expect("there is a case").clone();
    (sweep, minimized)
}

#[test]
fn a_stop_ends_the_minimization_at_its_smallest_case_so_far() {
    let (whole, minimal) = stopped_at(u64::MAX);
    assert!(minimal.is_minimal && minimal.runs > 3 && whole.exit_code() == 1, "{whole}");
    let (sweep, minimized) = stopped_at(3);
    assert_eq!((minimized.runs, minimized.is_minimal), (3, false), "{sweep}");
    assert_eq!((sweep.is_interrupted(), sweep.exit_code()), (true, 130), "{sweep}");
    assert!(sweep.to_string().contains(" passed, interrupted while a failure was minimized\nFAIL  "), "{sweep}");
    let xml = explain::junit_of_suite("ledger", &[], &sweep.suite_cases(), |_| None);
    assert!(xml.contains("errors=\"1\"") && xml.contains("interrupted while a failure was minimized"), "{xml}");
}

#[test]
fn the_junit_of_an_interrupted_sweep_has_an_error() {
    let stop = Arc::new(AtomicBool::new(false));
    let stopper = Arc::clone(&stop);
    let passing = seldom(8, || {}).nodes("other", 1, move |_| {
        stopper.store(true, Ordering::SeqCst);
        async {}
    });
    let sweep = passing.campaign(0..1_000_000).threads(count(1)).cancel_on(Arc::clone(&stop)).run();
    assert_eq!((sweep.passed(), sweep.failed()), (1, 0), "{sweep}");
    let junit = |sweep: &Sweep| explain::junit_of_suite("seldom", &[], &sweep.suite_cases(), |_| None);
    let xml = junit(&sweep);
    assert!(xml.contains("errors=\"1\"") && xml.contains("interrupted after 1 of 1000000 seeds"), "{xml}");
    let whole = seldom(8, || {}).nodes("other", 1, |_| async {}).sweep(0..2);
    assert!(junit(&whole).contains("failures=\"0\" errors=\"0\""), "{}", junit(&whole));
}

/// A run that does not end in the time of any test, and keeps some messages in flight.
fn endless() -> Scenario {
    let main = |node: Node| async move {
        let port = node.bind::<u64>("port");
        loop {
            node.sleep(Duration::from_micros(1)).await;
            port.broadcast(7);
            while port.try_recv().is_some() {}
        }
    };
    Scenario::new("endless").nodes("node", 2, main).duration(Duration::from_secs(300 * 24 * 3600))
}

#[rstest]
fn a_run_that_takes_too_long_is_ended_and_fails_its_seed(#[values(false, true)] isolated: bool) {
    let scenario = endless().seed_timeout(Duration::from_millis(300));
    let mut oldest = Vec::new();
    let campaign = scenario.campaign(5..7).threads(count(1)).max_failures(count(2)).progress(|now| oldest.extend(now.oldest));
    let sweep = if isolated { campaign.isolated().run() } else { campaign.run() };
    assert_eq!((sweep.failed(), sweep.failures().len(), sweep.exit_code()), (2, 1, 1), "both seeds fail alike: {sweep}");
    let report = sweep.failure().expect("it fails");
    let [violation] = &report.violations[..] else { panic!("one rule is broken: {report}") };
    let message = &violation.message;
    assert_eq!((violation.rule.as_str(), report.exhausted), ("every run ends in time", None));
    assert!(
        message.starts_with("seed 0x5 ran for 0.3s of real time, up to ") && message.contains(" of virtual time and step "),
        "{message}"
    );
    assert!(message.contains("; the last step was of node/") && message.contains(", task main, spawned at "), "{message}");
    assert!(message.contains(" on port port: ") && message.contains(" messages in flight, such as 7"), "{message}");
    assert!(oldest.iter().any(|oldest| oldest.seed == 5 && oldest.running_for >= Duration::from_millis(100)), "{oldest:?}");
}

#[test]
fn runs_that_end_in_time_pass_and_are_confirmed() {
    let scenario = seldom(8, || {}).nodes("other", 1, |_| async {}).seed_timeout(Duration::from_secs(60));
    scenario.sweep(0..16).assert_ok();
    let failing = scenario.always("no node does it", |world| world.views::<bool>().all(|(_, does)| !does));
    let sweep = failing.sweep(0..64);
    assert_eq!(sweep.failure().map(|report| report.violations[0].rule.as_str()), Some("no node does it"), "{sweep}");
    assert!(sweep.failures()[0].unconfirmed().is_none(), "{sweep}");
}
