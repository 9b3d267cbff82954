//! Spawning, joining and aborting tasks.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use cluster_sim::node::{JoinError, JoinHandle, yield_now};
use cluster_sim::prelude::*;
use cluster_sim::report::RecordKind;
use cluster_sim::scenario::Budget;
use cluster_sim_testkit::log::{Log, LogOnDrop, Once};
use cluster_sim_testkit::panics::panic_of;
use cluster_sim_testkit::units::milliseconds;

use crate::{count, nodes};

/// Runs code on one node for a second and returns its log.
fn run<F: Future<Output = ()> + 'static>(main: impl Fn(Node, Log) -> F + Send + Sync + 'static) -> Vec<String> {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| main(node, noted.clone())).start(Seed(5));
    sim.run_for(Duration::from_secs(1));
    let written = log.read();
    sim.finish().assert_ok();
    written
}

#[test]
fn a_join_returns_the_result_before_and_after_the_end() {
    let log = run(|node, log| async move {
        let quick = node.spawn(async { 1 });
        let slow = node.spawn({
            let node = node.clone();
            async move {
                node.sleep(milliseconds(5)).await;
                2
            }
        });
        log.write(format!("{:?} at {:?}", slow.await, node.now().since_zero()));
        assert!(quick.is_finished());
        log.write(format!("{:?}", quick.await));
    });
    assert_eq!(log, ["Ok(2) at 5ms", "Ok(1)"]);
}

#[test]
fn a_task_outlives_its_dropped_handle() {
    let log = run(|node, log| async move {
        let clock = node.clone();
        drop(node.spawn(async move {
            clock.sleep(milliseconds(5)).await;
            log.write("went on");
        }));
        node.sleep(milliseconds(10)).await;
    });
    assert_eq!(log, ["went on"]);
}

#[test]
fn an_unclaimed_result_is_dropped_with_the_task_or_the_handle() {
    let log = run(|node, log| async move {
        let (unasked, late) = (LogOnDrop("unasked", log.clone()), LogOnDrop("late", log.clone()));
        drop(node.spawn(async { unasked }));
        let handle = node.spawn(async { late });
        node.sleep(milliseconds(1)).await;
        log.write("both ended");
        drop(handle);
        log.write("the handle is dropped");
        pending::<()>().await;
    });
    assert_eq!(log, ["unasked", "both ended", "late", "the handle is dropped"]);
}

#[test]
fn returning_main_drops_the_other_tasks_and_the_ports() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = nodes(2, move |node| {
        let log = noted.clone();
        async move {
            let port = node.bind::<u8>("port");
            if node.id() == NodeId(1) {
                node.sleep(milliseconds(10)).await;
                port.send(0, 1);
                return pending().await;
            }
            let left = LogOnDrop("left", log.clone());
            drop(node.spawn(async move {
                let _left = left;
                pending::<()>().await;
            }));
            node.publish(|seen: &mut u8| *seen = 3);
            node.sleep(milliseconds(5)).await;
            log.write("returns");
        }
    })
    .start(Seed(5));
    sim.run_for(milliseconds(50));
    assert_eq!(log.read(), ["returns", "left"]);
    assert_eq!(sim.inspect(|world| world.view::<u8>(NodeId(0)).copied()), Some(3), "its last view stays");
    let report = sim.finish();
    report.assert_ok();
    assert_eq!(report.traffic.dropped["port_closed"], 1);
}

#[test]
fn node_handles_are_inert_after_main_returned() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = noted.clone();
        async move {
            node.expose((node.clone(), log.clone()));
            // Dropped with its task, after main has returned.
            struct Spawns(Node, Log);
            impl Drop for Spawns {
                fn drop(&mut self) {
                    let log = self.1.clone();
                    drop(self.0.spawn(async move { log.write("ran after main") }));
                }
            }
            let spawns = Spawns(node.clone(), log);
            drop(node.spawn(async move {
                let _spawns = spawns;
                pending::<()>().await;
            }));
            yield_now().await;
            yield_now().await;
        }
    })
    .start(Seed(5));
    sim.run_for(milliseconds(1));
    let reached = sim.with_node(0, |(node, log): &mut (Node, Log)| {
        let log = log.clone();
        let task = node.spawn(async move { log.write("ran from outside") });
        node.publish(|seen: &mut u8| *seen = 1);
        task.is_finished()
    });
    assert_eq!(reached, Ok(true));
    sim.run_for(milliseconds(1));
    assert_eq!(log.read(), Vec::<String>::new());
    assert_eq!(sim.inspect(|world| world.view::<u8>(NodeId(0)).copied()), None);
    sim.finish().assert_ok();
}

#[test]
fn an_aborted_task_is_dropped_at_that_instant() {
    let log = run(|node, log| async move {
        let held = LogOnDrop("dropped", log.clone());
        let task: JoinHandle<()> = node.spawn(async move {
            let _held = held;
            pending().await
        });
        node.sleep(milliseconds(1)).await;
        task.abort();
        task.abort();
        assert!(!task.is_finished(), "it ends when it is scheduled next");
        let ended = task.await;
        log.write(format!("{ended:?} at {:?}", node.now().since_zero()));
    });
    assert_eq!(log, ["dropped", "Err(JoinError) at 1ms"]);
}

#[test]
fn a_task_aborted_before_its_first_poll_never_runs() {
    let log = run(|node, log| async move {
        let noted = log.clone();
        let task = node.spawn(async move { noted.write("ran") });
        task.abort();
        log.write(format!("{:?}", task.await));
    });
    assert_eq!(log, ["Err(JoinError)"]);
}

