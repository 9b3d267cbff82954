//! Nodes that call what needs a runtime: each call is a finding with its cure.

use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{findings, one};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_sleep_of_tokio() {
    assert_snapshot!(findings(&one(|_| tokio::time::sleep(SECOND)).run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 1  node/0 panicked: this code needs a tokio runtime, and a node has none: use `node.sleep`, `node.timeout` and `node.interval` for tokio::time, `node.spawn` for tokio::spawn and spawn_blocking, `node.bind`, `node.connect` and `node.listen` for tokio::net
    in tests/misuse/runtimes.rs
    ");
}

#[tokio::test]
async fn a_sleep_of_tokio_under_a_runtime() {
    assert_snapshot!(findings(&one(|_| tokio::time::sleep(SECOND)).run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 1  node/0 panicked: this code needs a tokio runtime, and a node has none: use `node.sleep`, `node.timeout` and `node.interval` for tokio::time, `node.spawn` for tokio::spawn and spawn_blocking, `node.bind`, `node.connect` and `node.listen` for tokio::net
    in tests/misuse/runtimes.rs
    ");
}

#[test]
fn a_timeout_of_tokio_around_a_sleep() {
    let node = one(|node| async move { drop(tokio::time::timeout(SECOND / 4, node.sleep(SECOND)).await) });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 2  node/0, task main, spawned at tests/misuse/main.rs, panicked: this code needs a tokio runtime, and a node has none: use `node.sleep`, `node.timeout` and `node.interval` for tokio::time, `node.spawn` for tokio::spawn and spawn_blocking, `node.bind`, `node.connect` and `node.listen` for tokio::net
    in tests/misuse/runtimes.rs
    ");
}

#[test]
fn a_task_of_tokio() {
    assert_snapshot!(findings(&one(|_| async { tokio::spawn(async {}).await.expect("it ends") }).run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 2  node/0, task main, spawned at tests/misuse/main.rs, panicked: this code needs a tokio runtime, and a node has none: use `node.sleep`, `node.timeout` and `node.interval` for tokio::time, `node.spawn` for tokio::spawn and spawn_blocking, `node.bind`, `node.connect` and `node.listen` for tokio::net
    in tests/misuse/runtimes.rs
    ");
}

#[test]
fn blocking_work_of_tokio() {
    let node = one(|_| async { tokio::task::spawn_blocking(|| ()).await.expect("it ends") });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 2  node/0, task main, spawned at tests/misuse/main.rs, panicked: this code needs a tokio runtime, and a node has none: use `node.sleep`, `node.timeout` and `node.interval` for tokio::time, `node.spawn` for tokio::spawn and spawn_blocking, `node.bind`, `node.connect` and `node.listen` for tokio::net
    in tests/misuse/runtimes.rs
    ");
}

#[test]
fn a_runtime_of_its_own_in_a_node() {
    let node = one(|_| async {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("it is built");
        runtime.block_on(tokio::time::sleep(SECOND / 1_000));
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    FAIL
    at 0.000000s  step 2  node/0, task main, spawned at tests/misuse/main.rs, panicked: this code needs a tokio runtime, and a node has none: use `node.sleep`, `node.timeout` and `node.interval` for tokio::time, `node.spawn` for tokio::spawn and spawn_blocking, `node.bind`, `node.connect` and `node.listen` for tokio::net
    in tests/misuse/runtimes.rs
    ");
}
