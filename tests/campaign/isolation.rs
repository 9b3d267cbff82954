//! A seed that takes its process along is a finding like others.

use std::process::Command;

use cluster_sim::prelude::*;
use cluster_sim::{DeterminismError, Sweep};

use crate::{count, seeds_that_do, seldom, ways};

const ONE_IN: u64 = 8;
const SEEDS: u64 = 64;

fn isolated(scenario: &Scenario) -> Sweep {
    scenario.campaign(0..SEEDS).max_failures(count(9)).threads(count(2)).isolated().run()
}

/// Every seed that does it is found, and nothing else.
#[track_caller]
fn assert_found(sweep: &Sweep, rule: &str, begins: &str) {
    let expected = seeds_that_do(ONE_IN, SEEDS);
    let [(seed, found, message, others)] = ways(sweep)[..] else { panic!("they fail in one way: {sweep}") };
    assert_eq!((seed, found, others), (expected[0], rule, expected.len() as u64 - 1), "{sweep}");
    assert!(message.starts_with(begins), "{message}");
    assert_eq!((sweep.passed(), sweep.failed()), (SEEDS - expected.len() as u64, expected.len() as u64));
    assert_eq!(sweep.exit_code(), 1);
}

#[test]
fn an_abort_is_a_finding_of_its_seed() {
    let sweep = isolated(&seldom(ONE_IN, || std::process::abort()));
    assert_found(&sweep, "the process survives", "it ended with signal 6 (SIGABRT)");
}

#[test]
fn what_a_process_said_last_is_told() {
    let sweep = isolated(&seldom(ONE_IN, || {
        eprintln!("the end is near");
        std::process::abort();
    }));
    assert_found(&sweep, "the process survives", "it ended with signal 6 (SIGABRT); last lines of stderr:\n        | the end is near");
}

#[test]
fn an_exit_is_a_finding_of_its_seed() {
    let sweep = isolated(&seldom(ONE_IN, || std::process::exit(7)));
    assert_found(&sweep, "the process survives", "it ended with exit status 7");
}

#[test]
fn an_exit_that_says_that_all_is_well_is_a_finding_too() {
    let sweep = isolated(&seldom(ONE_IN, || std::process::exit(0)));
    assert_found(&sweep, "the process survives", "it ended with exit status 0");
}

/// Never ends.
#[expect(unconditional_recursion, reason = "it is to fill the stack")]
#[inline(never)]
fn recurse(depth: u64) -> u64 {
    std::hint::black_box(depth) + recurse(std::hint::black_box(depth + 1))
}

#[test]
fn a_stack_overflow_is_a_finding_of_its_seed() {
    let sweep = isolated(&seldom(ONE_IN, || {
        std::hint::black_box(recurse(0));
    }));
    let said = "it ended with signal 6 (SIGABRT); last lines of stderr:\n        | thread \
                'isolation::a_stack_overflow_is_a_finding_of_its_seed' has overflowed its stack";
    assert_found(&sweep, "the process survives", said);
}

fn spin() {
    loop {
        std::hint::spin_loop();
    }
}

#[test]
fn an_endless_loop_is_a_finding_of_its_seed_and_the_others_go_on() {
    let scenario = seldom(ONE_IN, spin).step_timeout(Duration::from_millis(200));
    let sweep = isolated(&scenario);
    assert_found(&sweep, "every step returns", "a poll of node/0, task main, spawned at tests/campaign/main.rs:");
    assert!(ways(&sweep)[0].2.ends_with("did not return for 0.2s of real time"), "{sweep}");
}

#[test]
fn a_process_that_stands_still_as_a_whole_is_killed_and_a_finding_of_its_seed() {
    fn stop() {
        let stopped = Command::new("kill").args(["-STOP", &std::process::id().to_string()]).status();
        assert!(stopped.is_ok_and(|status| status.success()), "a process may stop itself");
        // The signal is for any thread of the process, and until that one is scheduled this one would run on, through the next seed perhaps.
        spin();
    }
    let expected = seeds_that_do(ONE_IN, SEEDS);
    let scenario = seldom(ONE_IN, stop).step_timeout(Duration::from_secs(2));
    let sweep = scenario.campaign(0..SEEDS).threads(count(1)).isolated().run();
    let message = "the whole process gave no sign of life for 5s of real time and was killed";
    assert_eq!(ways(&sweep), [(expected[0], "every step returns", message, 0)], "{sweep}");
    assert_eq!(sweep.passed(), expected[0], "those before it held");
}

