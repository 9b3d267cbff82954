//! A run tells which nodes nothing of it could have woken any more.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::prelude::*;
use cluster_sim_testkit::units::milliseconds;
use tokio::sync::{Notify, mpsc};

use crate::nodes;

/// Runs a program on two nodes, and returns the nodes that its report tells.
fn outside_waits<F: Future<Output = ()> + 'static>(main: impl Fn(Node) -> F + Send + Sync + 'static) -> Vec<String> {
    let report = nodes(2, main).duration(milliseconds(50)).run(Seed(3));
    report.assert_ok();
    let text = report.to_string();
    assert!(report.outside_waits.iter().all(|wait| text.contains(wait)), "{text}");
    assert_eq!(text.contains("nothing of the simulation will wake"), !report.outside_waits.is_empty(), "{text}");
    report.outside_waits
}

#[test]
fn a_node_that_waits_for_a_silent_channel_is_told() {
    let told = outside_waits(|node| async move {
        let (sender, mut receiver) = mpsc::channel::<u8>(1);
        node.sleep(milliseconds(2)).await;
        receiver.recv().await;
        drop(sender);
    });
    assert_eq!(told.len(), 2);
    assert!(told[0].starts_with("n/0 main, spawned at tests/executor/"), "{}", told[0]);
    assert!(told[0].contains("waits since 0.002000s for other code: a channel"), "{}", told[0]);
}

#[test]
fn a_node_is_told_if_its_tasks_wait_for_each_other_only() {
    let told = outside_waits(|node| async move {
        let inner = node.clone().spawn_named("inner", async move {
            let bell = Notify::new();
            bell.notified().await;
        });
        let _ = inner.await;
    });
    assert_eq!(told.len(), 2);
    assert!(told[1].starts_with("n/1 main/inner, spawned at") || told[1].starts_with("n/1 main, spawned at"), "{}", told[1]);
}

#[test]
fn a_node_with_one_task_that_can_be_woken_is_not_told() {
    let told = outside_waits(|node| async move {
        let bell = Arc::new(Notify::new());
        let (ringing, clock) = (Arc::clone(&bell), node.clone());
        drop(node.spawn(async move {
            clock.sleep(Duration::from_secs(1)).await;
            ringing.notify_one();
        }));
        bell.notified().await;
    });
    assert_eq!(told, [""; 0]);
}

#[test]
fn waits_of_the_simulation_are_not_told() {
    let told = outside_waits(|node| async move {
        if node.id() == NodeId(0) {
            // No node sends; a message of the network could still arrive.
            node.bind::<u8>("port").recv().await;
        } else {
            drop(node.listen::<u8>("sessions").accept().await);
        }
    });
    assert_eq!(told, [""; 0]);
}

#[test]
fn nodes_that_returned_or_can_be_reached_are_not_told() {
    assert_eq!(outside_waits(|_| async {}), [""; 0]);
    let reachable = outside_waits(|node| async move {
        let (sender, mut receiver) = mpsc::channel::<u8>(1);
        node.expose(sender);
        while receiver.recv().await.is_some() {}
    });
    assert_eq!(reachable, [""; 0], "a test may send through the exposed handle");
}

#[test]
fn a_crashed_node_is_not_told() {
    let plan = FaultPlan::new().at(milliseconds(10), NodeFault::Kill { node: "n/1".to_owned() });
    let report = nodes(2, |_| pending()).faults(plan).duration(milliseconds(50)).run(Seed(3));
    assert_eq!(report.outside_waits.len(), 1, "{report}");
    assert!(report.outside_waits[0].starts_with("n/0 "), "{report}");
}
