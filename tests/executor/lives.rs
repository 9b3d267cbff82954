//! Crashes, restarts, kills and the end of a run: what is dropped, in which order, and panics in drops.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cluster_sim::node::JoinHandle;
use cluster_sim::prelude::*;
use cluster_sim::report::RecordKind;
use cluster_sim_testkit::log::{Log, LogOnDrop};
use cluster_sim_testkit::units::{instant, milliseconds};

use crate::{count, nodes};

/// Logs its name when it is dropped, and panics if the name is the second field.
struct Touchy(&'static str, &'static str, Log);

impl Drop for Touchy {
    fn drop(&mut self) {
        self.2.write(self.0);
        assert!(self.0 != self.1, "{} cannot let go", self.0);
    }
}

async fn holds<T>(held: T) {
    pending::<()>().await;
    drop(held);
}

/// A node of five tasks: main, two children and a child of each. The value named `panics` panics when it is dropped.
fn task_tree(panics: &'static str, log: &Log) -> Scenario {
    let log = log.clone();
    nodes(1, move |node| {
        let touchy = |name| Touchy(name, panics, log.clone());
        let names = [("one", "one below"), ("two", "two below")];
        let [one, two] = names.map(|(name, below)| (name, touchy(name), touchy(below)));
        let (main, shown, exposed) = (touchy("main"), touchy("shown"), touchy("exposed"));
        async move {
            for (name, held, below) in [one, two] {
                let node = node.clone();
                drop(node.clone().spawn_named(name, async move {
                    drop(node.spawn_named("below", holds(below)));
                    holds(held).await;
                }));
            }
            node.publish(|view: &mut Option<Touchy>| *view = Some(shown));
            node.expose(exposed);
            holds(main).await;
        }
    })
}

const DROPS: [&str; 7] = ["main", "one", "two", "one below", "two below", "shown", "exposed"];

/// Asserts that main is dropped first, then tasks by depth, then the view, then the exposed value.
fn assert_in_order(dropped: &[String]) {
    let mut sorted = dropped.to_vec();
    sorted.sort_by_key(|name| match name.as_str() {
        "main" => 0,
        "one" | "two" => 1,
        "one below" | "two below" => 2,
        "shown" => 3,
        _ => 4,
    });
    assert_eq!(dropped, sorted);
}

#[test]
fn a_crash_drops_main_then_tasks_by_depth_then_the_view() {
    let log = Log::<String>::new();
    let mut sim = task_tree("", &log).start(Seed(4));
    sim.run_for(milliseconds(1));
    assert!(sim.crash(0));
    let dropped = log.read();
    assert_eq!(dropped.len(), DROPS.len());
    assert_in_order(&dropped);
    sim.finish().assert_ok();
}

#[test]
fn the_drop_order_is_deterministic() {
    let dropped = [(), (), ()].map(|()| {
        let log = Log::<String>::new();
        let mut sim = task_tree("", &log).start(Seed(4));
        sim.run_for(milliseconds(1));
        assert!(sim.crash(0));
        sim.finish().assert_ok();
        log.read()
    });
    assert_eq!(dropped[0], dropped[1]);
    assert_eq!(dropped[0], dropped[2]);
}

/// Asserts that a panic in a drop is a finding, for a way to end the incarnation and a value that panics.
fn assert_drop_panic_is_a_finding(end: impl Fn(Sim) -> Report, panics: &'static str) {
    let log = Log::<String>::new();
    let mut sim = task_tree(panics, &log).start(Seed(4));
    sim.run_for(milliseconds(1));
    let report = end(sim);
    let dropped = log.read();
    let mut names: Vec<&str> = dropped.iter().map(String::as_str).collect();
    names.sort_unstable();
    let mut expected = DROPS.to_vec();
    expected.sort_unstable();
    assert_eq!(names, expected, "each is dropped once, whichever panics");
    assert_in_order(&dropped);
    assert_eq!(report.outcome, Outcome::Panicked, "{report}");
    assert!(!report.last_events.is_empty());
    let finding = report.panic.expect("the panic is a finding");
    assert_eq!(finding.site.to_string(), "n/0");
    assert_eq!(finding.message, format!("{panics} cannot let go"));
    let task = match panics {
        "main" => Some("main, spawned at"),
        "one" => Some("main/one, spawned at"),
        "one below" => Some("main/one/below, spawned at"),
        _ => None,
    };
    match (task, &finding.task) {
        (Some(name), Some(task)) => {
            assert!(task.starts_with(name) && task.contains("executor"), "{task}");
        }
        (None, None) => {}
        (name, task) => panic!("expected {name:?}, the finding names {task:?}"),
    }
}

#[test]
fn a_drop_that_panics_at_a_crash_is_a_finding() {
    for panics in ["main", "one", "one below", "shown", "exposed"] {
        assert_drop_panic_is_a_finding(
            |mut sim| {
                sim.crash(0);
                assert!(sim.is_over());
                sim.finish()
            },
            panics,
        );
    }
}

#[test]
fn a_drop_that_panics_at_a_kill_is_a_finding() {
    for panics in ["main", "one", "one below", "shown", "exposed"] {
        assert_drop_panic_is_a_finding(
            |mut sim| {
                sim.kill(0);
                sim.finish()
            },
            panics,
        );
        assert_drop_panic_is_a_finding(Sim::finish, panics);
    }
}

