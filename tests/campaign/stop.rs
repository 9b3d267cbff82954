//! Progress of a campaign, and ending it early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cluster_sim::prelude::*;
use rstest::rstest;

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
