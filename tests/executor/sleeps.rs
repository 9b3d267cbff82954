//! Sleeps, timeouts and intervals.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use cluster_sim::node::{MissedTickBehavior, Sleep, yield_now};
use cluster_sim::prelude::*;
use cluster_sim_testkit::log::{Log, Once};
use cluster_sim_testkit::units::milliseconds;
use futures::stream::FuturesUnordered;
use futures::{StreamExt, poll};

use crate::nodes;

/// Runs code on one node for ten seconds and returns its log of nanoseconds.
fn run<F: Future<Output = ()> + 'static>(main: impl Fn(Node, Log<u64>) -> F + Send + Sync + 'static) -> Vec<u64> {
    let log = Log::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| main(node, noted.clone())).start(Seed(5));
    sim.run_for(Duration::from_secs(10));
    sim.finish().assert_ok();
    log.read()
}

fn nanoseconds(node: &Node) -> u64 {
    node.now().since_zero().as_nanos() as u64
}

/// Polls a sleep once under the waker of the calling task.
async fn is_ready(sleep: &mut Sleep) -> bool {
    poll!(sleep).is_ready()
}

#[test]
fn a_sleep_ends_at_its_exact_nanosecond() {
    let log = run(|node, log| async move {
        for after in [1, 999, 1_000_000, 65_536, 300_000_000, 3] {
            node.sleep(Duration::from_nanos(after)).await;
            log.write(nanoseconds(&node));
        }
        node.sleep_until(LocalInstant::ZERO + Duration::from_secs(5)).await;
        log.write(nanoseconds(&node));
    });
    assert_eq!(log, [1, 1_000, 1_001_000, 1_066_536, 301_066_536, 301_066_539, 5_000_000_000]);
}

#[test]
fn a_sleep_of_zero_or_into_the_past_ends_at_its_instant() {
    let log = run(|node, log| async move {
        node.sleep(Duration::ZERO).await;
        log.write(nanoseconds(&node));
        node.sleep(milliseconds(2)).await;
        node.sleep_until(LocalInstant::ZERO).await;
        log.write(nanoseconds(&node));
    });
    assert_eq!(log, [0, 2_000_000]);
}

#[test]
fn a_sleep_of_the_longest_duration_does_not_overflow() {
    let log = run(|node, log| async move {
        let mut forever = node.sleep(Duration::MAX);
        assert!(!is_ready(&mut forever).await);
        node.sleep(milliseconds(1)).await;
        log.write(nanoseconds(&node));
    });
    assert_eq!(log, [1_000_000]);
}

#[test]
fn a_reset_sleep_ends_at_the_new_instant() {
    let log = run(|node, log| async move {
        for (first, second) in [(50, 20), (20, 50), (30, 30)] {
            let begun = node.now();
            let mut sleep = node.sleep(milliseconds(first));
            assert!(!is_ready(&mut sleep).await);
            node.sleep(milliseconds(10)).await;
            sleep.reset(begun + milliseconds(second));
            assert_eq!(sleep.deadline(), begun + milliseconds(second));
            (&mut sleep).await;
            log.write((node.now() - begun).as_millis() as u64);
            // Reset after it has ended.
            sleep.reset(node.now() + milliseconds(5));
            (&mut sleep).await;
            log.write((node.now() - begun).as_millis() as u64);
        }
    });
    assert_eq!(log, [20, 25, 50, 55, 30, 35]);
}

#[test]
fn the_timer_of_a_dropped_sleep_serves_the_next_sleep() {
    for (dropped, next) in [(50_u64, 20_u64), (20, 50), (20, 20)] {
        let log = run(move |node, log| async move {
            let mut first = node.sleep(milliseconds(dropped));
            assert!(!is_ready(&mut first).await);
            drop(first);
            let mut sleep = node.sleep(milliseconds(next));
            poll_fn(|context| {
                // Logs every poll, also the one that is ready.
                log.write(nanoseconds(&node) / 1_000_000);
                Pin::new(&mut sleep).poll(context)
            })
            .await;
        });
        assert_eq!(log, [0, next], "dropped at {dropped}");
    }
}

