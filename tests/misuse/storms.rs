//! Nodes that make no progress, or whose messages only grow: the report says who.

use std::future::pending;

use cluster_sim::node::yield_now;
use cluster_sim::prelude::*;
use insta::assert_snapshot;

use super::{findings, one};

#[test]
fn a_loop_that_yields_for_ever() {
    let node = one(|_| async {
        loop {
            yield_now().await;
        }
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    UNKNOWN
    11000 steps were taken at one instant of virtual time; let the tasks wait for time or messages, or raise `Budget::steps_at_one_instant`
    node/0, task main, spawned at tests/misuse/main.rs 5,500 of 5,500 steps, mostly after itself
    ");
}

#[test]
fn a_backoff_whose_first_step_is_zero() {
    let node = one(|node| async move {
        let mut backoff = Duration::ZERO;
        loop {
            node.sleep(backoff).await;
            backoff *= 2;
        }
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    UNKNOWN
    11000 steps were taken at one instant of virtual time; let the tasks wait for time or messages, or raise `Budget::steps_at_one_instant`
    node/0, task main, spawned at tests/misuse/main.rs 5,500 of 5,500 steps, mostly after itself
    ");
}

#[test]
fn two_tasks_that_wake_each_other() {
    let node = one(|node| async move {
        let (there, mut pings) = tokio::sync::mpsc::channel::<()>(1);
        let (back, mut pongs) = tokio::sync::mpsc::channel::<()>(1);
        drop(node.spawn_named("echo", async move { while pings.recv().await.is_some() && back.send(()).await.is_ok() {} }));
        while there.send(()).await.is_ok() && pongs.recv().await.is_some() {}
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    UNKNOWN
    11000 steps were taken at one instant of virtual time; let the tasks wait for time or messages, or raise `Budget::steps_at_one_instant`
    node/0, task main, spawned at tests/misuse/main.rs 2,750 of 5,500 steps, mostly after node/0, task main/echo
    node/0, task main/echo, spawned at tests/misuse/storms.rs 2,750 of 5,500 steps, mostly after node/0, task main
    ");
}

#[test]
fn an_answer_that_is_answered_twice() {
    let storm = Scenario::new("storm").nodes("node", 2, |node: Node| async move {
        let port = node.bind::<u64>("news");
        port.broadcast(0);
        loop {
            let received = port.recv().await;
            (0..2).for_each(|_| port.send(received.from, received.message + 1));
        }
    });
    assert_snapshot!(findings(&storm.run(Seed(7))), @r"
    UNKNOWN
    more than 22000 messages were in flight; find the flooding node or raise `Budget::messages_in_flight`
    node/1 -> node/0 on port news: 11,116 of 22,001 messages in flight, such as 19
    node/0 -> node/1 on port news: 10,885 of 22,001 messages in flight, such as 17
    ");
}

#[test]
fn a_task_for_each_tick_that_never_ends() {
    let node = one(|node| async move {
        let mut ticks = node.interval(Duration::from_micros(10));
        loop {
            ticks.tick().await;
            drop(node.spawn_named("request", pending::<()>()));
        }
    });
    assert_snapshot!(findings(&node.run(Seed(7))), @r"
    UNKNOWN
    more than 21000 tasks were alive; find who spawns tasks that do not end or raise `Budget::live_tasks`
    node/0, 21,000 tasks such as main/request, spawned at tests/misuse/storms.rs 21,000 of 21,001 live tasks
    node/0, task main, spawned at tests/misuse/main.rs 1 of 21,001 live tasks
    ");
}

#[test]
fn a_machine_whose_timer_is_due_at_once() {
    struct Spins;

    impl Machine for Spins {
        type Message = u64;
        type View = ();

        fn step(&mut self, _now: LocalInstant, _input: Input<u64>, effects: &mut Effects<u64>) {
            effects.set_timer(Timer(0), Duration::ZERO);
        }

        fn view(&self) -> &() {
            &()
        }
    }
    let spins = Scenario::new("first").machines("machine", 1, |_| Spins).duration(Duration::from_secs(1)).start_together();
    assert_snapshot!(findings(&spins.run(Seed(7))), @r"
    UNKNOWN
    11000 steps were taken at one instant of virtual time; let the tasks wait for time or messages, or raise `Budget::steps_at_one_instant`
    machine/0: 5,500 of 5,500 steps, mostly after itself
    ");
}
