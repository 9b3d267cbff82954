//! A seed that aborts, exits, overflows its stack or hangs in a worker process is a finding of that seed.

use std::process::Command;

use cluster_sim::explore::{ChildError, ChildExit, Sweep};
use cluster_sim::prelude::*;

use crate::{count, failure_groups, seeds_that_do, seldom};

const ONE_IN: u64 = 8;
const SEEDS: u64 = 64;

fn isolated(scenario: &Scenario) -> Sweep {
    scenario.campaign(0..SEEDS).max_failures(count(9)).threads(count(2)).isolated().run()
}

/// Asserts that exactly the seeds of [`seeds_that_do`] failed.
#[track_caller]
fn assert_found(sweep: &Sweep, rule: &str, begins: &str) {
    let expected = seeds_that_do(ONE_IN, SEEDS);
    let [(seed, found, message, others)] = failure_groups(sweep)[..] else { panic!("they fail in one way: {sweep}") };
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
fn the_last_output_of_a_process_is_reported() {
    let sweep = isolated(&seldom(ONE_IN, || {
        eprintln!("the end is near");
        std::process::abort();
    }));
    assert_found(
        &sweep,
        "the process survives",
        "it ended with signal 6 (SIGABRT); last lines of stderr:\n        | the end is near",
    );
}

#[test]
fn an_exit_is_a_finding_of_its_seed() {
    let sweep = isolated(&seldom(ONE_IN, || std::process::exit(7)));
    assert_found(&sweep, "the process survives", "it ended with exit status 7");
}

#[test]
fn an_exit_with_status_0_is_a_finding_too() {
    let sweep = isolated(&seldom(ONE_IN, || std::process::exit(0)));
    assert_found(&sweep, "the process survives", "it ended with exit status 0");
}

/// Recurses without an end.
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
fn an_endless_loop_is_a_finding_of_its_seed() {
    let scenario = seldom(ONE_IN, spin).step_timeout(Duration::from_millis(200));
    let sweep = isolated(&scenario);
    assert_found(&sweep, "every step returns", "a poll of node/0, task main, spawned at tests/campaign/main.rs:");
    assert!(failure_groups(&sweep)[0].2.ends_with("did not return for 0.2s of real time"), "{sweep}");
}

#[test]
fn a_stopped_process_is_killed_and_a_finding_of_its_seed() {
    fn stop() {
        let stopped = Command::new("kill").args(["-STOP", &std::process::id().to_string()]).status();
        assert!(stopped.is_ok_and(|status| status.success()), "a process may stop itself");
        // The signal stops the whole process only when some thread takes it; until then this thread must not go on.
        spin();
    }
    let expected = seeds_that_do(ONE_IN, SEEDS);
    let scenario = seldom(ONE_IN, stop).step_timeout(Duration::from_secs(2));
    let sweep = scenario.campaign(0..SEEDS).threads(count(1)).isolated().run();
    let message = "the whole process gave no sign of life for 5s of real time and was killed";
    assert_eq!(failure_groups(&sweep), [(expected[0], "every step returns", message, 0)], "{sweep}");
    assert_eq!(sweep.passed(), expected[0], "the seeds before it held");
}

#[test]
fn an_aborting_seed_ends_a_sweep_for_one_failure() {
    let expected = seeds_that_do(ONE_IN, SEEDS);
    let sweep = seldom(ONE_IN, || std::process::abort()).campaign(0..SEEDS).isolated().run();
    assert_eq!((sweep.passed(), sweep.failed()), (expected[0], 1), "{sweep}");
    let text = sweep.to_string();
    assert!(
        text.starts_with(&format!(
            "{} of seeds 0..{SEEDS} of seldom passed\nFAIL  seldom  seed={}",
            expected[0],
            Seed(expected[0])
        )),
        "{text}"
    );
}

#[test]
fn a_process_that_dies_only_once_is_nondeterministic() {
    let marker = std::env::temp_dir().join(format!("cluster-sim-dies-once-{}", parent()));
    // The first process of all dies, whatever its seed.
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

/// The id of the supervising process: this one, or its parent.
fn parent() -> u32 {
    if is_worker() { std::os::unix::process::parent_id() } else { std::process::id() }
}

/// Whether this is a worker process.
#[expect(clippy::disallowed_methods, reason = "the tests plant what happens in some processes only")]
fn is_worker() -> bool {
    std::env::var_os("CLUSTER_SIM_CALL").is_some()
}

#[test]
fn a_thread_without_a_name_is_an_error() {
    let sweep = std::thread::scope(|scope| {
        let thread = scope.spawn(|| seldom(ONE_IN, || {}).campaign(0..8).isolated().run());
        thread.join().expect("the work does not panic")
    });
    assert_eq!((sweep.error(), sweep.exit_code()), (Some(&ChildError::NoName), 4), "{sweep}");
    assert!(std::panic::catch_unwind(|| sweep.assert_ok()).is_err(), "what was not run is no pass");
}

#[test]
fn a_process_that_never_reaches_its_work_is_an_error() {
    let no_worker = || Command::new("true");
    let sweep = seldom(ONE_IN, || {}).campaign(0..8).isolated_by(no_worker).run();
    let Some(ChildError::NeverReached { command, exit, .. }) = sweep.error() else { panic!("{sweep}") };
    assert_eq!((command.as_str(), exit), ("\"true\"", &ChildExit::Status(0)));
}

#[test]
fn a_missing_worker_program_is_an_error() {
    let sweep = seldom(ONE_IN, || {}).campaign(0..8).isolated_by(|| Command::new("/no/such/program")).run();
    assert!(matches!(sweep.error(), Some(ChildError::NotStarted { .. })), "{sweep}");
}

#[test]
fn each_call_of_a_test_has_its_own_workers() {
    let first = isolated(&seldom(ONE_IN, || std::process::abort()));
    assert_found(&first, "the process survives", "it ended with signal 6");
    // Its workers reach the first call before the second, and must skip it.
    let second = isolated(&seldom(ONE_IN, || std::process::exit(3)));
    assert_found(&second, "the process survives", "it ended with exit status 3");
    seldom(ONE_IN, || {}).check_determinism_in_process(Seed(1)).assert_ok();
}

#[test]
#[should_panic(expected = "no nodes")]
fn an_invalid_scenario_panics() {
    let _ = Scenario::new("empty").campaign(0..8).isolated().run();
}

#[test]
fn output_of_nodes_does_not_disturb_the_protocol() {
    seldom(1, || print!("cluster-sim child 1")).campaign(0..32).isolated().run().assert_ok();
}

/// The error of a sweep whose workers are shells that run this script.
fn error_of(script: &'static str) -> ChildError {
    let shell = move || {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    };
    let sweep = seldom(ONE_IN, || {}).campaign(0..8).threads(count(1)).isolated_by(shell).run();
    sweep.error().unwrap_or_else(|| panic!("a shell is no worker: {sweep}")).clone()
}

#[test]
fn a_worker_of_another_version_is_an_error() {
    let error = error_of("echo 'cluster-sim child 2: {\"alive\":null}'; read line");
    assert_eq!(error, ChildError::OtherVersion { expected: 1, found: "2".to_owned() });
}

#[test]
fn a_worker_that_sends_nonsense_is_an_error() {
    let error = error_of("echo 'cluster-sim child 1: nonsense'; read line");
    assert_eq!(error, ChildError::Garbled { message: "nonsense".to_owned() });
}

#[test]
fn a_worker_that_reaches_another_call_is_an_error() {
    let error = error_of(
        "echo 'cluster-sim child 1: {\"reached\":{\"place\":\"p\",\"scenario\":\"s\",\"seed\":7,\"declared\":1}}'; read line",
    );
    assert!(matches!(&error, ChildError::OtherCall { found, .. } if found.contains("scenario \"s\"")), "{error}");
}

#[test]
fn a_worker_that_closes_its_pipes_and_goes_on_is_killed() {
    // It waits for its standard input, which stays open.
    let error = error_of("exec >/dev/null 2>&1; read line");
    let ChildError::NeverReached { exit: ChildExit::Killed { after }, .. } = &error else { panic!("{error}") };
    assert!(*after >= Duration::from_secs(1), "{error}");
}

#[test]
fn a_worker_that_leaves_its_pipes_to_another_process_has_ended() {
    // The other process ends with the standard input that it shares.
    let error = error_of("exec 3<&0; (read line <&3) & exit 7");
    assert!(matches!(&error, ChildError::NeverReached { exit: ChildExit::Status(7), .. }), "{error}");
}

#[test]
fn a_worker_that_ends_within_a_message_is_a_finding() {
    let scenario = seldom(ONE_IN, || {
        if is_worker() {
            use std::io::Write;
            let mut stdout = std::io::stdout().lock();
            stdout.write_all(b"\ncluster-sim child 1: {\"sent\":{").and_then(|()| stdout.flush()).expect("the pipe is open");
            std::process::abort();
        }
    });
    assert_found(&isolated(&scenario), "the process survives", "it ended with signal 6 (SIGABRT)");
}

#[test]
fn an_interrupt_of_a_starting_worker_interrupts_the_sweep() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    let starts = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&starts);
    // A signal that reaches a worker before it has a process group of its own ends it like this.
    let interrupted = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        let mut shell = Command::new("sh");
        shell.args(["-c", "kill -INT $$; read line"]);
        shell
    };
    let sweep = seldom(ONE_IN, || {}).campaign(0..8).threads(count(1)).isolated_by(interrupted).run();
    assert_eq!((sweep.is_interrupted(), sweep.error(), sweep.exit_code()), (true, None, 130), "{sweep}");
    assert_eq!(starts.load(Ordering::SeqCst), 1, "it is not started again");
}

