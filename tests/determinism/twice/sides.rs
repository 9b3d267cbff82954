//! One side panics, ends early or goes on longer, and nothing hangs.

use cluster_sim::prelude::*;
use cluster_sim::{Change, DeterminismError, Happening, Invariant, OtherRun, RecordKind};
use rstest::rstest;
use serde_json::Value;

use super::{LEAKY, first_difference, is_there, workers};

/// Whether this is the side on which the deed is done.
type Side = fn() -> bool;

const HERE: Side = || !is_there();
const THERE: Side = is_there;

#[rstest]
#[case::here(HERE)]
#[case::there(THERE)]
fn a_node_that_panics_on_one_side_is_where_the_runs_part(#[case] side: Side) {
    let habit: super::Habit = match side() {
        // A habit is no closure: it cannot hold the side.
        true => |worker, _| assert!(worker.ticks < 100 || is_there(), "a hundred ticks"),
        false => |worker, _| assert!(worker.ticks < 100 || !is_there(), "a hundred ticks"),
    };
    let twice = workers(habit).check_determinism(Seed(7));
    let event = first_difference(&twice);
    assert_eq!(event.node, LEAKY, "{twice}");
    let ended = if side() { &event.left } else { &event.right };
    assert!(ended[0].ends_with("the run ends: worker/1 panicked: a hundred ticks"), "{twice}");
}

#[rstest]
#[case::here(HERE)]
#[case::there(THERE)]
fn a_view_that_breaks_a_rule_on_one_side_is_where_the_runs_part(#[case] side: Side) {
    let habit: super::Habit = match side() {
        true => |worker, _| worker.shown = worker.ticks * u64::from(!is_there()),
        false => |worker, _| worker.shown = worker.ticks * u64::from(is_there()),
    };
    let few = |world: &World<'_>| {
        let over = world.nodes_where::<u64>(|shown| *shown >= 100);
        if over.is_empty() { Verdict::Holds } else { Verdict::violated(over, "a hundred ticks") }
    };
    let twice = workers(habit).always("few ticks", few).check_determinism(Seed(7));
    let event = first_difference(&twice);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, Happening::End), "{twice}");
    let (ended, other) = if side() { (&event.left, &event.right) } else { (&event.right, &event.left) };
    assert!(ended.len() == 1 && ended[0].contains("few ticks: a hundred ticks"), "{twice}");
    assert!(other.len() > 1, "the other one goes on: {twice}");
}

#[rstest]
#[case::here(HERE)]
#[case::there(THERE)]
fn a_run_that_only_goes_on_longer_is_another_run(#[case] side: Side) {
    // Once the others are silent, the leaky one has the last word; on one side it speaks once more.
    let habit: super::Habit = match side() {
        true => |worker, effects| speak_last(worker, effects, !is_there()),
        false => |worker, effects| speak_last(worker, effects, is_there()),
    };
    let twice = workers(habit).duration(Duration::from_millis(100)).check_determinism(Seed(7));
    let event = first_difference(&twice);
    assert_eq!((event.node.as_str(), event.kind), (LEAKY, Happening::Event(RecordKind::Timer)), "{twice}");
    let (longer, shorter) = if side() { (&event.left, &event.right) } else { (&event.right, &event.left) };
    assert!(shorter.len() == 1 && shorter[0].ends_with("the run ends: held"), "{twice}");
    assert!(longer[0].ends_with("worker/1 timer 9") && longer[1].ends_with("the run ends: held"), "{twice}");
}

/// Arms a timer for the last nanosecond of a run of a tenth of a second.
fn speak_last(worker: &mut super::Worker, effects: &mut Effects<u64>, once_more: bool) {
    if worker.ticks == 1 && once_more {
        effects.set_timer(Timer(9), Duration::from_nanos(99_000_000));
    }
    if worker.ticks == 9 {
        worker.pause = Duration::from_secs(1);
    }
}

/// Panics where a run makes no finding of it.
struct Bomb;

impl Invariant for Bomb {
    fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        1
    }

    fn measured(&self) -> Value {
        assert!(!is_there(), "measured in the other thread");
        Value::Null
    }
}

#[test]
fn a_side_that_dies_of_a_panic_that_is_no_finding_is_an_error_and_no_pass() {
    let twice = workers(|_, _| {}).observe("bomb", || Bomb).check_determinism(Seed(7));
    assert_eq!((twice.outcome(), twice.agreed(), twice.divergence()), (Outcome::Unknown, false, None));
    let expected = DeterminismError::BrokeOff {
        other_run: OtherRun::FreshThread,
        reason: "measured in the other thread".to_owned(),
        output: String::new(),
    };
    assert_eq!(twice.report(), Err(&expected));
    let text = twice.to_string();
    assert!(text.contains("the run in a fresh thread broke off: measured in the other thread"), "{text}");
    let panic = std::panic::catch_unwind(|| twice.assert_ok()).expect_err("what was not compared is no pass");
    assert_eq!(panic.downcast_ref::<String>(), Some(&text));
}

/// Panics in the middle of the run, where a run makes no finding of it: when a fact is printed for comparing.
struct Unprintable;

impl std::fmt::Debug for Unprintable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if is_there() { panic!("printed in the other thread") } else { Ok(()) }
    }
}

#[test]
fn a_side_that_dies_in_the_middle_is_not_waited_for() {
    let twice = workers(|_, effects| effects.emit(Unprintable)).check_determinism(Seed(7));
    let error = twice.report().expect_err("one side died");
    assert!(error.to_string().contains("broke off: printed in the other thread"), "{error}");
}

#[test]
#[should_panic(expected = "printed in this thread")]
fn a_panic_on_this_side_goes_through_as_it_does_in_a_run() {
    struct Unprintable;
    impl std::fmt::Debug for Unprintable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            if is_there() { Ok(()) } else { panic!("printed in this thread") }
        }
    }
    let _ = workers(|_, effects| effects.emit(Unprintable)).check_determinism(Seed(7));
}

#[test]
fn two_runs_that_fail_alike_agree_and_are_still_no_pass() {
    let scenario = workers(|worker, _| assert!(worker.ticks < 100, "a hundred ticks"));
    let twice = scenario.check_determinism(Seed(7));
    assert_eq!((twice.agreed(), twice.outcome()), (true, Outcome::Panicked));
    assert_eq!(twice.report(), Ok(&scenario.run(Seed(7))));
    let panic = std::panic::catch_unwind(|| twice.assert_ok()).expect_err("a finding on both sides is a finding");
    assert!(panic.downcast_ref::<String>().is_some_and(|text| text.contains("worker/1 panicked: a hundred ticks")));
}

#[test]
#[should_panic(expected = "could not run scenario \"empty\": there are no nodes in it")]
fn a_scenario_that_cannot_be_run_says_so() {
    let _ = Scenario::new("empty").check_determinism(Seed(7));
}