#[test]
fn a_drop_that_panics_at_an_abort_is_a_finding() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let held = Touchy("held", "held", noted.clone());
        async move {
            let task = node.spawn_named("stopped", holds(held));
            node.sleep(milliseconds(1)).await;
            task.abort();
            pending().await
        }
    })
    .start(Seed(4));
    sim.run_for(milliseconds(2));
    let finding = sim.finish().panic.expect("the panic is a finding");
    assert!(finding.task.expect("it names the task").starts_with("main/stopped, spawned at"));
    assert_eq!(log.read(), ["held"]);
}

#[test]
fn a_panic_in_a_poll_names_the_node_and_the_task() {
    let mut sim = nodes(2, |node| async move {
        if node.id() == NodeId(1) {
            let clock = node.clone();
            drop(node.spawn_named("worker", async move {
                clock.sleep(milliseconds(3)).await;
                panic!("the worker is tired");
            }));
        }
        pending().await
    })
    .start(Seed(4));
    sim.run_for(milliseconds(10));
    assert_eq!(sim.now(), instant(3));
    let report = sim.finish();
    let finding = report.panic.as_ref().expect("the panic is a finding");
    assert_eq!((finding.site.to_string().as_str(), finding.message.as_str()), ("n/1", "the worker is tired"));
    let task = finding.task.as_ref().expect("it names the task");
    assert!(task.starts_with("main/worker, spawned at") && task.contains("lives.rs:"), "{task}");
    assert!(report.to_string().contains("n/1, task main/worker, spawned at"), "{report}");
}

#[test]
fn a_panic_while_main_is_made_names_the_node() {
    let boots = Arc::new(AtomicU32::new(0));
    let mut sim = nodes(1, move |_| {
        assert!(boots.fetch_add(1, Ordering::Relaxed) == 0, "no second incarnation");
        pending()
    })
    .start(Seed(4));
    sim.run_for(milliseconds(1));
    assert!(sim.crash(0));
    sim.restart(0);
    let finding = sim.finish().panic.expect("the panic is a finding");
    assert_eq!((finding.site.to_string().as_str(), finding.message.as_str(), finding.task), ("n/0", "no second incarnation", None));
}

/// Uses every method of a node handle while it is dropped.
struct UsesHandleOnDrop(Node, Log);

impl Drop for UsesHandleOnDrop {
    fn drop(&mut self) {
        let Self(node, log) = self;
        let port = node.bind::<u8>("port");
        port.send(1, 1);
        port.broadcast(2);
        assert_eq!(port.try_recv(), None);
        let (task_log, held) = (log.clone(), LogOnDrop("its future is dropped", log.clone()));
        let task: JoinHandle<()> = node.spawn(async move {
            let _held = held;
            task_log.write("spawned in a drop");
        });
        assert!(task.is_finished());
        node.publish(|seen: &mut u8| *seen = 9);
        node.expose(9_u8);
        drop(node.sleep(milliseconds(1)));
        log.write(format!("tried at {:?}", node.now().since_zero()));
    }
}

#[test]
fn the_handles_of_a_crashed_node_are_inert() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = nodes(2, move |node| {
        let log = noted.clone();
        async move {
            if node.id() == NodeId(0) && node.incarnation().0 == 0 {
                let held = UsesHandleOnDrop(node.clone(), log);
                holds(held).await;
            }
            pending().await
        }
    })
    .start(Seed(4));
    sim.keep_records();
    sim.run_for(milliseconds(3));
    let spawned = count(&sim, RecordKind::Spawn);
    assert!(sim.crash(0));
    assert_eq!(log.read(), ["its future is dropped", "tried at 3ms"]);
    assert_eq!(count(&sim, RecordKind::Spawn), spawned);
    assert!(sim.restart(0));
    sim.run_for(milliseconds(3));
    assert_eq!(log.read(), Vec::<String>::new(), "nothing of it runs in the next incarnation");
    let report = sim.finish();
    report.assert_ok();
    assert_eq!(report.traffic.sent, 0);
}

#[test]
fn a_result_never_taken_is_dropped_at_the_crash() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = noted.clone();
        async move {
            let result = UsesHandleOnDrop(node.clone(), log);
            let handle = node.spawn(async move { result });
            node.sleep(milliseconds(1)).await;
            assert!(handle.is_finished());
            pending::<()>().await;
            drop(handle);
        }
    })
    .start(Seed(4));
    sim.run_for(milliseconds(2));
    assert!(sim.crash(0));
    assert_eq!(log.read().len(), 2, "it is dropped at the crash");
    sim.finish().assert_ok();
}

#[test]
fn crashes_with_join_handles_leak_no_task_slots() {
    // More tasks than may be alive at once: 1,048,576.
    let mut sim = nodes(1, |node| async move {
        let handles: Vec<JoinHandle<()>> = (0..1_100).map(|_| node.spawn(async {})).collect();
        pending::<()>().await;
        drop(handles);
    })
    .start(Seed(4));
    for _ in 0..1_000 {
        sim.run_for(milliseconds(1));
        assert!(sim.crash(0) && sim.restart(0));
    }
    sim.finish().assert_ok();
}