#[test]
fn a_worker_process_fires_the_triggers_of_its_scenario() {
    let ticking = async |node: Node| {
        let mut ticks = node.interval(Duration::from_millis(10));
        loop {
            ticks.tick().await;
            node.publish(|ticks: &mut u64| *ticks += 1);
        }
    };
    let scenario = Scenario::new("ticking")
        .nodes("node", 2, ticking)
        .when("the first ticks five times", |change, world| {
            let ticks = world.view::<u64>(change.node())?;
            (*ticks == 5).then(|| NodeFault::kill(world.name(change.node())))
        })
        .always("both are up", |world| {
            world.now() < VirtualInstant::ZERO + Duration::from_millis(30) || world.views::<u64>().count() == 2
        })
        .duration(Duration::from_millis(200));
    let sweep = scenario.campaign(0..8).max_failures(count(9)).threads(count(2)).isolated().run();
    assert_eq!((sweep.passed(), sweep.failed()), (0, 8), "{sweep}");
    let fired = &sweep.failures()[0].report().faults[0];
    assert_eq!((fired.trigger.as_deref(), fired.applied), (Some("the first ticks five times"), true));
    let in_process = scenario.run(sweep.failures()[0].report().seed());
    assert_eq!(in_process.digest, sweep.failures()[0].report().digest);
}
