//! What can go wrong between two processes: never a pass, and never without a word.

use std::thread;

use cluster_sim::prelude::*;
use cluster_sim::{DeterminismError, OtherRun};
use rstest::rstest;

use super::{LEAKY, first_difference, is_in_the_other_process, workers};

/// Does that in a thread of that name, as a test of that name would.
fn in_a_thread_called<T: Send>(name: &str, work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, work).expect("a thread can be started");
        thread.join().expect("the work does not panic")
    })
}

#[test]
fn each_call_of_a_test_is_compared_with_itself() {
    // Equal in all that a scenario declares, and not in the code: a call that is taken for another one compares what differs.
    let habits: [super::Habit; 3] = [|_, _| {}, |worker, effects| effects.emit(worker.ticks), |worker, _| worker.pause *= 2];
    let reports = habits.map(|habit| {
        let twice = workers(habit).check_determinism_in_process(Seed(7));
        assert!(twice.agreed(), "{twice}");
        twice.into_report().expect("the runs were compared").digest
    });
    assert_ne!(reports[0], reports[2]);
}

#[test]
fn a_leak_after_a_clean_call_is_found() {
    workers(|_, _| {}).check_determinism_in_process(Seed(7)).assert_ok();
    let leaky = workers(|worker, effects| effects.send(worker.peers[0], u64::from(std::process::id())));
    let twice = leaky.check_determinism_in_process(Seed(7));
    assert_eq!(first_difference(&twice).node, LEAKY, "{twice}");
    let text = twice.to_string();
    assert!(text.contains("one was in this thread (here) and one in another process (there)"), "{text}");
    assert!(text.ends_with("again: `scenario.check_determinism_in_process(Seed(0x7))`\n"), "{text}");
}

#[test]
fn a_rule_that_breaks_in_one_process_only_is_where_they_part() {
    let twice = workers(|worker, _| worker.shown = worker.ticks * u64::from(is_in_the_other_process()))
        .always("few ticks", |world| world.views::<u64>().all(|(_, shown)| *shown < 100))
        .check_determinism_in_process(Seed(7));
    let event = first_difference(&twice);
    assert!(event.right[0].contains("the run ends:") && event.right[0].contains("few ticks"), "{twice}");
}

#[test]
fn a_process_that_never_comes_to_the_call_is_an_error_that_says_how_it_was_started() {
    // No test is called so, and the other process ends without having run one.
    let twice = in_a_thread_called("no such test", || workers(|_, _| {}).check_determinism_in_process(Seed(7)));
    assert_eq!((twice.outcome(), twice.agreed()), (Outcome::Unknown, false));
    let Err(DeterminismError::NeverReached { command, output: said, .. }) = twice.report() else { panic!("{twice}") };
    assert!(command.contains(r#""no such test" "--exact" "--nocapture""#), "{command}");
    assert!(said.contains("0 passed"), "{said}");
}

#[test]
fn a_thread_without_a_name_cannot_be_found_again() {
    let twice = thread::scope(|scope| {
        scope.spawn(|| workers(|_, _| {}).check_determinism_in_process(Seed(7))).join().expect("the work does not panic")
    });
    assert_eq!(twice.report(), Err(&DeterminismError::NoName));
}

#[test]
fn a_process_that_comes_to_another_call_is_an_error_that_names_both() {
    let seed = if is_in_the_other_process() { Seed(8) } else { Seed(7) };
    let twice = workers(|_, _| {}).check_determinism_in_process(seed);
    let Err(DeterminismError::OtherCall { expected, found }) = twice.report() else { panic!("{twice}") };
    assert!(expected.contains("processes.rs") && expected.contains("\"workers\", seed 0x7,"), "{expected}");
    assert!(found.contains("\"workers\", seed 0x8,"), "{found}");
}

#[rstest]
#[case::before_the_call(0)]
#[case::in_the_middle(100)]
fn a_process_that_dies_is_an_error_with_what_it_said_last(#[case] ticks: u64) {
    let die = |when: u64| {
        if is_in_the_other_process() && when == ticks {
            // On a line that was begun already, and to both pipes.
            println!("the end is near");
            eprint!("this is the end");
            std::process::exit(77);
        }
    };
    die(0);
    let habit: super::Habit = |worker, _| {
        if is_in_the_other_process() && worker.ticks == 100 {
            println!("the end is near");
            eprint!("this is the end");
            std::process::exit(77);
        }
    };
    let twice = workers(habit).check_determinism_in_process(Seed(7));
    assert_eq!(twice.outcome(), Outcome::Unknown);
    let (status, said) = match twice.report() {
        Err(DeterminismError::NeverReached { status, output: said, .. }) if ticks == 0 => (status, said),
        Err(DeterminismError::BrokeOff { other_run: OtherRun::OtherProcess, reason, output: said }) if ticks == 100 => (reason, said),
        other => panic!("{other:?}"),
    };
    assert!(status.contains("77"), "{status}");
    assert!(said.contains("the end is near") && said.contains("this is the end"), "{said}");
}

#[test]
fn a_panic_in_the_other_process_that_is_no_finding_is_an_error_that_says_which() {
    struct Unprintable;
    impl std::fmt::Debug for Unprintable {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            if is_in_the_other_process() { panic!("printed in the other process") } else { Ok(()) }
        }
    }
    let twice = workers(|_, effects| effects.emit(Unprintable)).check_determinism_in_process(Seed(7));
    let (elsewhere, reason) = (OtherRun::OtherProcess, "printed in the other process".to_owned());
    assert_eq!(twice.report(), Err(&DeterminismError::BrokeOff { other_run: elsewhere, reason, output: String::new() }));
}

#[test]
fn a_test_that_fails_before_the_call_in_the_other_process_is_an_error_with_what_it_said() {
    assert!(!is_in_the_other_process(), "not in the other process");
    let twice = workers(|_, _| {}).check_determinism_in_process(Seed(7));
    let Err(DeterminismError::NeverReached { output: said, .. }) = twice.report() else { panic!("{twice}") };
    assert!(said.contains("not in the other process"), "{said}");
}

#[test]
fn what_a_node_prints_does_not_disturb_the_comparison() {
    workers(|worker, _| print!("tick {} ", worker.ticks)).check_determinism_in_process(Seed(7)).assert_ok();
}

#[test]
fn a_word_that_nobody_can_have_said_is_an_error() {
    let twice = workers(|worker, _| {
        if is_in_the_other_process() && worker.ticks == 100 {
            println!("\ncluster-sim determinism: nonsense");
        }
    })
    .check_determinism_in_process(Seed(7));
    assert_eq!(twice.report(), Err(&DeterminismError::Garbled { message: "nonsense".to_owned() }));
}