#[test]
fn aborting_an_ended_task_keeps_its_result() {
    let log = run(|node, log| async move {
        let task = node.spawn(async { 8 });
        node.sleep(milliseconds(1)).await;
        task.abort();
        assert!(task.is_finished());
        log.write(format!("{:?}", task.await));
    });
    assert_eq!(log, ["Ok(8)"]);
}

#[test]
fn a_task_that_aborts_itself_can_still_return_a_result() {
    let log = run(|node, log| async move {
        let own: Arc<Mutex<Option<JoinHandle<u8>>>> = Arc::default();
        let handle = Arc::clone(&own);
        let task = node.spawn(async move {
            yield_now().await;
            handle.lock().expect("the lock is not poisoned").as_ref().expect("it was put there").abort();
            4
        });
        *own.lock().expect("the lock is not poisoned") = Some(task);
        node.sleep(milliseconds(1)).await;
        let task = own.lock().expect("the lock is not poisoned").take().expect("it is there");
        log.write(format!("{:?}", task.await));
    });
    assert_eq!(log, ["Ok(4)"]);
}

#[test]
fn joining_a_task_of_an_earlier_incarnation_is_a_join_error() {
    let (log, kept) = (Log::<String>::new(), Arc::new(Mutex::new(None)));
    let (noted, handles) = (log.clone(), Arc::clone(&kept));
    let mut sim = nodes(1, move |node| {
        let (log, kept) = (noted.clone(), Arc::clone(&handles));
        async move {
            let old: Option<JoinHandle<u8>> = kept.lock().expect("the lock is not poisoned").take();
            match old {
                None => *kept.lock().expect("the lock is not poisoned") = Some(node.spawn(pending::<u8>())),
                Some(old) => {
                    assert!(old.is_finished());
                    old.abort();
                    log.write(format!("{:?}", old.await));
                }
            }
            pending().await
        }
    })
    .start(Seed(5));
    sim.run_for(milliseconds(1));
    assert!(sim.crash(0) && sim.restart(0));
    sim.run_for(milliseconds(1));
    assert_eq!(log.read(), [format!("{:?}", Err::<u8, _>(JoinError))]);
    sim.finish().assert_ok();
}

#[test]
fn joining_a_task_of_a_crashing_node_is_a_join_error() {
    let log = Log::<String>::new();
    let (noted, kept) = (log.clone(), Mutex::new(None::<JoinHandle<u8>>));
    let kept = Arc::new(kept);
    let mut sim = nodes(2, move |node| {
        let (log, kept) = (noted.clone(), Arc::clone(&kept));
        async move {
            if node.id() == NodeId(0) {
                *kept.lock().expect("the lock is not poisoned") = Some(node.spawn(pending::<u8>()));
                return pending().await;
            }
            node.sleep(milliseconds(1)).await;
            let theirs = kept.lock().expect("the lock is not poisoned").take().expect("it was put there");
            let ended = theirs.await;
            log.write(format!("{ended:?} at {:?}", node.now().since_zero()));
        }
    })
    .start(Seed(5));
    sim.run_for(milliseconds(7));
    assert!(sim.crash(0));
    sim.run_for(milliseconds(1));
    assert_eq!(log.read(), ["Err(JoinError) at 7ms"]);
    sim.finish().assert_ok();
}

#[test]
fn using_a_node_handle_outside_its_simulation_panics() {
    let kept = Once::new(());
    let (node, task) = {
        let place = Arc::new(Mutex::new(None));
        let put = Arc::clone(&place);
        let mut sim = nodes(1, move |node| {
            kept.take();
            let put = Arc::clone(&put);
            async move {
                let task = node.spawn(pending::<()>());
                *put.lock().expect("the lock is not poisoned") = Some((node.clone(), task));
                pending().await
            }
        })
        .start(Seed(5));
        sim.run_for(milliseconds(1));
        let taken = place.lock().expect("the lock is not poisoned").take().expect("it was put there");

        for message in [
            panic_of(|| assert_eq!(taken.0.now(), LocalInstant::ZERO)),
            panic_of(|| taken.1.abort()),
            panic_of(|| drop(taken.0.spawn(async {}))),
        ] {
            assert!(
                message.contains("a handle of n0 is used outside the steps of its simulation")
                    && message.contains("Sim::with_node"),
                "{message}"
            );
        }
        assert!(format!("{:?} {:?}", taken.0, taken.1).contains("JoinHandle"), "Debug does not panic outside the simulation");
        sim.finish().assert_ok();
        taken
    };
    assert!(catch_unwind(AssertUnwindSafe(|| node.now())).is_err(), "also after the run");
    drop((node, task));
}

#[test]
fn a_chain_of_spawned_tasks_keeps_no_memory() {
    fn next(node: Node, left: u32, log: Log) {
        let again = node.clone();
        drop(node.spawn(async move {
            match left {
                0 => log.write("the last one"),
                _ => next(again, left - 1, log),
            }
        }));
    }
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = noted.clone();
        async move {
            next(node, 100_000, log);
            pending().await
        }
    })
    .budget(Budget { steps_at_one_instant: Some(1_000_000), ..Budget::default() })
    .start(Seed(5));
    sim.keep_records();
    sim.run_for(milliseconds(1));
    assert_eq!(log.read(), ["the last one"]);
    assert_eq!(count(&sim, RecordKind::Spawn), 100_002);
    sim.finish().assert_ok();
}
