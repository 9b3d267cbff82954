//! A sweep runs a failing seed two more times before it reports the finding.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use cluster_sim::explain::FailureSummary;
use cluster_sim::explore::Sweep;
use cluster_sim::prelude::*;
use cluster_sim::report::{Difference, DivergenceKind, OtherRun, RecordKind};

use super::sources::{count_of_the_thread, entropy};
use super::{Habit, LEAKY, is_second_run, workers};

/// Workers with a rule that a view of `most` violates.
fn up_to(most: u64, habit: Habit) -> Scenario {
    workers(habit).always("shows little", move |world| world.views::<u64>().all(|(_, shown)| *shown < most))
}

#[track_caller]
fn failure(sweep: &Sweep) -> &Report {
    sweep.failure().unwrap_or_else(|| panic!("a seed fails: {sweep}"))
}

#[test]
fn a_seed_that_fails_identically_keeps_its_finding() {
    let scenario = up_to(100, |worker, _| worker.shown = worker.ticks);
    let sweep = scenario.sweep(7..9);
    assert_eq!((sweep.passed(), failure(&sweep)), (0, &scenario.run(Seed(7))));
    assert_eq!((failure(&sweep).outcome, failure(&sweep).violations.len()), (Outcome::Violated, 1));
    // The summary is that of the recorded one of the confirming runs.
    let ending = sweep.failures()[0].summary().expect("the seed can be run again");
    assert_eq!(Some(ending), FailureSummary::of(&scenario.record(Seed(7))).as_ref());
    let report = scenario.run(Seed(7)).to_string();
    let (head, tail) = report.split_once("      last events\n").expect("a failing report has some");
    let (_, again) = tail.split_once("      rerun: ").expect("it says how to see it again");
    assert_eq!(sweep.to_string(), format!("0 of seeds 7..9 of workers passed\n{head}{ending}      rerun: {again}"));
}

#[test]
fn a_seed_that_fails_and_leaks_is_nondeterministic() {
    let sweep = up_to(100, |worker, effects| {
        worker.shown = worker.ticks;
        effects.send(worker.peers[0], entropy());
    })
    .sweep(7..9);
    let report = failure(&sweep);
    assert_eq!((report.outcome, report.seed(), report.violations.len()), (Outcome::Nondeterministic, Seed(7), 0));
    let event = report.divergence.as_ref().and_then(|divergence| divergence.event.as_ref()).expect("an event differs");
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, DivergenceKind::Event(RecordKind::Send)), "{report}");
    let panic = std::panic::catch_unwind(|| sweep.assert_ok()).expect_err("a seed that leaks is no pass");
    let text = panic.downcast_ref::<String>().expect("it panics with text");
    assert!(text.starts_with("0 of seeds 7..9 of workers passed\nNONDETERMINISTIC  workers  seed=0x7\n"), "{text}");
}

#[test]
fn state_left_by_earlier_seeds_of_a_sweep_is_found() {
    // About 200 ticks a seed: the third seed passes 500 and fails because of what the first two left behind.
    let sweep = up_to(500, |worker, effects| {
        worker.shown = count_of_the_thread();
        effects.send(worker.peers[0], worker.shown);
    })
    .threads(NonZeroUsize::MIN)
    .sweep(0..64);
    let report = failure(&sweep);
    assert_eq!((report.outcome, report.seed(), sweep.passed()), (Outcome::Nondeterministic, Seed(2), 2), "{report}");
    let event = report.divergence.as_ref().and_then(|divergence| divergence.event.as_ref()).expect("an event differs");
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, DivergenceKind::Event(RecordKind::Send)), "{report}");
}

#[test]
fn a_failure_that_is_not_reproduced_is_nondeterministic() {
    static IS_FIRST: AtomicBool = AtomicBool::new(true);
    let sweep = up_to(100, |worker, _| {
        if worker.ticks == 50 && IS_FIRST.swap(false, Ordering::Relaxed) {
            worker.shown = 100;
        }
    })
    .threads(NonZeroUsize::MIN)
    .sweep(7..9);
    let report = failure(&sweep);
    assert_eq!((report.outcome, report.seed(), report.violations.len()), (Outcome::Nondeterministic, Seed(7), 0), "{report}");
    let divergence = report.divergence.as_ref().expect("it says what differs");
    assert_eq!((divergence.other_run, &divergence.event), (OtherRun::EarlierRun, &None));
    let outcome = Difference { place: "outcome".to_owned(), left: r#""held""#.to_owned(), right: r#""violated""#.to_owned() };
    assert!(divergence.differences.contains(&outcome), "{report}");
    let text = report.to_string();
    assert!(text.contains("left: two more runs of this seed, which agree; right: the run of the sweep\n"), "{text}");
    assert!(text.ends_with("rerun: the same sweep, first in a process\n"), "{text}");
}

#[test]
fn the_summary_is_that_of_a_confirming_run() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    // The failing run and its determinism check are three; a fourth one would send something else.
    let scenario = up_to(100, |worker, effects| {
        let runs = if worker.ticks == 1 { RUNS.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
        if runs > 3 {
            effects.send(worker.peers[0], 7);
        }
        worker.shown = worker.ticks;
    });
    let sweep = scenario.threads(NonZeroUsize::MIN).sweep(7..8);
    assert_eq!((failure(&sweep).outcome, RUNS.load(Ordering::Relaxed)), (Outcome::Violated, 3));
    let summary = sweep.failures()[0].summary().unwrap_or_else(|| panic!("one run was recorded: {sweep}"));
    assert_eq!((&failure(&sweep).last_events, summary.last_events.len()), (&summary.last_events, 20));
}

/// Never returns.
fn hang() -> ! {
    loop {
        thread::park();
    }
}

#[test]
fn a_seed_that_hangs_in_the_determinism_check_is_abandoned() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    // The first seed holds; the second fails, and then hangs in the thread of the sweep.
    let sweep = up_to(100, |worker, _| {
        if worker.ticks == 50 && (is_second_run() || RUNS.fetch_add(1, Ordering::Relaxed) > 0) {
            worker.shown = 100;
        }
        if worker.ticks == 50 && !is_second_run() && RUNS.load(Ordering::Relaxed) > 2 {
            hang();
        }
    })
    // Two threads would race for the first run.
    .threads(NonZeroUsize::MIN)
    .step_timeout(Duration::from_millis(500))
    .sweep(7..16);
    let report = failure(&sweep);
    assert_eq!((sweep.passed(), report.seed()), (1, Seed(8)), "{report}");
    let [violation] = &report.violations[..] else { panic!("{report}") };
    assert_eq!(violation.message, "a step of worker/1 did not return for 0.5s of real time");
}