#[test]
fn two_sleeps_of_one_task_end_independently() {
    let log = run(|node, log| async move {
        let (mut long, mut short) = (node.sleep(milliseconds(30)), node.sleep(milliseconds(10)));
        assert!(!is_ready(&mut long).await);
        assert!(!is_ready(&mut short).await);
        (&mut short).await;
        log.write(nanoseconds(&node) / 1_000_000);
        drop(short);
        let mut between = node.sleep(milliseconds(5));
        assert!(!is_ready(&mut between).await);
        (&mut between).await;
        log.write(nanoseconds(&node) / 1_000_000);
        (&mut long).await;
        log.write(nanoseconds(&node) / 1_000_000);
    });
    assert_eq!(log, [10, 15, 30]);
}

#[test]
fn a_sleep_moved_to_another_task_wakes_that_task() {
    let log = run(|node, log| async move {
        let mut sleep = node.sleep(milliseconds(20));
        assert!(!is_ready(&mut sleep).await);
        let (clock, noted) = (node.clone(), log.clone());
        drop(node.spawn(async move {
            sleep.await;
            noted.write(nanoseconds(&clock) / 1_000_000);
        }));
        yield_now().await;
        let mut polls = 0;
        poll_fn(|_| {
            polls += 1;
            assert!(polls == 1, "the task that sent the sleep is not woken");
            Poll::<()>::Pending
        })
        .await;
    });
    assert_eq!(log, [20]);
}

#[test]
fn a_sleep_outlives_the_task_that_polled_it_first() {
    let log = run(|node, log| async move {
        let (sender, mut receiver) = channel("sleeps", 1);
        let clock = node.clone();
        drop(node.spawn(async move {
            let mut sleep = clock.sleep(milliseconds(20));
            assert!(!is_ready(&mut sleep).await);
            sender.send(sleep).await.expect("it is received");
        }));
        receiver.recv().await.expect("it is sent").await;
        log.write(nanoseconds(&node) / 1_000_000);
    });
    assert_eq!(log, [20]);
}

#[test]
fn sleeps_under_foreign_wakers_end_at_their_instant() {
    let log = run(|node, log| async move {
        let mut all = FuturesUnordered::new();
        for time in [40, 10, 30] {
            all.push(node.sleep(milliseconds(time)));
        }
        for _ in 0..3 {
            all.next().await;
            log.write(nanoseconds(&node) / 1_000_000);
            // Polled and dropped under a foreign waker.
            let mut dropped: FuturesUnordered<Sleep> = [node.sleep(milliseconds(3))].into_iter().collect();
            let _ = poll!(dropped.next());
        }
    });
    assert_eq!(log, [10, 30, 40]);
}

#[test]
fn a_timeout_polls_the_future_before_its_deadline() {
    let log = run(|node, log| async move {
        assert_eq!(node.timeout(Duration::ZERO, async { 1 }).await, Ok(1));
        assert!(node.timeout(milliseconds(5), pending::<()>()).await.is_err_and(|elapsed| elapsed.after == milliseconds(5)));
        log.write(nanoseconds(&node) / 1_000_000);
        assert_eq!(node.timeout(milliseconds(5), node.sleep(milliseconds(5))).await, Ok(()), "ready at the deadline is in time");
        log.write(nanoseconds(&node) / 1_000_000);
    });
    assert_eq!(log, [5, 10]);
}

#[test]
fn an_interval_keeps_its_period_and_catches_up_missed_ticks() {
    let log = run(|node, log| async move {
        let mut ticks = node.interval(milliseconds(10));
        for _ in 0..2 {
            ticks.tick().await;
            log.write(nanoseconds(&node) / 1_000_000);
        }
        node.sleep(milliseconds(25)).await;
        for _ in 0..3 {
            let due = ticks.tick().await;
            log.write(due.since_zero().as_millis() as u64);
            log.write(nanoseconds(&node) / 1_000_000);
        }
        ticks.reset();
        ticks.tick().await;
        log.write(nanoseconds(&node) / 1_000_000);
    });
    assert_eq!(log, [10, 20, 30, 45, 40, 45, 50, 50, 60]);
}

/// The instants at which ticks of 10 ms are taken, in milliseconds, by a node that is busy for `busy` ms after the first.
fn ticks_taken(behavior: MissedTickBehavior, busy: u64) -> Vec<u64> {
    run(move |node, log| async move {
        let mut ticks = node.interval(milliseconds(10));
        assert_eq!(ticks.missed_tick_behavior(), MissedTickBehavior::Burst);
        ticks.set_missed_tick_behavior(behavior);
        ticks.tick().await;
        node.sleep(milliseconds(busy)).await;
        for _ in 0..4 {
            ticks.tick().await;
            log.write(nanoseconds(&node) / 1_000_000);
        }
    })
}

