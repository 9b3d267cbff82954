//! Futures of tokio and of the futures crate work in a node, and depend on the seed alone.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::prelude::*;
use cluster_sim::report::Digest;
use cluster_sim_testkit::log::Log;
use cluster_sim_testkit::units::milliseconds;
use futures::StreamExt;
use futures::future::{AbortHandle, Abortable, join_all, select_all};
use futures::stream::FuturesUnordered;
use tokio::sync::{Mutex, Notify, Semaphore, broadcast, mpsc, oneshot, watch};

use crate::nodes;

/// Runs code on one node for a second; returns its log and the digest.
fn run<F: Future<Output = ()> + 'static>(main: impl Fn(Node, Log) -> F + Send + Sync + 'static) -> (Vec<String>, Digest) {
    let log = Log::new();
    let node_log = log.clone();
    let mut sim = nodes(1, move |node| main(node, node_log.clone())).start(Seed(5));
    sim.run_for(Duration::from_secs(1));
    let report = sim.finish();
    report.assert_ok();
    (log.read(), report.digest)
}

#[test]
fn tokio_channels_work_in_a_node() {
    let (log, _) = run(|node, log| async move {
        let (sender, mut receiver) = mpsc::channel::<u32>(2);
        let (answer, asked) = oneshot::channel();
        let (set, mut seen) = watch::channel(0);
        let (announce, mut announced) = broadcast::channel(8);
        let clock = node.clone();
        drop(node.spawn(async move {
            for number in 0..4 {
                sender.send(number).await.expect("it is received");
            }
            clock.sleep(milliseconds(3)).await;
            set.send_replace(7);
            announce.send("all").expect("a receiver exists");
            answer.send(42).expect("the receiver exists");
        }));
        let mut got = Vec::new();
        while let Some(number) = receiver.recv().await {
            got.push(number);
        }
        seen.changed().await.expect("it is set");
        let announced = announced.recv().await.expect("it is sent");
        log.write(format!("{got:?} {} {announced} {:?} {:?}", *seen.borrow(), asked.await, node.now().since_zero()));
    });
    assert_eq!(log, ["[0, 1, 2, 3] 7 all Ok(42) 3ms"]);
}

#[test]
fn tokio_locks_work_in_a_node() {
    let (log, _) = run(|node, log| async move {
        let (lock, permits, bell) = (Arc::new(Mutex::new(0_u64)), Arc::new(Semaphore::new(2)), Arc::new(Notify::new()));
        let tasks = (0..6).map(|_| {
            let (node, lock, permits, bell) = (node.clone(), Arc::clone(&lock), Arc::clone(&permits), Arc::clone(&bell));
            node.clone().spawn(async move {
                bell.notified().await;
                let _permit = permits.acquire().await.expect("it is open");
                node.sleep(milliseconds(10)).await;
                *lock.lock().await += 1;
            })
        });
        let tasks: Vec<_> = tasks.collect();
        node.sleep(milliseconds(1)).await;
        bell.notify_waiters();
        join_all(tasks).await;
        log.write(format!("{} {:?}", *lock.lock().await, node.now().since_zero()));
    });
    assert_eq!(log, ["6 31ms"], "two at a time take three turns");
}

#[test]
fn foreign_joins_and_selects_work_in_a_node() {
    let (log, _) = run(|node, log| async move {
        let (left, right) = tokio::join!(
            async {
                node.sleep(milliseconds(2)).await;
                1
            },
            async {
                node.sleep(milliseconds(5)).await;
                2
            }
        );
        let first = tokio::select! {
            biased;
            () = node.sleep(milliseconds(9)) => "slow",
            () = node.sleep(milliseconds(1)) => "fast",
        };
        let sleeps = [30, 10, 20].map(|time| Box::pin(node.sleep(milliseconds(time))));
        let ((), index, rest) = select_all(sleeps).await;
        join_all(rest).await;
        let (handle, registration) = AbortHandle::new_pair();
        let stopped = node.spawn(Abortable::new(pending::<()>(), registration));
        node.sleep(milliseconds(1)).await;
        handle.abort();
        log.write(format!("{left} {right} {first} {index} {:?} {:?}", stopped.await, node.now().since_zero()));
    });
    assert_eq!(log, ["1 2 fast 1 Ok(Err(Aborted)) 37ms"]);
}

#[test]
fn unordered_futures_yield_in_order_of_completion() {
    let (log, _) = run(|node, log| async move {
        let wait = |time: u64| {
            let node = node.clone();
            async move {
                node.sleep(milliseconds(time)).await;
                (time, node.now().since_zero().as_millis() as u64)
            }
        };
        let mut all: FuturesUnordered<_> = [7, 3, 5].map(wait).into_iter().collect();
        let mut ended = Vec::new();
        while let Some((time, now)) = all.next().await {
            ended.push((time, now));
            if time == 3 {
                all.push(wait(1));
            }
        }
        log.write(format!("{ended:?}"));
    });
    assert_eq!(log, ["[(3, 3), (1, 4), (5, 5), (7, 7)]"]);
}

/// Runs three nodes that use ports, channels, permits, intervals and sleeps.
fn mixed_workload() -> Digest {
    async fn main(node: Node) {
        let port = Arc::new(node.bind::<u64>("numbers"));
        let (sender, mut receiver) = mpsc::channel::<u64>(4);
        let permits = Arc::new(Semaphore::new(2));
        for lane in 0..4_u64 {
            let (node, port, sender, permits) = (node.clone(), Arc::clone(&port), sender.clone(), Arc::clone(&permits));
            drop(node.clone().spawn_named("lane", async move {
                loop {
                    let permit = permits.acquire().await.expect("it is open");
                    node.sleep(Duration::from_micros(node.random().below(5_000))).await;
                    drop(permit);
                    port.broadcast(lane);
                    if sender.send(lane).await.is_err() {
                        return;
                    }
                }
            }));
        }
        let mut ticks = node.interval(milliseconds(3));
        loop {
            select! {
                heard = port.recv() => node.publish(|sum: &mut u64| *sum += heard.message),
                Some(lane) = receiver.recv() => node.publish(|sum: &mut u64| *sum ^= lane),
                _ = ticks.tick() => {
                    let mut some: FuturesUnordered<_> = (0..3).map(|time| node.sleep(milliseconds(time))).collect();
                    while some.next().await.is_some() {}
                }
            }
        }
    }
    let mut sim = nodes(3, main).start(Seed(11));
    sim.run_for(milliseconds(100));
    assert!(sim.crash(1));
    sim.run_for(milliseconds(50));
    assert!(sim.restart(1) && sim.pause(2));
    sim.run_for(milliseconds(50));
    assert!(sim.resume(2));
    sim.run_for(milliseconds(100));
    let report = sim.finish();
    report.assert_ok();
    report.digest
}

#[test]
fn a_rerun_a_fresh_thread_and_every_build_give_one_digest() {
    let first = mixed_workload();
    assert_eq!(first, mixed_workload());
    let in_thread = std::thread::spawn(mixed_workload).join().expect("the run passes in a thread");
    assert_eq!(first, in_thread);
    assert_eq!(first.to_string(), "c18484bb82e8c54f", "a digest that changes is node_log in the changelog");
}
