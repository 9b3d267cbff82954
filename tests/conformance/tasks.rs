//! The clock, the tasks and the rolls of a node.

use std::cell::Cell;
use std::future::pending;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use cluster_sim::node::{Elapsed, JoinError, MissedTickBehavior, Roll, yield_now};
use cluster_sim::prelude::*;
use futures::poll;
use rstest::rstest;
use tokio::sync::{mpsc, oneshot};

use crate::twin::Twin;

const SHORT: Duration = Duration::from_millis(20);

/// Counts when it is dropped.
struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[rstest]
fn a_sleep_never_ends_before_its_deadline(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let before = node.now();
        let mut sleep = node.sleep(SHORT);
        let deadline = sleep.deadline();
        assert!(deadline >= before + SHORT);
        (&mut sleep).await;
        assert!(node.now() >= deadline);
        sleep.reset(deadline + SHORT);
        (&mut sleep).await;
        assert!(node.now() >= deadline + SHORT);
        sleep.reset(deadline);
        (&mut sleep).await;
        done.report();
    });
}

#[rstest]
fn a_local_task_may_hold_what_is_not_send(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let clock = node.clone();
        let task = node.spawn_local(|| async move {
            let count = Rc::new(Cell::new(1));
            let other = Rc::clone(&count);
            clock.sleep(SHORT).await;
            other.set(2);
            clock.spawn(async {}).await.expect("it may spawn");
            count.get()
        });
        assert!(!task.is_finished());
        assert_eq!(task.await, Ok(2));
        done.report();
    });
}

#[rstest]
fn an_aborted_local_task_drops_what_it_holds(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let drops = Arc::new(AtomicU32::new(0));
        let (started, is_started) = oneshot::channel();
        let held = Counted(Arc::clone(&drops));
        let task = node.spawn_local(|| async move {
            let _held = Rc::new(held);
            started.send(()).expect("the other end waits");
            pending::<()>().await;
        });
        is_started.await.expect("it starts");
        task.abort();
        assert_eq!(task.await, Err(JoinError));
        while drops.load(Ordering::SeqCst) == 0 {
            node.sleep(SHORT).await;
        }
        done.report();
    });
}

#[rstest]
fn a_wait_that_is_over_lets_others_run_first(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        node.sleep(SHORT).await;
        for mut over in [node.sleep(Duration::ZERO), node.sleep_until(LocalInstant::ZERO)] {
            assert!(poll!(&mut over).is_pending(), "it gives way once");
            (&mut over).await;
            over.reset(LocalInstant::ZERO);
            assert!(poll!(&mut over).is_pending(), "and once more after it was ready");
            over.await;
        }
        let mut ticks = node.interval(Duration::from_nanos(1));
        node.sleep(SHORT).await;
        for _ in 0..3 {
            let mut tick = pin!(ticks.tick());
            assert!(poll!(&mut tick).is_pending(), "so does each tick that was missed");
            tick.await;
        }
        done.report();
    });
}

#[rstest]
fn of_two_sleeps_the_shorter_ends_first(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let (ended, mut order) = mpsc::unbounded_channel();
        for after in [10 * SHORT, SHORT] {
            let (node, ended) = (node.clone(), ended.clone());
            node.clone().spawn(async move {
                node.sleep(after).await;
                ended.send(after).expect("the receiver exists");
            });
        }
        assert_eq!((order.recv().await, order.recv().await), (Some(SHORT), Some(10 * SHORT)));
        done.report();
    });
}

#[rstest]
fn a_timeout_expires_in_time_and_drops_no_ready_result(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let before = node.now();
        assert_eq!(node.timeout(SHORT, pending::<()>()).await, Err(Elapsed { after: SHORT }));
        assert!(node.now() >= before + SHORT);
        assert_eq!(node.timeout(Duration::ZERO, async { 7 }).await, Ok(7));
        assert_eq!(node.timeout(Duration::MAX, async { 7 }).await, Ok(7), "the end of time is no mistake");
        done.report();
    });
}

#[rstest]
fn an_interval_keeps_its_period_and_catches_up_missed_ticks(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let mut interval = node.interval(SHORT);
        let first = interval.tick().await;
        node.sleep(3 * SHORT).await;
        for tick in 1..=3 {
            assert_eq!(interval.tick().await, first + tick * SHORT);
        }
        assert!(node.now() >= first + 3 * SHORT);
        done.report();
    });
}

