//! Waiting by the clock.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use cluster_sim::prelude::*;
use cluster_sim::{Sleep, yield_now};
use cluster_sim_testkit::log::{Log, Once};
use cluster_sim_testkit::units::milliseconds;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use crate::nodes;

/// Runs code on one node for ten seconds; the nanoseconds at which it wrote something down.
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

/// Polls a sleep once.
async fn begin(sleep: &mut Sleep) -> bool {
    poll_fn(|context| Poll::Ready(Pin::new(&mut *sleep).poll(context).is_ready())).await
}

#[test]
fn a_sleep_ends_at_its_nanosecond() {
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
fn a_sleep_of_nothing_and_one_into_the_past_end_at_once() {
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
fn a_sleep_of_all_time_is_no_overflow() {
    let log = run(|node, log| async move {
        let mut forever = node.sleep(Duration::MAX);
        assert!(!begin(&mut forever).await);
        node.sleep(milliseconds(1)).await;
        log.write(nanoseconds(&node));
    });
    assert_eq!(log, [1_000_000]);
}

#[test]
fn a_sleep_that_is_reset_ends_at_the_new_instant_before_or_after_the_old_one() {
    let log = run(|node, log| async move {
        for (first, second) in [(50, 20), (20, 50), (30, 30)] {
            let begun = node.now();
            let mut sleep = node.sleep(milliseconds(first));
            assert!(!begin(&mut sleep).await);
            node.sleep(milliseconds(10)).await;
            sleep.reset(begun + milliseconds(second));
            assert_eq!(sleep.deadline(), begun + milliseconds(second));
            (&mut sleep).await;
            log.write((node.now() - begun).as_millis() as u64);
            // Once more, after it ended.
            sleep.reset(node.now() + milliseconds(5));
            (&mut sleep).await;
            log.write((node.now() - begun).as_millis() as u64);
        }
    });
    assert_eq!(log, [20, 25, 50, 55, 30, 35]);
}

#[test]
fn a_dropped_sleep_wakes_nobody_and_the_next_one_takes_its_timer_over() {
    for (dropped, next) in [(50_u64, 20_u64), (20, 50), (20, 20)] {
        let log = run(move |node, log| async move {
            let mut first = node.sleep(milliseconds(dropped));
            assert!(!begin(&mut first).await);
            drop(first);
            let mut sleep = node.sleep(milliseconds(next));
            poll_fn(|context| {
                // Every poll is counted, the last one too.
                log.write(nanoseconds(&node) / 1_000_000);
                Pin::new(&mut sleep).poll(context)
            })
            .await;
        });
        assert_eq!(log, [0, next], "dropped at {dropped}");
    }
}

#[test]
fn one_task_holds_two_sleeps_and_each_ends_in_its_time() {
    let log = run(|node, log| async move {
        let (mut long, mut short) = (node.sleep(milliseconds(30)), node.sleep(milliseconds(10)));
        assert!(!begin(&mut long).await);
        assert!(!begin(&mut short).await);
        (&mut short).await;
        log.write(nanoseconds(&node) / 1_000_000);
        drop(short);
        let mut between = node.sleep(milliseconds(5));
        assert!(!begin(&mut between).await);
        (&mut between).await;
        log.write(nanoseconds(&node) / 1_000_000);
        (&mut long).await;
        log.write(nanoseconds(&node) / 1_000_000);
    });
    assert_eq!(log, [10, 15, 30]);
}

#[test]
fn a_sleep_that_moves_to_another_task_wakes_that_one() {
    let log = run(|node, log| async move {
        let mut sleep = node.sleep(milliseconds(20));
        assert!(!begin(&mut sleep).await);
        let (clock, noted) = (node.clone(), log.clone());
        drop(node.spawn(async move {
            sleep.await;
            noted.write(nanoseconds(&clock) / 1_000_000);
        }));
        yield_now().await;
        let mut polls = 0;
        poll_fn(|_| {
            polls += 1;
            assert!(polls == 1, "who gave the sleep away is woken no more");
            Poll::<()>::Pending
        })
        .await;
    });
    assert_eq!(log, [20]);
}

#[test]
fn a_sleep_whose_first_task_is_gone_still_ends() {
    let log = run(|node, log| async move {
        let (sender, mut receiver) = channel("sleeps", 1);
        let clock = node.clone();
        drop(node.spawn(async move {
            let mut sleep = clock.sleep(milliseconds(20));
            assert!(!begin(&mut sleep).await);
            sender.send(sleep).await.expect("it is received");
        }));
        receiver.recv().await.expect("it is sent").await;
        log.write(nanoseconds(&node) / 1_000_000);
    });
    assert_eq!(log, [20]);
}

#[test]
fn sleeps_under_foreign_wakers_end_in_their_time_however_they_churn() {
    let log = run(|node, log| async move {
        let mut all = FuturesUnordered::new();
        for time in [40, 10, 30] {
            all.push(node.sleep(milliseconds(time)));
        }
        for _ in 0..3 {
            all.next().await;
            log.write(nanoseconds(&node) / 1_000_000);
            // Begun and dropped under a foreign waker.
            let mut dropped: FuturesUnordered<Sleep> = [node.sleep(milliseconds(3))].into_iter().collect();
            poll_fn(|context| Poll::Ready(dropped.poll_next_unpin(context).is_pending())).await;
        }
    });
    assert_eq!(log, [10, 30, 40]);
}

#[test]
fn a_timeout_asks_the_future_first_and_leaves_it_when_the_time_is_up() {
    let log = run(|node, log| async move {
        assert_eq!(node.timeout(Duration::ZERO, async { 1 }).await, Ok(1));
        assert!(node.timeout(milliseconds(5), pending::<()>()).await.is_err_and(|elapsed| elapsed.after == milliseconds(5)));
        log.write(nanoseconds(&node) / 1_000_000);
        assert_eq!(node.timeout(milliseconds(5), node.sleep(milliseconds(5))).await, Ok(()), "at one instant the result is there");
        log.write(nanoseconds(&node) / 1_000_000);
    });
    assert_eq!(log, [5, 10]);
}

#[test]
fn an_interval_keeps_its_beat_and_makes_up_for_what_was_missed() {
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

#[test]
fn what_is_due_while_a_node_is_paused_is_due_when_it_goes_on() {
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
fn a_task_woken_while_its_node_is_paused_runs_when_it_goes_on() {
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
fn sleeps_of_an_earlier_life_trouble_no_later_one() {
    let log = Log::<u64>::new();
    let noted = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = noted.clone();
        async move {
            let life = u64::from(node.incarnation().0);
            node.sleep(milliseconds(20)).await;
            log.write(life * 1_000 + nanoseconds(&node) / 1_000_000);
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
fn a_timer_parked_by_a_sleep_of_another_node_does_not_die_with_that_node() {
    let log = Log::<u64>::new();
    let (noted, theirs) = (log.clone(), std::sync::Arc::new(std::sync::Mutex::new(None::<Node>)));
    let mut sim = nodes(2, move |node| {
        let (log, theirs) = (noted.clone(), std::sync::Arc::clone(&theirs));
        async move {
            if node.id() == NodeId(0) {
                *theirs.lock().expect("nobody panicked") = Some(node);
                return pending().await;
            }
            node.sleep(milliseconds(1)).await;
            let other = theirs.lock().expect("nobody panicked").take().expect("it was put there");
            let mut borrowed = other.sleep(milliseconds(5));
            assert!(!begin(&mut borrowed).await);
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
