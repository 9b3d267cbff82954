//! Clients must end; the report lists what each task of a stalled client waits for.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::LinkModel;
use cluster_sim::node::SendError;
use cluster_sim::prelude::*;
use cluster_sim::report::CheckKind;
use cluster_sim_testkit::units::{instant, milliseconds};

use crate::nodes;

fn clients<F: Future<Output = ()> + 'static>(count: u32, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Scenario {
    Scenario::new("stalls").clients("client", count, main).start_together()
}

/// The message of the run's only violation, that of `every client ends`.
fn stall(report: &Report) -> &str {
    assert_eq!(report.outcome, Outcome::Violated, "{report}");
    assert_eq!(report.violations.len(), 1, "{report}");
    assert_eq!(report.violations[0].rule, "every client ends");
    &report.violations[0].message
}

#[test]
fn the_recovery_phase_lasts_until_every_client_has_ended() {
    let scenario = clients(3, |node| async move { node.sleep(milliseconds(1_000 * u64::from(node.index()) + 500)).await });
    let report = scenario.duration(Duration::from_secs(1)).run(Seed(1));
    report.assert_ok();
    assert_eq!(report.ended_at, instant(2_500), "and no longer");
    let check = &report.checks[0];
    assert_eq!((check.name.as_str(), check.kind, check.times_checked), ("every client ends", CheckKind::Eventually, 3));
}

#[test]
fn a_client_that_never_ends_is_a_violation_at_the_recovery_timeout() {
    let report = clients(2, |node| async move {
        let mut ticks = node.interval(milliseconds(300));
        while node.id() == NodeId(1) {
            ticks.tick().await;
        }
    })
    .duration(Duration::from_secs(1))
    .recovery_timeout(Duration::from_secs(2))
    .run(Seed(1));
    let message = stall(&report);
    assert!(message.starts_with("still pending after recovery_timeout: client/1 did not return; live tasks:"), "{message}");
    assert!(
        message.contains("client/1 main, spawned at") && message.contains("waits for the end of a sleep at 3.300000s"),
        "{message}"
    );
    assert_eq!(report.violations[0].nodes, [NodeId(1)]);
    assert_eq!(report.ended_at, instant(3_000));
}

#[test]
fn a_run_without_pending_events_ends_before_the_recovery_timeout() {
    let report = clients(1, |node| async move {
        node.sleep(milliseconds(1_500)).await;
        pending().await
    })
    .duration(Duration::from_secs(1))
    .run(Seed(1));
    let message = stall(&report);
    assert!(message.starts_with("stalled: no pending event since 1.500000s: client/0 did not return"), "{message}");
    assert_eq!(report.ended_at, instant(1_500));
}

#[test]
fn a_stall_lists_what_every_task_waits_for() {
    let report = clients(1, |node| async move {
        let port = Arc::new(node.bind::<u64>("letters"));
        let (jobs, mut queue) = channel::<u8>("jobs", 1);
        let (_answer, asked) = oneshot::<u8>("answer");
        let (_silent, mut silence) = channel::<u8>("silence", 1);
        let both = Arc::clone(&port);
        let receives = node.spawn_named("receives", async move {
            port.recv().await;
        });
        let tasks = [
            node.spawn_named("joins", async move { receives.await.expect("it was not aborted") }),
            node.spawn_named("sends", async move {
                jobs.send(1).await.expect("the queue is there");
                jobs.send(2).await.expect("the queue is there");
            }),
            node.spawn_named("asks", async move { assert_eq!(asked.await, None) }),
            node.spawn_named("queues", async move { assert_eq!(silence.recv().await, None) }),
            node.spawn_named("foreign", async move { tokio::sync::Notify::new().notified().await }),
            node.spawn_named("chooses", async move {
                select! {
                    biased;
                    _ = both.recv() => {}
                    () = pending() => {}
                    _ = channel::<u8>("third", 1).1.recv(), if false => {}
                    Some(_) = async { let (_kept, mut fourth) = channel::<u8>("fourth", 1); fourth.recv().await } => {}
                }
            }),
        ];
        futures::future::join_all(tasks).await;
        queue.close();
        drop((_answer, _silent));
    })
    .run(Seed(1));
    let message = stall(&report);
    let line = |name: &str| {
        let start = format!("client/0 main/{name}, spawned at tests/executor/stalls.rs:");
        let found = message.lines().find(|line| line.trim_start().starts_with(&start));
        found.unwrap_or_else(|| panic!("no line of {name} in {message}")).split_once("waits for ").expect("it waits").1.to_owned()
    };
    assert_eq!(line("receives"), "a message on port \"letters\"");
    assert!(line("joins").starts_with("the end of task main/receives, spawned at tests/executor/stalls.rs:"), "{message}");
    assert!(line("sends").starts_with("room in channel \"jobs\", made at tests/executor/stalls.rs:"), "{message}");
    assert!(line("asks").starts_with("the value of oneshot \"answer\", made at tests/executor/stalls.rs:"), "{message}");
    assert!(line("queues").starts_with("a message in channel \"silence\", made at tests/executor/stalls.rs:"), "{message}");
    assert_eq!(line("foreign"), "an unknown event: other code holds its waker, or no code does");
    assert!(line("chooses").starts_with("a message on port \"letters\", or a message in channel \"fourth\", made at"), "{message}");
    assert!(message.contains("client/0 main, spawned at"), "{message}");
    assert_eq!(report.waiting.len(), 8);
    assert_eq!(
        report.to_string().matches("main/receives, spawned").count(),
        2,
        "the list is shown once: the task itself and the task that joins it"
    );
}

