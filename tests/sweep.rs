//! The result of a sweep does not depend on the number of threads.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim::Outcome;
use cluster_sim::prelude::*;
use rstest::rstest;

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).expect("a sweep has a thread")
}

/// A node that breaks its rule in about one seed of sixteen, after a random time.
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
fn a_sweep_gives_one_result_for_any_number_of_threads(#[values(0..256, 100..300, 7..8, 3..3)] seeds: std::ops::Range<u64>) {
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
fn a_sweep_stops_at_the_first_failing_seed() {
    let sweep = scenario().threads(threads(4)).sweep(0..256);
    let failure = sweep.failure().expect("one seed of sixteen breaks the rule");
    assert_eq!(failure.seed(), Seed(sweep.passed()), "the seeds before it held");
}

/// Counts boots outside the simulation, which no node of a real test may do.
fn counted(boots: &Arc<AtomicU64>) -> Scenario {
    let boots = Arc::clone(boots);
    let node = move |node: Node| {
        let boots = Arc::clone(&boots);
        async move {
            boots.fetch_add(1, Ordering::SeqCst);
            fragile(node).await;
        }
    };
    Scenario::new("counted").nodes("node", 1, node).duration(Duration::from_secs(2))
}

#[rstest]
fn every_seed_of_a_range_runs_once(#[values(1, 2, 7)] count: usize) {
    let boots = Arc::default();
    let sweep = counted(&boots).threads(threads(count)).campaign(10..110).sample_determinism(false).run();
    sweep.assert_ok();
    assert_eq!((sweep.passed(), boots.load(Ordering::SeqCst)), (100, 100));
}

#[test]
fn after_a_failure_no_thread_starts_another_seed() {
    let boots = Arc::default();
    let scenario = counted(&boots).always("never", |_| -> Result<(), String> { Err("seed".to_owned()) }).threads(threads(4));
    let sweep = scenario.sweep(0..10_000);
    assert_eq!(sweep.failure().map(|report| (report.outcome, report.seed())), Some((Outcome::Violated, Seed(0))));
    // Four seeds at once, each run two more times for the determinism check.
    assert!(boots.load(Ordering::SeqCst) <= 12, "{boots:?}");
}

#[test]
#[should_panic(expected = "no nodes")]
fn an_invalid_scenario_panics_whichever_thread_ran_it() {
    let _ = Scenario::new("empty").threads(threads(4)).sweep(0..64);
}

/// The behaviour of a node in a seed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Habit {
    #[default]
    Well,
    Breaks,
    Spins,
}

/// A node whose habit depends on the seed; with `spinning`, a node that spins never returns.
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
fn a_hanging_seed_is_reported_before_later_failures() {
    let habit_of = |seed: u64| {
        let mut sim = habits(false).start(Seed(seed));
        sim.run_for(Duration::from_secs(1));
        sim.inspect(|world| *world.view::<Habit>(NodeId(0)).expect("it shows one"))
    };
    let known: Vec<Habit> = (0..256).map(habit_of).collect();
    let wanted = [Habit::Well, Habit::Well, Habit::Spins, Habit::Breaks];
    let start = known.windows(4).position(|habits| habits == wanted).expect("some four seeds are like that") as u64;
    let sweep = habits(true).threads(threads(4)).sweep(start..start + 64);
    let report = sweep.failure().expect("the third one spins");
    assert_eq!((report.seed(), sweep.passed()), (Seed(start + 2), 2), "{report}");
    assert_eq!(report.violations[0].rule, "every step returns");
}
