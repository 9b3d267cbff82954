//! Wakes from outside a poll of the own run, and tokio's cooperative budget.

use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use cluster_sim::prelude::*;
use cluster_sim::report::{Digest, RecordKind};
use cluster_sim_testkit::log::{Log, Once};
use cluster_sim_testkit::units::milliseconds;
use tokio::sync::{mpsc, oneshot};

use crate::{count, nodes};

/// A node that waits for a number and logs the millisecond at which it arrived.
fn waits(receiver: oneshot::Receiver<u64>, log: &Log<(u64, u64)>) -> Scenario {
    let (receiver, log) = (Once::new(receiver), log.clone());
    nodes(1, move |node| {
        let (receiver, log) = (receiver.take(), log.clone());
        async move {
            let number = receiver.await.expect("a number is sent");
            log.write((node.now().since_zero().as_millis() as u64, number));
            std::future::pending().await
        }
    })
}

#[test]
fn a_value_sent_between_two_steps_arrives_at_that_instant() {
    let (log, (sender, receiver)) = (Log::new(), oneshot::channel());
    let mut sim = waits(receiver, &log).start(Seed(1));
    sim.run_for(milliseconds(10));
    sender.send(7).expect("the node waits");
    assert!(log.read().is_empty(), "nothing runs between two steps");
    sim.run_for(milliseconds(10));
    assert_eq!(log.read(), [(10, 7)]);
    sim.finish().assert_ok();
}

#[test]
fn a_wake_from_a_poll_of_another_simulation_arrives() {
    let (log, (sender, receiver)) = (Log::new(), oneshot::channel());
    let mut one = waits(receiver, &log).start(Seed(1));
    let sender = Once::new(sender);
    let mut other = nodes(1, move |node| {
        let sender = sender.take();
        async move {
            node.sleep(milliseconds(5)).await;
            sender.send(7).expect("the other simulation waits");
        }
    })
    .start(Seed(1));
    one.run_for(milliseconds(3));
    other.run_for(milliseconds(8));
    assert!(log.read().is_empty());
    one.run_for(milliseconds(3));
    assert_eq!(log.read(), [(3, 7)]);
    one.finish().assert_ok();
    other.finish().assert_ok();
}

#[test]
fn nested_simulations_wake_each_other() {
    let log = Log::<(u64, u64)>::new();
    let ((to_outer, from_inner), (to_inner, from_outer)) = (oneshot::channel(), oneshot::channel());
    let inner_log = Log::new();
    let inner = waits(from_outer, &inner_log);
    let outer_parts = Once::new((to_outer, from_inner, to_inner));
    let (noted, scenario) = (log.clone(), inner);
    let mut sim = nodes(1, move |node| {
        let ((to_outer, from_inner, to_inner), log, scenario) = (outer_parts.take(), noted.clone(), scenario.clone());
        async move {
            let waiting = node.spawn({
                let node = node.clone();
                async move {
                    let number = from_inner.await.expect("the inner one sends");
                    log.write((node.now().since_zero().as_millis() as u64, number));
                }
            });
            node.sleep(milliseconds(2)).await;
            let mut inner = scenario.start(Seed(2));
            inner.run_for(milliseconds(50));
            to_inner.send(5).expect("the inner one waits");
            let to_outer = Once::new(to_outer);
            let mut sender = nodes(1, move |_| {
                let to_outer = to_outer.take();
                async move { to_outer.send(6).expect("the outer one waits") }
            })
            .start(Seed(3));
            sender.run_for(milliseconds(1));
            inner.run_for(milliseconds(50));
            sender.finish().assert_ok();
            inner.finish().assert_ok();
            waiting.await.expect("it was not aborted");
        }
    })
    .start(Seed(1));
    sim.run_for(milliseconds(10));
    assert_eq!(inner_log.read(), [(50, 5)]);
    assert_eq!(log.read(), [(2, 6)]);
    sim.finish().assert_ok();
}

#[test]
fn a_wake_from_another_thread_is_reported_as_a_leak() {
    let (log, (sender, receiver)) = (Log::new(), oneshot::channel());
    let mut sim = waits(receiver, &log).start(Seed(1));
    sim.run_for(milliseconds(10));
    std::thread::spawn(move || sender.send(7)).join().expect("the thread ends").expect("the node waits");
    sim.run_for(milliseconds(10));
    assert_eq!(log.read(), [(10, 7)]);
    let report = sim.finish();
    assert_eq!(report.outcome, Outcome::Nondeterministic);
    assert!(report.leak.as_ref().is_some_and(|leak| leak.contains("another thread")), "{report}");
    assert!(report.to_string().contains("another thread of the machine woke a task"), "{report}");
}

