//! Whoever watches a campaign is told how far it is, and may end it early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cluster_sim::prelude::*;
use rstest::rstest;

use crate::{count, seeds_that_do, seldom};

#[rstest]
fn in_the_end_all_is_told(#[values(false, true)] isolated: bool) {
    let mut told = Vec::new();
    let campaign = seldom(8, || {}).campaign(10..74).threads(count(2)).progress(|progress| told.push(progress));
    let sweep = if isolated { campaign.isolated().run() } else { campaign.run() };
    sweep.assert_ok();
    let last = told.last().expect("it is told once at least");
    assert_eq!((last.done, last.seeds, last.failures), (64, 64, 0));
    assert_eq!(last.virtual_time, Duration::from_millis(20) * 64);
    assert!(told.windows(2).all(|pair| pair[0].done <= pair[1].done), "it goes on: {told:?}");
}

/// Breaks its rule in the seeds of [`seeds_that_do`], and asks to stop in the last of so many boots.
fn stopping_at(boots: u64, stop: &Arc<AtomicBool>) -> Scenario {
    let (stop, booted) = (Arc::clone(stop), Arc::new(AtomicU64::new(0)));
    seldom(8, || {})
        .nodes("other", 1, move |_| {
            if booted.fetch_add(1, Ordering::SeqCst) + 1 == boots {
                stop.store(true, Ordering::SeqCst);
            }
            async {}
        })
        .always("nobody does it", |world| world.views::<bool>().all(|(_, does)| !does))
}

#[test]
fn once_somebody_asks_to_stop_no_seed_begins_and_what_failed_is_kept() {
    let stop = Arc::default();
    let failing = seldom(8, || {}).nodes("other", 1, |_| async {});
    let does = |seed: &u64| {
        let mut sim = failing.start(Seed(*seed));
        sim.run_for(Duration::from_millis(20));
        sim.inspect(|world| world.views::<bool>().any(|(_, does)| *does))
    };
    let expected: Vec<u64> = (0..40).filter(does).collect();
    // The seed that fails is run twice more.
    let boots = 40 + 2 * expected.len() as u64;
    let scenario = stopping_at(boots, &stop);
    let sweep = scenario.campaign(0..1_000_000).max_failures(count(9)).threads(count(1)).cancel_on(Arc::clone(&stop)).run();
    assert!(sweep.is_interrupted() && !sweep.is_ok(), "{sweep}");
    assert_eq!((sweep.passed() + sweep.failed(), sweep.failed()), (40, expected.len() as u64), "{sweep}");
    assert_eq!((sweep.failure().map(|report| report.seed().0), sweep.exit_code()), (expected.first().copied(), 130));
    assert!(sweep.to_string().contains(" in one way, interrupted before all were run\n"), "{sweep}");
    assert!(sweep.failures().iter().all(|failure| failure.summary().is_none()), "nobody waits for one more run: {sweep}");
}

#[test]
fn a_stop_that_comes_after_the_last_seed_is_no_interruption() {
    let stop = Arc::new(AtomicBool::new(false));
    let scenario = seldom(8, || {}).nodes("other", 1, |_| async {});
    let told = |progress: cluster_sim::Progress| stop.store(progress.done == 8, Ordering::SeqCst);
    let sweep = scenario.campaign(0..8).cancel_on(Arc::clone(&stop)).progress(told).run();
    assert!(stop.load(Ordering::SeqCst) && sweep.is_ok(), "{sweep}");
}

#[rstest]
fn a_seed_that_does_not_come_to_its_end_is_not_waited_for(#[values(false, true)] isolated: bool) {
    let stop = Arc::new(AtomicBool::new(false));
    let spinning = seeds_that_do(8, 64)[0];
    let scenario = seldom(8, || {
        loop {
            std::hint::spin_loop();
        }
    });
    let told = |progress: cluster_sim::Progress| stop.store(progress.done >= spinning, Ordering::SeqCst);
    let campaign = scenario.campaign(0..64).threads(count(1)).cancel_on(Arc::clone(&stop)).progress(told);
    let sweep = if isolated { campaign.isolated().run() } else { campaign.run() };
    assert_eq!((sweep.passed(), sweep.is_interrupted()), (spinning, true), "{sweep}");
}