/// Keeps the thread busy for 10 ms of real time, which no run sees.
#[expect(clippy::disallowed_methods, reason = "a step that takes long for the machine's clock, and comes back")]
fn toil() {
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(10) {
        std::hint::spin_loop();
    }
}

#[test]
fn a_slow_determinism_check_that_progresses_is_awaited() {
    static IS_AGAIN: AtomicBool = AtomicBool::new(false);
    let scenario = up_to(150, |worker, _| {
        worker.shown = worker.ticks;
        if IS_AGAIN.load(Ordering::Relaxed) && !is_second_run() {
            toil();
        }
        if worker.shown == 150 {
            IS_AGAIN.store(true, Ordering::Relaxed);
        }
    })
    .step_timeout(Duration::from_millis(500));
    let sweep = scenario.sweep(7..9);
    let [violation] = &failure(&sweep).violations[..] else { panic!("{:?}", sweep.failure()) };
    assert_eq!((violation.rule.as_str(), sweep.failures()[0].unconfirmed()), ("shows little", None));
}

/// Panics in the second thread while it is printed for the comparison, which is no finding of a run.
struct Unprintable;

impl std::fmt::Debug for Unprintable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if is_second_run() { panic!("printed in the other thread") } else { Ok(()) }
    }
}

#[test]
fn a_failure_that_could_not_be_checked_is_kept_with_a_note() {
    let scenario = up_to(100, |worker, effects| {
        worker.shown = worker.ticks;
        effects.emit(Unprintable);
    });
    let sweep = scenario.sweep(7..9);
    // The last events of a seed that is not run again show labels only.
    let last_events = failure(&sweep).last_events.clone();
    assert_eq!(failure(&sweep), &Report { last_events, ..scenario.run(Seed(7)) });
    let text =
        "      two more runs of it could not be compared: the run in a fresh thread broke off: printed in the other thread\n";
    assert!(sweep.to_string().ends_with(text), "{sweep}");
    assert_eq!(sweep.failures()[0].summary(), None, "it is not run once more either");
}

/// Workers of which one sends what no other run sends, and that no rule judges.
fn leaking() -> Scenario {
    workers(|worker, effects| effects.send(worker.peers[0], entropy()))
}

#[test]
fn a_sampled_seed_that_passes_and_leaks_is_nondeterministic() {
    let sweep = leaking().sweep(7..57);
    let report = failure(&sweep);
    assert_eq!((report.outcome, report.seed(), sweep.passed()), (Outcome::Nondeterministic, Seed(7), 0), "{report}");
    let event = report.divergence.as_ref().and_then(|divergence| divergence.event.as_ref()).expect("an event differs");
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, DivergenceKind::Event(RecordKind::Send)), "{report}");
    assert!(report.to_string().contains("tokio::select! without `biased;`"), "it lists suspects: {report}");
}

#[test]
fn a_sampled_seed_that_repeats_differently_once_is_nondeterministic() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    // The second run of the sweep is that of the sampled first seed.
    let scenario = Scenario::new("once").nodes("node", 1, |node: Node| async move {
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        node.sleep(Duration::from_millis(if run == 1 { 2 } else { 1 })).await;
    });
    let sweep = scenario.threads(NonZeroUsize::MIN).sweep(0..50);
    let report = failure(&sweep);
    let divergence = report.divergence.as_ref().expect("the runs differ");
    assert_eq!((report.outcome, report.seed(), divergence.other_run), (Outcome::Nondeterministic, Seed(0), OtherRun::EarlierRun));
    assert!(divergence.differences.iter().any(|difference| difference.place == "digest"), "{report}");
}

#[test]
fn a_sweep_runs_two_in_a_hundred_seeds_twice_at_most() {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let scenario = Scenario::new("counted").nodes("node", 1, |_| async {
        RUNS.fetch_add(1, Ordering::Relaxed);
    });
    let runs_of = |campaign: cluster_sim::explore::Campaign<'static>| {
        RUNS.store(0, Ordering::Relaxed);
        campaign.run().assert_ok();
        RUNS.load(Ordering::Relaxed)
    };
    for (seeds, runs) in [(1, 1), (49, 49), (50, 51), (100, 102), (600, 604)] {
        assert_eq!(runs_of(scenario.campaign(0..seeds)), runs);
        assert_eq!(runs_of(scenario.campaign(0..seeds).sample_determinism(false)), seeds);
    }
}
