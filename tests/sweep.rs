//! A sweep shows the same however many threads it has.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim::Outcome;
use cluster_sim::prelude::*;
use rstest::rstest;

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).expect("a sweep has a thread")
}

/// A node that breaks its rule in one seed of about sixteen, after some time that hangs on the seed.
async fn fragile(node: Node) {
    node.sleep(Duration::from_millis(node.roll("when", 0).below(1_000))).await;
    let breaks = node.index() == 0 && node.roll("whether", 0).below(16) == 0;
    node.publish(|broken: &mut bool| *broken = breaks);
}

fn scenario() -> Scenario {
    Scenario::new("fragile")
        .nodes("node", 3, fragile)
        .always("no node is broken", |world| world.views::<bool>().all(|(_, broken)| !broken))
        .duration(Duration::from_secs(2))
}

#[rstest]
fn what_a_sweep_shows_hangs_on_no_number_of_threads(#[values(0..256, 100..300, 7..8, 3..3)] seeds: std::ops::Range<u64>) {
    let text = |count: usize| {
        let sweep = scenario().threads(threads(count)).sweep(seeds.clone());
        (sweep.to_string(), sweep.passed(), sweep.failure().map(ToString::to_string))
    };
    let alone = text(1);
    for count in [2, 3, 16] {
        assert_eq!(text(count), alone, "{count} threads");
    }
}

#[test]
fn a_range_that_is_long_enough_fails() {
    let sweep = scenario().threads(threads(4)).sweep(0..256);
    let failure = sweep.failure().expect("one seed of sixteen breaks the rule");
    assert_eq!(failure.seed(), Seed(sweep.passed()), "the seeds before it held");
}

/// The node counts its lives beside the simulation, which no node of a real test may do.
fn counted(lives: &Arc<AtomicU64>) -> Scenario {
    let lives = Arc::clone(lives);
    let node = move |node: Node| {
        let lives = Arc::clone(&lives);
        async move {
            lives.fetch_add(1, Ordering::SeqCst);
            fragile(node).await;
        }
    };
    Scenario::new("counted").nodes("node", 1, node).duration(Duration::from_secs(2))
}

#[rstest]
fn every_seed_of_a_range_is_run_once(#[values(1, 2, 7)] count: usize) {
    let lives = Arc::default();
    let sweep = counted(&lives).threads(threads(count)).sweep(10..110);
    sweep.assert_ok();
    assert_eq!((sweep.passed(), lives.load(Ordering::SeqCst)), (100, 100));
}

#[test]
fn after_a_failure_no_more_seeds_begin_than_there_are_threads() {
    let lives = Arc::default();
    let scenario = counted(&lives).always("never", |_| -> Result<(), String> { Err("seed".to_owned()) }).threads(threads(4));
    let sweep = scenario.sweep(0..10_000);
    assert_eq!(sweep.failure().map(|report| (report.outcome, report.seed())), Some((Outcome::Violated, Seed(0))));
    // Four at once, each of which is looked at twice more.
    assert!(lives.load(Ordering::SeqCst) <= 12, "{lives:?}");
}

#[test]
#[should_panic(expected = "no nodes")]
fn a_scenario_that_cannot_be_run_says_so_whatever_thread_found_it_out() {
    let _ = Scenario::new("empty").threads(threads(4)).sweep(0..64);
}

/// What a node does in a seed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Habit {
    #[default]
    Well,
    Breaks,
    Spins,
}

/// A node with a habit that hangs on the seed; where it spins, and really does if `spinning` says so, it never gives the simulation back.
fn habits(spinning: bool) -> Scenario {
    let node = move |node: Node| async move {
        node.sleep(Duration::from_millis(1)).await;
        let habit = [Habit::Breaks, Habit::Spins].get(node.roll("habit", 0).below(8) as usize).copied().unwrap_or_default();
        node.publish(|shown: &mut Habit| *shown = habit);
        if spinning && habit == Habit::Spins {
            loop {
                std::hint::spin_loop();
            }
        }
    };
    let rule = |world: &World<'_>| world.views::<Habit>().all(|(_, habit)| *habit != Habit::Breaks);
    Scenario::new("habits").nodes("node", 1, node).always("nothing breaks", rule).step_timeout(Duration::from_millis(300))
}

#[test]
fn a_seed_that_never_returns_is_told_though_later_ones_fail_at_once() {
    let habit_of = |seed: u64| {
        let mut sim = habits(false).start(Seed(seed));
        sim.run_for(Duration::from_secs(1));
        sim.inspect(|world| *world.view::<Habit>(NodeId(0)).expect("it shows one"))
    };
    let known: Vec<Habit> = (0..256).map(habit_of).collect();
    let story = [Habit::Well, Habit::Well, Habit::Spins, Habit::Breaks];
    let start = known.windows(4).position(|habits| habits == story).expect("some four seeds are like that") as u64;
    let sweep = habits(true).threads(threads(4)).sweep(start..start + 64);
    let report = sweep.failure().expect("the third one spins");
    assert_eq!((report.seed(), sweep.passed()), (Seed(start + 2), 2), "{report}");
    assert_eq!(report.violations[0].rule, "every step returns");
}
