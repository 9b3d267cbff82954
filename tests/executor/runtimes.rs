//! A node has no tokio runtime, wherever its test runs; a call that needs one is a finding.

use std::sync::Arc;
use std::thread;

use cluster_sim::prelude::*;
use cluster_sim::report::{PanicFinding, PanicSite};
use cluster_sim_testkit::units::milliseconds;
use tokio::net::UdpSocket;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time;

use crate::nodes;

const SECOND: Duration = Duration::from_secs(1);

/// Calls that need a runtime, each with its line.
fn calls() -> Vec<(&'static str, Scenario, u32)> {
    let sleep = (nodes(1, |_| async { time::sleep(milliseconds(1)).await }), line!());
    let timeout = (nodes(1, |node| async move { drop(time::timeout(milliseconds(1), node.sleep(SECOND)).await) }), line!());
    let interval = (nodes(1, |_| async { drop(time::interval(milliseconds(1))) }), line!());
    let spawn = (nodes(1, |_| async { tokio::spawn(async {}).await.expect("it does not panic") }), line!());
    let detached = (nodes(1, |_| async { drop(tokio::spawn(async {})) }), line!());
    let blocking = (nodes(1, |_| async { tokio::task::spawn_blocking(|| ()).await.expect("it does not panic") }), line!());
    let current = (nodes(1, |_| async { drop(Handle::current().spawn(async {})) }), line!());
    let net = (nodes(1, |_| async { drop(UdpSocket::bind("127.0.0.1:0").await) }), line!());
    let names = ["sleep", "timeout", "interval", "spawn", "detached", "spawn_blocking", "current", "net"];
    let all = [sleep, timeout, interval, spawn, detached, blocking, current, net];
    names.into_iter().zip(all).map(|(name, (scenario, line))| (name, scenario, line)).collect()
}

/// Runs a scenario in a thread where no runtime was ever entered.
fn run_apart(scenario: &Scenario) -> Report {
    thread::scope(|scope| scope.spawn(|| scenario.run(Seed(7))).join().expect("a run reports panics"))
}

fn run_by_steps(scenario: &Scenario) -> Report {
    let mut sim = scenario.start(Seed(7));
    sim.run_for(Duration::from_secs(2));
    sim.finish()
}

/// Asserts that each call is the finding that it is without a runtime, in a whole run and in one that the test steps.
fn assert_each_call_is_found() {
    for (name, scenario, line) in calls() {
        let expected = run_apart(&scenario);
        let PanicFinding { site, task, location, message, .. } = expected.panic.clone().expect(name);
        assert_eq!(site, PanicSite::Node { name: "n/0".to_owned(), group: "n".to_owned() }, "{name}");
        assert!(task.as_ref().is_some_and(|task| task.starts_with("main, spawned at ")), "{name}: {task:?}");
        assert!(message.contains("needs a tokio runtime") && message.contains("node.sleep"), "{name}: {message}");
        let location = location.expect(name);
        assert!(location.starts_with(&format!("tests/executor/runtimes.rs:{line}:")), "{name}: {location}");
        assert!(expected.to_string().contains(&format!("\n        in {location}\n")), "{expected}");

        assert_eq!(scenario.run(Seed(7)), expected, "{name}");
        assert!(scenario.check_determinism(Seed(7)).agreed(), "{name}");
        let sweep = scenario.sweep(0..2);
        assert_eq!(sweep.failures()[0].report().panic.as_ref().map(|panic| &panic.message), Some(&message), "{name}");
        let stepped = run_by_steps(&scenario).panic.expect(name);
        assert_eq!((stepped.site, stepped.task, stepped.message), (site, task, message), "{name}");
        if let Some(other) = stepped.location {
            assert_eq!(other, location, "{name}");
        }
    }
}

/// Asserts that nodes which use what needs no runtime run as they do without one.
fn assert_channels_and_locks_work() {
    let innocent = nodes(2, |node: Node| async move {
        let (sender, mut receiver) = mpsc::channel::<u64>(1);
        let (lock, bell) = (Arc::new(Mutex::new(0)), Arc::new(Notify::new()));
        let (sending, ringing, locking) = (node.clone(), Arc::clone(&bell), Arc::clone(&lock));
        drop(node.spawn(async move {
            // More than the budget of a task of tokio.
            for number in 0..300 {
                *locking.lock().await += number;
                sender.send(number).await.expect("it is received");
                tokio::task::consume_budget().await;
            }
            sending.sleep(milliseconds(5)).await;
            ringing.notify_one();
        }));
        let mut sum = 0;
        while let Some(number) = receiver.recv().await {
            sum += number;
        }
        bell.notified().await;
        assert_eq!(*lock.lock().await, sum);
        node.publish(|done: &mut u64| *done = sum);
    })
    .eventually("all is summed", |world| world.views::<u64>().filter(|(_, sum)| **sum == 44_850).count() == 2);
    let expected = run_apart(&innocent);
    expected.assert_ok();
    assert_eq!(innocent.run(Seed(7)), expected);
    assert_eq!(run_by_steps(&innocent).outcome, Outcome::Held);
    innocent.sweep(0..4).assert_ok();
}

fn assert_no_runtime_is_seen() {
    assert_each_call_is_found();
    assert_channels_and_locks_work();
}

#[test]
fn a_node_of_a_plain_test_has_no_runtime() {
    assert_no_runtime_is_seen();
}

#[tokio::test]
async fn a_node_does_not_see_the_runtime_of_its_test() {
    assert_no_runtime_is_seen();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_does_not_see_a_runtime_of_many_threads() {
    assert_no_runtime_is_seen();
    tokio::spawn(async { assert_no_runtime_is_seen() }).await.expect("a task of the runtime may run nodes too");
}

#[test]
fn a_node_does_not_see_an_entered_runtime() {
    let runtime = Runtime::new().expect("the machine has threads");
    let _entered = runtime.enter();
    assert_no_runtime_is_seen();
}

#[tokio::test]
async fn the_runtime_of_a_test_still_works_after_a_run() {
    run_by_steps(&nodes(1, |_| async { drop(tokio::spawn(async {})) })).panic.expect("the node spawned");
    assert_eq!(tokio::spawn(async { 7 }).await.expect("it is run"), 7);
    time::timeout(milliseconds(1), std::future::pending::<()>()).await.expect_err("its timers work");
}

#[tokio::test]
async fn a_machine_that_spawns_on_the_runtime_of_its_test_is_found() {
    struct Spawning;
    impl cluster_sim::Machine for Spawning {
        type Message = ();
        type View = ();
        fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
            match input {
                Input::Start => effects.set_timer(Timer(0), milliseconds(5)),
                _ => drop(tokio::spawn(async {})),
            }
        }
        fn view(&self) -> &() {
            &()
        }
    }
    let scenario = Scenario::new("machine").machines("quiet", 1, |_: &Boot| Quiet).machines("spawning", 1, |_: &Boot| Spawning);
    for report in [scenario.run(Seed(7)), run_by_steps(&scenario)] {
        let panic = report.panic.expect("it spawned");
        assert_eq!((panic.site.to_string(), panic.task), ("spawning/0".to_owned(), None));
        assert!(panic.message.contains("node.spawn"), "{}", panic.message);
    }
}

/// Sets timers at the instants of the other machine, and spawns nothing.
struct Quiet;

impl cluster_sim::Machine for Quiet {
    type Message = ();
    type View = ();
    fn step(&mut self, _: LocalInstant, _: Input<()>, effects: &mut Effects<()>) {
        effects.set_timer(Timer(0), milliseconds(1));
    }
    fn view(&self) -> &() {
        &()
    }
}