#[test]
fn a_killed_client_need_not_end_but_a_crashed_one_must() {
    let scenario = clients(2, |node| async move {
        match (node.index(), node.incarnation().0) {
            (0, _) | (1, 0) => pending().await,
            _ => node.sleep(milliseconds(2)).await,
        }
    });
    let mut sim = scenario.start(Seed(1));
    sim.run_for(milliseconds(1));
    assert!(sim.kill(0) && sim.crash(1));
    let report = sim.finish();
    report.assert_ok();
    assert_eq!(report.checks[0].times_checked, 1);

    let mut sim = scenario.start(Seed(1));
    sim.run_for(milliseconds(1));
    assert!(sim.kill(0) && sim.kill(1));
    let report = sim.finish();
    assert_eq!(report.outcome, Outcome::Unknown);
    assert_eq!(report.checks[0].unknown.as_deref(), Some("every client was killed"));
}

#[test]
fn a_client_restarted_after_its_end_must_end_again() {
    let mut sim = clients(1, |node| async move {
        if node.incarnation().0 > 0 {
            pending::<()>().await;
        }
    })
    .start(Seed(1));
    sim.run_for(milliseconds(1));
    assert!(sim.crash(0));
    stall(&sim.finish());
}

#[test]
fn a_run_waits_for_both_clients_and_eventually_checks() {
    let scenario = clients(1, |node| async move {
        node.publish(|done: &mut bool| *done = false);
        node.sleep(milliseconds(3_000)).await;
        node.publish(|done: &mut bool| *done = true);
    })
    .duration(Duration::from_secs(1))
    .eventually("it is done", |world| world.views::<bool>().all(|(_, done)| *done));
    let report = scenario.run(Seed(1));
    report.assert_ok();
    assert_eq!(report.ended_at, instant(4_000), "the eventually check must stay true for the stable time");
}

#[test]
fn a_failing_eventually_check_lists_what_tasks_wait_for() {
    let report = nodes(2, |node| async move {
        node.publish(|seen: &mut u8| *seen = node.index() as u8);
        let port = node.bind::<u8>("letters");
        port.recv().await;
    })
    .eventually("all saw one", |world| world.views::<u8>().all(|(_, seen)| *seen == 1))
    .run(Seed(1));
    assert_eq!(report.violations[0].rule, "all saw one");
    assert!(report.violations[0].message.starts_with("stalled: no pending event since"), "{report}");
    assert_eq!(report.waiting.len(), 2);
    assert!(report.waiting[0].starts_with("n/0 main, spawned at tests/executor/main.rs:"), "{report}");
    assert!(report.waiting[1].ends_with("waits for a message on port \"letters\""), "{report}");
    assert!(report.to_string().contains("live tasks\n        n/0 main"), "{report}");
    let again: Report = serde_json::from_value(serde_json::to_value(&report).expect("it is data")).expect("it is read back");
    assert_eq!(again, report);
}

#[test]
fn named_channels_deliver_in_order_and_block_when_full() {
    let scenario = clients(1, |node| async move {
        let (sender, mut receiver) = channel::<u64>("numbers", 2);
        assert_eq!((sender.name(), receiver.name()), ("numbers", "numbers"));
        assert_eq!(receiver.try_recv(), None);
        sender.try_send(0).expect("there is room");
        sender.try_send(1).expect("there is room");
        assert!(sender.try_send(2).is_err());
        let begun = node.now();
        let (clock, late) = (node.clone(), sender.clone());
        drop(node.spawn(async move {
            clock.sleep(milliseconds(5)).await;
            assert_eq!(receiver.recv().await, Some(0));
            clock.sleep(milliseconds(5)).await;
            let mut rest = Vec::new();
            while let Some(number) = receiver.recv().await {
                rest.push(number);
            }
            assert_eq!(rest, [1, 2, 3]);
        }));
        sender.send(2).await.expect("the receiver is there");
        assert_eq!(node.now() - begun, milliseconds(5), "it waited for room");
        late.send(3).await.expect("the receiver is there");
        assert_eq!(node.now() - begun, milliseconds(10));
        drop((sender, late));

        let (sender, receiver) = channel::<u64>("gone", 1);
        drop(receiver);
        assert_eq!(sender.send(4).await, Err(SendError(4)));
        let (answer, asked) = oneshot::<u8>("answer");
        drop(answer);
        assert_eq!(asked.await, None);
        let (answer, asked) = oneshot::<u8>("answer");
        assert!(!answer.is_closed());
        drop(asked);
        assert_eq!(answer.send(3), Err(SendError(3)));
    });
    scenario.default_links(LinkModel::constant(milliseconds(1))).run(Seed(1)).assert_ok();
}