fn three_hundred_sends() -> Digest {
    let log = Log::<u64>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = noted.clone();
        async move {
            let (sender, mut receiver) = mpsc::channel(1);
            for number in 0..300 {
                sender.send(number).await.expect("the receiver is there");
                assert_eq!(receiver.recv().await, Some(number));
            }
            log.write(node.now().since_zero().as_nanos() as u64);
            std::future::pending().await
        }
    })
    .start(Seed(1));
    sim.keep_records();
    sim.run_for(milliseconds(1));
    assert_eq!(log.read(), [0], "everything happens at one instant");
    assert_eq!(count(&sim, RecordKind::Poll), 1, "and in one poll");
    let report = sim.finish();
    report.assert_ok();
    report.digest
}

#[tokio::test]
async fn the_cooperative_budget_of_a_tokio_test_delays_no_node() {
    let here = three_hundred_sends();
    let plain = std::thread::spawn(three_hundred_sends).join().expect("the plain run passes");
    assert_eq!(here, plain);
}

/// Stores its waker at its first poll.
async fn stores_its_waker(kept: Arc<Mutex<Vec<Waker>>>) {
    let mut polled = false;
    poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        kept.lock().expect("the lock is not poisoned").push(context.waker().clone());
        Poll::Pending
    })
    .await;
}

#[test]
fn a_waker_of_an_ended_run_wakes_nothing() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let mains = Arc::clone(&kept);
    let scenario = nodes(1, move |_| stores_its_waker(Arc::clone(&mains)));
    let mut first = scenario.start(Seed(1));
    first.run_for(milliseconds(1));
    first.finish().assert_ok();
    let mut second = scenario.start(Seed(1));
    second.keep_records();
    second.run_for(milliseconds(1));
    let old = kept.lock().expect("the lock is not poisoned")[0].clone();
    old.wake_by_ref();
    std::thread::spawn(move || old.wake()).join().expect("the thread ends");
    second.run_for(milliseconds(1));
    assert_eq!(count(&second, RecordKind::Poll), 1, "its own first poll");
    let report = second.finish();
    report.assert_ok();
    assert_eq!(report.leak, None, "a wake that reaches no task is no leak");
}

#[test]
fn a_waker_of_an_ended_task_wakes_no_task_in_its_slot() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let mains = Arc::clone(&kept);
    let mut sim = nodes(1, move |node| {
        let kept = Arc::clone(&mains);
        async move {
            let first = node.spawn(stores_its_waker(Arc::clone(&kept)));
            node.sleep(milliseconds(1)).await;
            first.abort();
            node.sleep(milliseconds(1)).await;
            drop(first);
            drop(node.spawn(std::future::pending::<()>()));
            std::future::pending().await
        }
    })
    .start(Seed(1));
    sim.keep_records();
    sim.run_for(milliseconds(5));
    let before = count(&sim, RecordKind::Poll);
    kept.lock().expect("the lock is not poisoned").drain(..).for_each(Waker::wake);
    sim.run_for(milliseconds(5));
    assert_eq!(count(&sim, RecordKind::Poll), before);
    sim.finish().assert_ok();
}

/// Sends when it is dropped.
struct SendsOnDrop(Option<oneshot::Sender<u64>>, u64);

impl Drop for SendsOnDrop {
    fn drop(&mut self) {
        let _ = self.0.take().expect("it is dropped once").send(self.1);
    }
}

#[test]
fn a_wake_from_the_drop_of_an_aborted_task_arrives() {
    let log = Log::<(u64, u64)>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = noted.clone();
        async move {
            let (sender, receiver) = oneshot::channel();
            let sends = SendsOnDrop(Some(sender), 3);
            let task = node.spawn(async move {
                let _sends = sends;
                std::future::pending::<()>().await;
            });
            node.sleep(milliseconds(4)).await;
            task.abort();
            let number = receiver.await.expect("it is sent in the drop");
            log.write((node.now().since_zero().as_millis() as u64, number));
        }
    })
    .start(Seed(1));
    sim.run_for(milliseconds(10));
    assert_eq!(log.read(), [(4, 3)]);
    sim.finish().assert_ok();
}

#[test]
fn a_wake_from_a_drop_at_a_crash_reaches_another_node() {
    let log = Log::<(u64, u64)>::new();
    let (sender, receiver) = oneshot::channel();
    let (sends, receiver, noted) = (Once::new(SendsOnDrop(Some(sender), 9)), Once::new(receiver), log.clone());
    let mut sim = nodes(2, move |node| {
        let mine = match (node.id(), node.incarnation().0) {
            (NodeId(0), 0) => Ok(Some(sends.take())),
            (NodeId(0), _) => Ok(None),
            _ => Err(receiver.take()),
        };
        let log = noted.clone();
        async move {
            match mine {
                Ok(_sends) => pending().await,
                Err(receiver) => {
                    let number = receiver.await.expect("it is sent in the drop");
                    log.write((node.now().since_zero().as_millis() as u64, number));
                }
            }
        }
    })
    .start(Seed(1));
    sim.run_for(milliseconds(6));
    assert!(sim.crash(0));
    sim.run_for(milliseconds(6));
    assert_eq!(log.read(), [(6, 9)]);
    sim.finish().assert_ok();
}
