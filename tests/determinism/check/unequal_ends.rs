//! One run panics, ends early or lasts longer, and the comparison does not hang.

use cluster_sim::Invariant;
use cluster_sim::check::Change;
use cluster_sim::explore::DeterminismError;
use cluster_sim::prelude::*;
use cluster_sim::report::{DivergenceKind, RecordKind};
use rstest::rstest;
use serde_json::Value;

use super::{LEAKY, first_difference, is_second_run, workers};

/// Whether this is the run that behaves differently.
type Side = fn() -> bool;

const FIRST: Side = || !is_second_run();
const SECOND: Side = is_second_run;

#[rstest]
#[case::first(FIRST)]
#[case::second(SECOND)]
fn a_node_that_panics_in_one_run_is_the_divergence(#[case] side: Side) {
    let habit: super::Habit = match side() {
        // A habit is a function pointer, which cannot capture the side.
        true => |worker, _| assert!(worker.ticks < 100 || is_second_run(), "a hundred ticks"),
        false => |worker, _| assert!(worker.ticks < 100 || !is_second_run(), "a hundred ticks"),
    };
    let check = workers(habit).check_determinism(Seed(7));
    let event = first_difference(&check);
    assert_eq!(event.node, LEAKY, "{check}");
    let ended = if side() { &event.left } else { &event.right };
    assert!(ended[0].ends_with("the run ends: worker/1 panicked: a hundred ticks"), "{check}");
}

#[rstest]
#[case::first(FIRST)]
#[case::second(SECOND)]
fn a_violation_in_one_run_is_the_divergence(#[case] side: Side) {
    let habit: super::Habit = match side() {
        true => |worker, _| worker.shown = worker.ticks * u64::from(!is_second_run()),
        false => |worker, _| worker.shown = worker.ticks * u64::from(is_second_run()),
    };
    let few = |world: &World<'_>| {
        let over = world.nodes_where::<u64>(|shown| *shown >= 100);
        if over.is_empty() { Verdict::Holds } else { Verdict::violated(over, "a hundred ticks") }
    };
    let check = workers(habit).always("few ticks", few).check_determinism(Seed(7));
    let event = first_difference(&check);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, DivergenceKind::End), "{check}");
    let (ended, other) = if side() { (&event.left, &event.right) } else { (&event.right, &event.left) };
    assert!(ended.len() == 1 && ended[0].contains("few ticks: a hundred ticks"), "{check}");
    assert!(other.len() > 1, "the other one goes on: {check}");
}

#[rstest]
#[case::first(FIRST)]
#[case::second(SECOND)]
fn a_run_that_only_lasts_longer_is_another_run(#[case] side: Side) {
    // The leaky node sets the last timer of the run, in one of the two runs only.
    let habit: super::Habit = match side() {
        true => |worker, effects| speak_last(worker, effects, !is_second_run()),
        false => |worker, effects| speak_last(worker, effects, is_second_run()),
    };
    let check = workers(habit).duration(Duration::from_millis(100)).check_determinism(Seed(7));
    let event = first_difference(&check);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, DivergenceKind::Event(RecordKind::Timer)), "{check}");
    let (longer, shorter) = if side() { (&event.left, &event.right) } else { (&event.right, &event.left) };
    assert!(shorter.len() == 1 && shorter[0].ends_with("the run ends: held"), "{check}");
    assert!(longer[0].ends_with("worker/1 timer 9 fires") && longer[1].ends_with("the run ends: held"), "{check}");
}

/// Sets a timer for the last nanosecond of a run of 100 ms.
fn speak_last(worker: &mut super::Worker, effects: &mut Effects<u64>, once_more: bool) {
    if worker.ticks == 1 && once_more {
        effects.set_timer(Timer(9), Duration::from_nanos(99_000_000));
    }
    if worker.ticks == 9 {
        worker.pause = Duration::from_secs(1);
    }
}

/// Panics outside the run, where it is no finding.
struct Bomb;

impl Invariant for Bomb {
    fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn measured(&self) -> Value {
        assert!(!is_second_run(), "measured in the other thread");
        Value::Null
    }
}

#[test]
fn a_panic_outside_the_run_is_an_error() {
    let check = workers(|_, _| {}).observe("bomb", || Bomb).check_determinism(Seed(7));
    assert_eq!((check.outcome(), check.agreed(), check.divergence()), (Outcome::Unknown, false, None));
    let expected = DeterminismError::BrokeOff { reason: "measured in the other thread".to_owned() };
    assert_eq!(check.report(), Err(&expected));
    let text = check.to_string();
    assert!(text.contains("the run in a fresh thread broke off: measured in the other thread"), "{text}");
    let panic = std::panic::catch_unwind(|| check.assert_ok()).expect_err("what was not compared is no pass");
    assert_eq!(panic.downcast_ref::<String>(), Some(&text));
}

/// Panics in the middle of the run while it is printed for the comparison, where it is no finding.
struct Unprintable;

impl std::fmt::Debug for Unprintable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if is_second_run() { panic!("printed in the other thread") } else { Ok(()) }
    }
}

#[test]
fn a_run_that_dies_in_the_middle_is_not_awaited() {
    let check = workers(|_, effects| effects.emit(Unprintable)).check_determinism(Seed(7));
    let error = check.report().expect_err("one side died");
    assert!(error.to_string().contains("broke off: printed in the other thread"), "{error}");
}

#[test]
#[should_panic(expected = "printed in this thread")]
fn a_panic_in_the_first_run_propagates() {
    struct Unprintable;
    impl std::fmt::Debug for Unprintable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            if is_second_run() { Ok(()) } else { panic!("printed in this thread") }
        }
    }
    let _ = workers(|_, effects| effects.emit(Unprintable)).check_determinism(Seed(7));
}

#[test]
fn two_runs_with_one_finding_agree_and_fail() {
    let scenario = workers(|worker, _| assert!(worker.ticks < 100, "a hundred ticks"));
    let check = scenario.check_determinism(Seed(7));
    assert_eq!((check.agreed(), check.outcome()), (true, Outcome::Panicked));
    assert_eq!(check.report(), Ok(&scenario.run(Seed(7))));
    let panic = std::panic::catch_unwind(|| check.assert_ok()).expect_err("a finding on both sides is a finding");
    assert!(panic.downcast_ref::<String>().is_some_and(|text| text.contains("worker/1 panicked: a hundred ticks")));
}

#[test]
#[should_panic(expected = "could not run scenario \"empty\": there are no nodes in it")]
fn an_invalid_scenario_panics() {
    let _ = Scenario::new("empty").check_determinism(Seed(7));
}
