//! Errors between two processes: none is a pass, and each names its cause.

use std::thread;

use cluster_sim::explore::{ChildError, ChildExit, DeterminismError};
use cluster_sim::prelude::*;
use rstest::rstest;

use super::{LEAKY, first_difference, is_second_process, workers};

/// Runs `work` in a thread of that name, as a test of that name would.
fn in_thread_named<T: Send>(name: &str, work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, work).expect("a thread can be started");
        thread.join().expect("the work does not panic")
    })
}

#[test]
fn each_call_of_a_test_is_compared_with_itself() {
    // Equal in all that a scenario declares, but not in code: confusing two calls would compare different runs.
    let habits: [super::Habit; 3] = [|_, _| {}, |worker, effects| effects.emit(worker.ticks), |worker, _| worker.pause *= 2];
    let reports = habits.map(|habit| {
        let check = workers(habit).check_determinism_in_process(Seed(7));
        assert!(check.agreed(), "{check}");
        check.into_report().expect("the runs were compared").digest
    });
    assert_ne!(reports[0], reports[2]);
}

#[test]
fn a_leak_after_a_deterministic_call_is_found() {
    workers(|_, _| {}).check_determinism_in_process(Seed(7)).assert_ok();
    let leaky = workers(|worker, effects| effects.send(worker.peers[0], u64::from(std::process::id())));
    let check = leaky.check_determinism_in_process(Seed(7));
    assert_eq!(first_difference(&check).node, LEAKY, "{check}");
    let text = check.to_string();
    assert!(text.contains("left: the run in this thread; right: the run in another process"), "{text}");
    assert!(text.ends_with("rerun: `scenario.check_determinism_in_process(Seed(0x7))`\n"), "{text}");
}

#[test]
fn a_violation_in_one_process_only_is_the_divergence() {
    let check = workers(|worker, _| worker.shown = worker.ticks * u64::from(is_second_process()))
        .always("few ticks", |world| world.views::<u64>().all(|(_, shown)| *shown < 100))
        .check_determinism_in_process(Seed(7));
    let event = first_difference(&check);
    assert!(event.right[0].contains("the run ends:") && event.right[0].contains("few ticks"), "{check}");
}

#[test]
fn a_process_that_never_reaches_the_call_is_an_error() {
    // No test has this name, so the second process ends without running one.
    let check = in_thread_named("no such test", || workers(|_, _| {}).check_determinism_in_process(Seed(7)));
    assert_eq!((check.outcome(), check.agreed()), (Outcome::Unknown, false));
    let Err(DeterminismError::Child(ChildError::NeverReached { command, output: said, .. })) = check.report() else {
        panic!("{check}")
    };
    assert!(command.contains(r#""no such test" "--exact" "--nocapture""#), "{command}");
    assert!(said.contains("0 passed"), "{said}");
}

#[test]
fn a_thread_without_a_name_is_an_error() {
    let check = thread::scope(|scope| {
        scope.spawn(|| workers(|_, _| {}).check_determinism_in_process(Seed(7))).join().expect("the work does not panic")
    });
    assert_eq!(check.report(), Err(&DeterminismError::Child(ChildError::NoName)));
}

#[test]
fn a_process_that_reaches_another_call_is_an_error() {
    let seed = if is_second_process() { Seed(8) } else { Seed(7) };
    let check = workers(|_, _| {}).check_determinism_in_process(seed);
    let Err(DeterminismError::Child(ChildError::OtherCall { expected, found })) = check.report() else { panic!("{check}") };
    assert!(expected.contains("processes.rs") && expected.contains("\"workers\", seed 0x7,"), "{expected}");
    assert!(found.contains("\"workers\", seed 0x8,"), "{found}");
}

#[rstest]
#[case::before_the_call(0)]
#[case::in_the_middle(100)]
fn a_process_that_dies_is_an_error_with_its_last_output(#[case] ticks: u64) {
    let die = |when: u64| {
        if is_second_process() && when == ticks {
            // On an unfinished line, and to both pipes.
            println!("the end is near");
            eprint!("this is the end");
            std::process::exit(77);
        }
    };
    die(0);
    let habit: super::Habit = |worker, _| {
        if is_second_process() && worker.ticks == 100 {
            println!("the end is near");
            eprint!("this is the end");
            std::process::exit(77);
        }
    };
    let check = workers(habit).check_determinism_in_process(Seed(7));
    assert_eq!(check.outcome(), Outcome::Unknown);
    let Err(DeterminismError::Child(error)) = check.report() else { panic!("{check}") };
    let (exit, said) = match error {
        ChildError::NeverReached { exit, output: said, .. } if ticks == 0 => (exit, said),
        ChildError::Exited { exit, output: said } if ticks == 100 => (exit, said),
        other => panic!("{other}"),
    };
    assert_eq!(exit, &ChildExit::Status(77));
    assert!(said.contains("the end is near") && said.contains("this is the end"), "{said}");
}

#[test]
fn a_panic_outside_the_run_in_the_second_process_is_an_error() {
    struct Unprintable;
    impl std::fmt::Debug for Unprintable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            if is_second_process() { panic!("printed in the other process") } else { Ok(()) }
        }
    }
    let check = workers(|_, effects| effects.emit(Unprintable)).check_determinism_in_process(Seed(7));
    let message = "printed in the other process".to_owned();
    assert_eq!(check.report(), Err(&DeterminismError::Child(ChildError::Panicked { message })));
}

#[test]
fn a_test_that_fails_before_the_call_is_an_error() {
    assert!(!is_second_process(), "not in the other process");
    let check = workers(|_, _| {}).check_determinism_in_process(Seed(7));
    let Err(DeterminismError::Child(ChildError::NeverReached { output: said, .. })) = check.report() else { panic!("{check}") };
    assert!(said.contains("not in the other process"), "{said}");
}

#[test]
fn output_of_nodes_does_not_disturb_the_comparison() {
    workers(|worker, _| print!("tick {} ", worker.ticks)).check_determinism_in_process(Seed(7)).assert_ok();
}

#[test]
fn a_garbled_message_is_an_error() {
    let check = workers(|worker, _| {
        if is_second_process() && worker.ticks == 100 {
            println!("\ncluster-sim child 1: nonsense");
        }
    })
    .check_determinism_in_process(Seed(7));
    assert_eq!(check.report(), Err(&DeterminismError::Child(ChildError::Garbled { message: "nonsense".to_owned() })));
}

#[test]
fn a_process_that_ends_within_a_message_is_an_error() {
    let check = workers(|worker, _| {
        if is_second_process() && worker.ticks == 100 {
            print!("\ncluster-sim child 1: {{\"sent");
            std::process::exit(77);
        }
    })
    .check_determinism_in_process(Seed(7));
    let Err(DeterminismError::Child(ChildError::CutOff { exit, message, .. })) = check.report() else { panic!("{check}") };
    assert_eq!((exit, message.as_str()), (&ChildExit::Status(77), "{\"sent"));
}