#[test]
fn the_first_seed_that_takes_its_process_along_ends_a_sweep_that_wants_no_more() {
    let expected = seeds_that_do(ONE_IN, SEEDS);
    let sweep = seldom(ONE_IN, || std::process::abort()).campaign(0..SEEDS).isolated().run();
    assert_eq!((sweep.passed(), sweep.failed()), (expected[0], 1), "{sweep}");
    let text = sweep.to_string();
    assert!(
        text.starts_with(&format!("{} of seeds 0..{SEEDS} of seldom passed\nFAIL  seldom  seed={}", expected[0], Seed(expected[0]))),
        "{text}"
    );
}

#[test]
fn a_process_that_dies_once_and_not_again_is_not_believed() {
    let marker = std::env::temp_dir().join(format!("cluster-sim-dies-once-{}", parent()));
    // A seed of its own is not needed: the first process of all dies, whatever it is at.
    let at = marker.clone();
    let node = move |_: Node| {
        let at = at.clone();
        async move {
            if std::fs::File::create_new(&at).is_ok() {
                std::process::abort();
            }
        }
    };
    let scenario = Scenario::new("once").nodes("node", 1, node).duration(Duration::from_millis(1));
    let sweep = scenario.campaign(0..8).threads(count(1)).isolated().run();
    std::fs::remove_file(&marker).expect("it was made");
    let report = sweep.failure().unwrap_or_else(|| panic!("the first seed dies: {sweep}"));
    assert_eq!((report.outcome, report.seed(), sweep.exit_code()), (Outcome::Nondeterministic, Seed(0), 3), "{sweep}");
    assert!(sweep.to_string().contains("the process survives: it ended with signal 6 (SIGABRT)"), "{sweep}");
}

/// The number of the process that leads: of this one, or of the one that started it.
fn parent() -> u32 {
    if is_working() { std::os::unix::process::parent_id() } else { std::process::id() }
}

/// Whether this process was started to work.
#[expect(clippy::disallowed_methods, reason = "the tests plant what happens in some processes only")]
fn is_working() -> bool {
    std::env::var_os("CLUSTER_SIM_CALL").is_some()
}

#[test]
fn a_thread_without_a_name_cannot_be_found_again() {
    let sweep = std::thread::scope(|scope| {
        let thread = scope.spawn(|| seldom(ONE_IN, || {}).campaign(0..8).isolated().run());
        thread.join().expect("the work does not panic")
    });
    assert_eq!((sweep.error(), sweep.exit_code()), (Some(&DeterminismError::NoName), 4), "{sweep}");
    assert!(std::panic::catch_unwind(|| sweep.assert_ok()).is_err(), "what was not run is no pass");
}

#[test]
fn a_process_that_never_comes_to_its_work_is_an_error_that_says_how_it_was_started() {
    let no_worker = || Command::new("true");
    let sweep = seldom(ONE_IN, || {}).campaign(0..8).isolated_by(no_worker).run();
    let Some(DeterminismError::NeverReached { command, status, .. }) = sweep.error() else { panic!("{sweep}") };
    assert_eq!((command.as_str(), status.as_str()), ("\"true\"", "exit status: 0"));
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let sweep = seldom(ONE_IN, || {}).campaign(0..8).isolated_by(|| Command::new("/no/such/program")).run();
    assert!(matches!(sweep.error(), Some(DeterminismError::NotStarted { .. })), "{sweep}");
}

#[test]
fn each_call_of_a_test_is_led_by_itself() {
    let first = isolated(&seldom(ONE_IN, || std::process::abort()));
    assert_found(&first, "the process survives", "it ended with signal 6");
    // Its processes come to the first call before, and have to get over it.
    let second = isolated(&seldom(ONE_IN, || std::process::exit(3)));
    assert_found(&second, "the process survives", "it ended with exit status 3");
    seldom(ONE_IN, || {}).check_determinism_in_process(Seed(1)).assert_ok();
}

#[test]
#[should_panic(expected = "no nodes")]
fn a_scenario_that_cannot_be_run_says_so() {
    let _ = Scenario::new("empty").campaign(0..8).isolated().run();
}

#[test]
fn what_a_node_prints_does_not_disturb_the_work() {
    seldom(1, || print!("cluster-sim worker")).campaign(0..32).isolated().run().assert_ok();
}