#[rstest]
fn an_interval_delays_or_skips_missed_ticks(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        for behavior in [MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
            let mut interval = node.interval(SHORT);
            interval.set_missed_tick_behavior(behavior);
            let first = interval.tick().await;
            // On a busy machine the first tick itself may come late; tokio puts the next one off if that is more than 5 ms.
            let is_late = node.now() > first + Duration::from_millis(5);
            node.sleep(3 * SHORT + SHORT / 2).await;
            let missed = interval.tick().await;
            assert!(missed == first + SHORT || is_late && missed > first + SHORT, "the first missed tick comes late: {missed:?}");
            let next = interval.tick().await - first;
            assert!(next > 3 * SHORT, "the others do not come: {next:?}");
            if behavior == MissedTickBehavior::Skip {
                assert_eq!(next.as_nanos() % SHORT.as_nanos(), 0, "it keeps its pace");
            } else {
                assert!(next >= 4 * SHORT + SHORT / 2, "one period after the late one: {next:?}");
            }
        }
        done.report();
    });
}

#[rstest]
fn joining_a_task_returns_its_result(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let (ask, asked) = oneshot::channel::<u64>();
        let task = node.spawn(async move { asked.await.map(|question| question + 1) });
        assert!(!task.is_finished());
        ask.send(6).expect("the task waits");
        assert_eq!(task.await, Ok(Ok(7)));
        let named = node.spawn_named("named", async { "done" });
        assert_eq!(named.await, Ok("done"));
        done.report();
    });
}

#[rstest]
fn an_aborted_task_is_dropped_without_a_result(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let dropped = Arc::new(AtomicU32::new(0));
        let held = Counted(Arc::clone(&dropped));
        let task = node.spawn(async move {
            pending::<()>().await;
            drop(held);
        });
        node.sleep(SHORT).await;
        task.abort();
        assert_eq!(task.await, Err(JoinError));
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
        done.report();
    });
}

#[rstest]
fn a_task_outlives_its_dropped_handle(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let (sender, receiver) = oneshot::channel();
        let own = node.clone();
        drop(node.spawn(async move {
            own.sleep(SHORT).await;
            sender.send("still here")
        }));
        assert_eq!(receiver.await, Ok("still here"));
        done.report();
    });
}

#[rstest]
fn tasks_end_when_main_returns(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    let (begun, dropped) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (begins, drops) = (Arc::clone(&begun), Arc::clone(&dropped));
    twin.run(2, move |node, done| {
        let (begins, drops) = (Arc::clone(&begins), Arc::clone(&drops));
        async move {
            for _ in 0..3 {
                begins.fetch_add(1, Ordering::SeqCst);
                let held = Counted(Arc::clone(&drops));
                node.spawn(async move {
                    pending::<()>().await;
                    drop(held);
                });
            }
            yield_now().await;
            done.report();
        }
    });
    assert!(begun.load(Ordering::SeqCst) >= 6);
    assert_eq!(begun.load(Ordering::SeqCst), dropped.load(Ordering::SeqCst));
}

#[rstest]
fn yielding_lets_other_tasks_run_first(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let has_run = Arc::new(AtomicBool::new(false));
        let runs = Arc::clone(&has_run);
        node.spawn(async move { runs.store(true, Ordering::SeqCst) });
        while !has_run.load(Ordering::SeqCst) {
            yield_now().await;
        }
        done.report();
    });
}

#[rstest]
fn the_wall_clock_advances(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let before = node.wall();
        while node.wall() == before {
            node.sleep(SHORT).await;
        }
        done.report();
    });
}

#[test]
fn one_seed_gives_equal_rolls_in_both_twins() {
    let rolls = |twin: Twin| {
        let rolled = Arc::new(Mutex::new(Vec::<(String, Vec<Roll>)>::new()));
        let rolls = Arc::clone(&rolled);
        twin.run(2, move |node, done| {
            let rolls = Arc::clone(&rolls);
            async move {
                let of_node = (0..5).map(|index| node.roll("choice", index)).collect();
                rolls.lock().unwrap().push((node.name().to_owned(), of_node));
                done.report();
            }
        });
        // The simulation ran with seeds 0 to 7, each node once with each; the nodes on tokio have seed 0.
        let mut rolled = rolled.lock().unwrap()[..2].to_vec();
        rolled.sort();
        rolled
    };
    let simulated = rolls(Twin::Simulated);
    assert_ne!(simulated[0].1, simulated[1].1, "each node has its own");
    assert_eq!(simulated, rolls(Twin::Real));
}

#[rstest]
fn two_rolls_differ(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        assert_ne!(node.random(), node.random());
        done.report();
    });
}
