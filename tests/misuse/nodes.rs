//! Mistakes in the code of async nodes.

use std::sync::Arc;

use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{counters, findings, one};

#[test]
fn a_node_that_panics() {
    let node = one(|node| async move {
        node.sleep(Duration::from_millis(1)).await;
        "seven".parse::<u64>().unwrap();
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    FAIL
    at 0.001000s  step 3  node/0, task main, spawned at tests/misuse/main.rs, panicked: called `Result::unwrap()` on an `Err` value: ParseIntError { kind: InvalidDigit }
    in tests/misuse/nodes.rs
    ");
}

#[test]
fn a_task_of_a_node_that_panics() {
    let node = one(|node| async move {
        let beside = node.clone();
        let task = node.spawn_named("reader", async move {
            beside.sleep(Duration::from_millis(1)).await;
            panic!("no more data");
        });
        let _ = task.await;
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    FAIL
    at 0.001000s  step 4  node/0, task main/reader, spawned at tests/misuse/nodes.rs, panicked: no more data
    in tests/misuse/nodes.rs
    ");
}

#[test]
fn a_node_that_publishes_views_of_two_types() {
    let node = one(|node| async move {
        node.publish(|count: &mut u64| *count = 1);
        node.publish(|count: &mut u32| *count = 1);
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 2  node/0, task main, spawned at tests/misuse/main.rs, panicked: node/0 publishes a view of type `u64` already, and now one of `u32`; publish one type with all that rules read
    in tests/misuse/nodes.rs
    ");
}

#[test]
fn a_port_that_is_bound_twice() {
    let node = one(|node| async move {
        let _first = node.bind::<u64>("news");
        let _second = node.bind::<u64>("news");
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r#"
    FAIL
    at 0.000000s  step 2  node/0, task main, spawned at tests/misuse/main.rs, panicked: node/0: port "news" is bound already; a node binds each of its ports once, and shares it by reference
    in crates/node/src/node/port.rs
    "#);
}

#[test]
fn a_message_to_a_node_past_the_last() {
    let node = one(|node| async move { node.bind::<u64>("news").send(1, 7) });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 2  node/0, task main, spawned at tests/misuse/main.rs, panicked: it sends to n1, but the cluster has n0 to n0
    in crates/transport/src/network/datagram/send.rs
    ");
}

#[test]
fn an_interval_of_no_length() {
    let node = one(|node| async move {
        node.interval(Duration::ZERO).tick().await;
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 2  node/0, task main, spawned at tests/misuse/main.rs, panicked: an interval of zero would tick forever at one instant; give it a period, or let others run with `yield_now`
    in tests/misuse/nodes.rs
    ");
}

#[test]
fn a_connection_to_a_node_past_the_last() {
    let node = one(|node| async move { drop(node.connect::<u64>(1, "news").await.unwrap()) });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 2  node/0, task main, spawned at tests/misuse/main.rs, panicked: it connects to n1, but the cluster has n0 to n0
    in crates/transport/src/network/session/handshake.rs
    ");
}

#[test]
fn a_connection_that_no_node_accepts() {
    let client = |node: Node| async move { drop(node.connect::<u64>(0, "news").await.unwrap()) };
    assert_snapshot!(findings(&counters().clients("client", 1, client).run(Seed(7))), @r"
    FAIL
    at 0.017566s  step 7  client/0, task main, spawned at tests/misuse/nodes.rs, panicked: called `Result::unwrap()` on an `Err` value: Refused
    in tests/misuse/nodes.rs
    unknown: every client ends: it was never checked
    ");
}

#[test]
fn a_client_that_waits_for_an_answer_that_never_comes() {
    let client = |node: Node| async move {
        let port = node.bind::<u64>("answers");
        port.send(0, 7);
        port.recv().await;
    };
    assert_snapshot!(findings(&counters().clients("client", 1, client).run(Seed(7))), @r#"
    FAIL
    at 1.000000s  step 12  every client ends: stalled: no pending event since 1.000000s: client/0 did not return; live tasks:
    client/0 main, spawned at tests/misuse/nodes.rs, waits for a message on port "answers"
    "#);
}

#[test]
fn a_node_that_waits_for_itself() {
    let client = |node: Node| async move {
        let lock = Arc::new(tokio::sync::Mutex::new(0));
        let other = Arc::clone(&lock);
        let _held = lock.lock().await;
        node.spawn(async move { *other.lock().await += 1 }).await.unwrap();
    };
    assert_snapshot!(findings(&counters().clients("client", 1, client).run(Seed(7))), @r"
    FAIL
    at 1.000000s  step 13  every client ends: stalled: no pending event since 1.000000s: client/0 did not return; live tasks:
    client/0 main, spawned at tests/misuse/nodes.rs, waits for the end of task main/0, spawned at tests/misuse/nodes.rs
    client/0 main/0, spawned at tests/misuse/nodes.rs, waits for an unknown event: other code holds its waker, or no code does
    ");
}

#[test]
fn a_handle_that_is_used_between_two_steps() {
    let mut sim = one(|node| async move { node.expose(node.clone()) }).start(Seed(7));
    sim.run_for(Duration::from_millis(1));
    let handle = sim.with_node(0, |node: &mut Node| node.clone()).expect("it is exposed");
    assert_snapshot!(super::panic_of(|| handle.now()), @"a handle of n0 is used outside the steps of its simulation; reach into the node with `Sim::with_node` instead");
}