#[test]
fn missed_ticks_burst_delay_or_are_skipped_as_on_tokio() {
    // Busy from 10 ms to 47 ms: the ticks of 20, 30 and 40 ms are missed.
    assert_eq!(ticks_taken(MissedTickBehavior::Burst, 37), [47, 47, 47, 50]);
    assert_eq!(ticks_taken(MissedTickBehavior::Delay, 37), [47, 57, 67, 77]);
    assert_eq!(ticks_taken(MissedTickBehavior::Skip, 37), [47, 50, 60, 70]);
    for behavior in [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
        assert_eq!(ticks_taken(behavior, 3), [20, 30, 40, 50], "none is missed");
        assert_eq!(ticks_taken(behavior, 15), [25, 30, 40, 50], "5 ms late is not late");
    }
}

#[test]
fn timers_due_in_a_pause_fire_at_the_resume() {
    let log = Log::<u64>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = noted.clone();
        async move {
            for time in [10_u64, 30] {
                let (clock, log) = (node.clone(), log.clone());
                drop(node.spawn(async move {
                    clock.sleep(milliseconds(time)).await;
                    log.write(nanoseconds(&clock) / 1_000_000);
                }));
            }
            pending().await
        }
    })
    .start(Seed(5));
    sim.run_for(milliseconds(5));
    assert!(sim.pause(0));
    sim.run_for(milliseconds(15));
    assert!(log.read().is_empty());
    assert!(sim.resume(0));
    sim.run_for(milliseconds(30));
    assert_eq!(log.read(), [20, 30]);
    sim.finish().assert_ok();
}

#[test]
fn a_task_woken_in_a_pause_runs_at_the_resume() {
    let (log, (sender, receiver)) = (Log::<u64>::new(), tokio::sync::oneshot::channel::<()>());
    let (noted, receiver) = (log.clone(), Once::new(receiver));
    let mut sim = nodes(1, move |node| {
        let (log, receiver) = (noted.clone(), receiver.take());
        async move {
            receiver.await.expect("it is sent");
            log.write(nanoseconds(&node) / 1_000_000);
        }
    })
    .start(Seed(5));
    sim.run_for(milliseconds(5));
    assert!(sim.pause(0));
    sender.send(()).expect("the node waits");
    sim.run_for(milliseconds(5));
    assert!(log.read().is_empty());
    assert!(sim.resume(0));
    sim.run_for(milliseconds(5));
    assert_eq!(log.read(), [10]);
    sim.finish().assert_ok();
}

#[test]
fn sleeps_of_an_earlier_incarnation_wake_no_later_one() {
    let log = Log::<u64>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = noted.clone();
        async move {
            let incarnation = u64::from(node.incarnation().0);
            node.sleep(milliseconds(20)).await;
            log.write(incarnation * 1_000 + nanoseconds(&node) / 1_000_000);
            pending().await
        }
    })
    .start(Seed(5));
    sim.run_for(milliseconds(15));
    assert!(sim.crash(0));
    sim.run_for(milliseconds(1));
    assert!(sim.restart(0));
    sim.run_for(milliseconds(100));
    assert_eq!(log.read(), [1_020], "20 ms after its own boot, by its own clock");
    sim.finish().assert_ok();
}

#[test]
fn a_sleep_polled_by_another_node_survives_that_nodes_crash() {
    let log = Log::<u64>::new();
    let (noted, theirs) = (log.clone(), std::sync::Arc::new(std::sync::Mutex::new(None::<Node>)));
    let mut sim = nodes(2, move |node| {
        let (log, theirs) = (noted.clone(), std::sync::Arc::clone(&theirs));
        async move {
            if node.id() == NodeId(0) {
                *theirs.lock().expect("the lock is not poisoned") = Some(node);
                return pending().await;
            }
            node.sleep(milliseconds(1)).await;
            let other = theirs.lock().expect("the lock is not poisoned").take().expect("it was put there");
            let mut borrowed = other.sleep(milliseconds(5));
            assert!(!is_ready(&mut borrowed).await);
            drop(borrowed);
            node.sleep(milliseconds(9)).await;
            log.write(nanoseconds(&node) / 1_000_000);
            pending().await
        }
    })
    .start(Seed(5));
    sim.run_for(milliseconds(3));
    assert!(sim.crash(0));
    sim.run_for(milliseconds(20));
    assert_eq!(log.read(), [10]);
    sim.finish().assert_ok();
}
