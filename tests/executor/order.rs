//! The order of tasks that are ready at one instant.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::prelude::*;
use cluster_sim_testkit::log::Log;
use cluster_sim_testkit::units::milliseconds;
use tokio::sync::Notify;

use crate::nodes;

const INSTANTS: u64 = 1_000;

/// Logs `left` and `right` in the order in which they run, at 1,000 instants at which one event wakes them and `others` more.
fn woken_together(others: u32) -> Vec<String> {
    let log = Log::<String>::new();
    let node_log = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = node_log.clone();
        async move {
            let bell = Arc::new(Notify::new());
            let listen = |name: &'static str| {
                let (bell, log) = (Arc::clone(&bell), log.clone());
                node.spawn_named(name, async move {
                    loop {
                        bell.notified().await;
                        log.write(name);
                    }
                })
            };
            let mut tasks = vec![listen("left")];
            tasks.extend((0..others).map(|_| listen("other")));
            tasks.push(listen("right"));
            for _ in 0..INSTANTS {
                node.sleep(milliseconds(1)).await;
                bell.notify_waiters();
            }
            pending().await
        }
    })
    .start(Seed(3));
    sim.run_for(milliseconds(INSTANTS + 1));
    sim.finish().assert_ok();
    log.read().into_iter().filter(|name| name != "other").collect()
}

/// As [`woken_together`], but each task sleeps until the instant by itself.
fn due_together(others: u32) -> Vec<String> {
    let log = Log::<String>::new();
    let node_log = log.clone();
    let mut sim = nodes(1, move |node| {
        let log = node_log.clone();
        async move {
            let tick = |name: &'static str| {
                let (node, log) = (node.clone(), log.clone());
                node.clone().spawn_named(name, async move {
                    let mut interval = node.interval(milliseconds(1));
                    loop {
                        interval.tick().await;
                        log.write(name);
                    }
                })
            };
            let mut tasks = vec![tick("left")];
            tasks.extend((0..others).map(|_| tick("other")));
            tasks.push(tick("right"));
            pending().await
        }
    })
    .start(Seed(3));
    sim.run_for(milliseconds(INSTANTS));
    sim.finish().assert_ok();
    log.read().into_iter().filter(|name| name != "other").collect()
}

fn assert_both_orders_occur_unchanged_by_others(firsts: impl Fn(u32) -> Vec<String>) {
    let alone = firsts(0);
    assert_eq!(alone.len() as u64, 2 * INSTANTS);
    let left_first = alone.chunks(2).filter(|pair| pair[0] == "left").count();
    assert!((400..600).contains(&left_first), "left came first {left_first} times of 1,000");
    assert!(alone.chunks(2).all(|pair| pair[0] != pair[1]));
    for others in [1, 5] {
        let beside = firsts(others);
        let changed = alone.chunks(2).zip(beside.chunks(2)).filter(|(one, other)| one != other).count();
        assert_eq!(changed, 0, "with {others} more");
    }
}

#[test]
fn tasks_woken_together_run_in_random_order_unaffected_by_others() {
    assert_both_orders_occur_unchanged_by_others(woken_together);
}

#[test]
fn sleeps_due_together_end_in_random_order_unaffected_by_others() {
    assert_both_orders_occur_unchanged_by_others(due_together);
}

#[test]
fn a_named_child_keeps_its_rolls_whatever_was_spawned_before() {
    fn rolls(before: u32) -> Vec<u64> {
        let log = Log::<u64>::new();
        let node_log = log.clone();
        let mut sim = nodes(1, move |node| {
            let log = node_log.clone();
            async move {
                for _ in 0..before {
                    drop(node.spawn(async {}));
                    drop(node.spawn_named("another", async {}));
                }
                let named = node.clone();
                drop(node.spawn_named("named", async move {
                    (0..4).for_each(|_| log.write(named.random().0));
                }));
                pending().await
            }
        })
        .start(Seed(3));
        sim.run_for(milliseconds(1));
        sim.finish().assert_ok();
        log.read()
    }
    let rolls = [0, 3].map(rolls);
    assert_eq!(rolls[0], rolls[1]);
    assert_eq!(rolls[0].len(), 4);
}
