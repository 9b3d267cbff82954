//! Waits of no length: each lets other tasks and the events of its instant run.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cluster_sim::LinkModel;
use cluster_sim::node::yield_now;
use cluster_sim::prelude::*;
use cluster_sim::scenario::Budget;
use cluster_sim_testkit::log::Log;
use cluster_sim_testkit::units::milliseconds;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use rstest::rstest;

use crate::nodes;

/// A wait whose end is already reached when it begins.
#[derive(Debug, Clone, Copy)]
enum Wait {
    Zero,
    Past,
    Reset,
    Timeout,
    RecvFor,
    Foreign,
}

/// Begins at 10 ms, and waits once for no time.
async fn wait(node: &Node, wait: Wait) {
    let now = node.now();
    match wait {
        Wait::Zero => node.sleep(Duration::ZERO).await,
        Wait::Past => node.sleep_until(LocalInstant::ZERO + milliseconds(3)).await,
        Wait::Reset => {
            let mut sleep = node.sleep(milliseconds(5));
            sleep.reset(now);
            sleep.await;
        }
        Wait::Timeout => assert!(node.timeout(Duration::ZERO, pending::<()>()).await.is_err()),
        Wait::RecvFor => node.bind::<u8>("silent").recv_for(Duration::ZERO, |_| {}).await,
        Wait::Foreign => {
            let mut all: FuturesUnordered<_> = [node.sleep(Duration::ZERO)].into_iter().collect();
            all.next().await;
        }
    }
    assert_eq!(node.now(), now, "time does not advance");
}

/// Runs a main function on one node from 10 ms on, under eight seeds.
fn run<F: Future<Output = ()> + 'static>(main: impl Fn(Node) -> F + Clone + Send + Sync + 'static) {
    for seed in 0..8 {
        let main = main.clone();
        let scenario = nodes(1, move |node| {
            let main = main.clone();
            async move {
                node.sleep(milliseconds(10)).await;
                main(node).await;
                pending().await
            }
        });
        let mut sim = scenario.start(Seed(seed));
        sim.run_for(milliseconds(20));
        sim.finish().assert_ok();
    }
}

/// Spawns a task that is ready three times in a row, and counts its polls.
fn spawn_busy(node: &Node) -> Arc<AtomicU32> {
    let polls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&polls);
    drop(node.spawn(async move {
        for _ in 0..3 {
            counted.fetch_add(1, Ordering::Relaxed);
            yield_now().await;
        }
    }));
    polls
}

#[rstest]
fn a_wait_of_no_length_lets_ready_tasks_run(
    #[values(Wait::Zero, Wait::Past, Wait::Reset, Wait::Timeout, Wait::RecvFor, Wait::Foreign)] kind: Wait,
) {
    run(move |node| async move {
        let polls = spawn_busy(&node);
        wait(&node, kind).await;
        assert_eq!(polls.load(Ordering::Relaxed), 3, "{kind:?}");
    });
}

#[test]
fn each_missed_tick_lets_ready_tasks_run() {
    run(|node| async move {
        let mut ticks = node.interval(Duration::from_nanos(1));
        node.sleep(Duration::from_nanos(3)).await;
        for _ in 0..3 {
            let polls = spawn_busy(&node);
            ticks.tick().await;
            assert_eq!(polls.load(Ordering::Relaxed), 3);
        }
    });
}

#[rstest]
fn a_wait_of_no_length_lets_the_events_of_its_instant_happen(
    #[values(Wait::Zero, Wait::Past, Wait::Reset, Wait::Timeout, Wait::RecvFor, Wait::Foreign)] kind: Wait,
) {
    run(move |node| async move {
        let (due, ended) = (node.now() + milliseconds(1), Arc::new(AtomicU32::new(0)));
        for _ in 0..3 {
            let (node, ended) = (node.clone(), Arc::clone(&ended));
            drop(node.clone().spawn(async move {
                node.sleep_until(due).await;
                ended.fetch_add(1, Ordering::Relaxed);
            }));
        }
        node.sleep_until(due).await;
        wait(&node, kind).await;
        assert_eq!(ended.load(Ordering::Relaxed), 3, "{kind:?}");
    });
}

#[test]
fn a_message_of_the_instant_is_received_before_a_timeout_of_zero() {
    let received = Log::<u64>::new();
    let noted = received.clone();
    let scenario = nodes(2, move |node| {
        let received = noted.clone();
        async move {
            let port = node.bind::<u64>("port");
            if node.id() == NodeId(0) {
                return port.send(1, 7);
            }
            // Due at one instant, in an order that depends on the seed.
            node.sleep(milliseconds(1)).await;
            let message = node.timeout(Duration::ZERO, port.recv()).await;
            received.write(message.expect("it is due at this instant").message);
        }
    });
    for seed in 0..8 {
        let mut sim = scenario.clone().default_links(LinkModel::constant(milliseconds(1))).start(Seed(seed));
        sim.run_for(milliseconds(5));
        sim.finish().assert_ok();
    }
    assert_eq!(received.read(), [7; 8]);
}

#[test]
fn two_waits_of_no_length_take_turns() {
    run(|node| async move {
        let turns = [0, 1].map(|_| Arc::new(AtomicU32::new(0)));
        for own in turns.clone() {
            let node = node.clone();
            drop(node.clone().spawn(async move {
                for _ in 0..100 {
                    node.sleep(Duration::ZERO).await;
                    own.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        while turns.iter().all(|turns| turns.load(Ordering::Relaxed) < 60) {
            node.sleep(Duration::ZERO).await;
        }
        assert!(turns.iter().all(|turns| turns.load(Ordering::Relaxed) >= 59), "{turns:?}");
    });
}

/// Ends at its budget instead of never.
#[test]
fn a_loop_of_waits_of_zero_comes_back() {
    let scenario = nodes(1, |node| async move {
        loop {
            select! {
                () = node.sleep(Duration::ZERO) => {}
                () = node.sleep(milliseconds(1)) => return,
            }
        }
    });
    let report = scenario.budget(Budget { steps: 1_000, ..Budget::default() }).run(Seed(1));
    assert_eq!(report.outcome, Outcome::Exhausted, "{report}");
}
