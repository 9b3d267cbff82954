//! Runs that make no progress, or whose queue only grows: each ends at a budget, and its report says who used it up.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::net::INBOX_CAPACITY;
use cluster_sim::node::yield_now;
use cluster_sim::prelude::*;
use cluster_sim::report::{Exhausted, PanicSite};
use cluster_sim::scenario::Budget;
use cluster_sim_testkit::units::milliseconds;
use tokio::sync::Notify;

/// Nodes that start together over links of 10 ms.
fn nodes<F: Future<Output = ()> + 'static>(count: u32, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Scenario {
    let links = LinkModel::constant(milliseconds(10));
    Scenario::new("storms").nodes("n", count, main).default_links(links).start_together().duration(Duration::from_secs(1))
}

/// Runs it, and asserts that it ends at this budget; returns who used it up.
#[track_caller]
fn exhausts(scenario: &Scenario, budget: Exhausted) -> Vec<String> {
    let report = scenario.run(Seed(7));
    assert_eq!((report.outcome, report.exhausted), (Outcome::Exhausted, Some(budget)), "{report}");
    let finding = report.finding().expect("a spent budget is a finding");
    assert!(finding.message.contains(&report.exhausted_by[0]), "{finding}");
    assert!(report.exhausted_by.iter().all(|line| report.to_string().contains(&format!("\n        {line}\n"))), "{report}");
    report.exhausted_by
}

/// Every message is answered by two.
async fn resend(node: Node) {
    let port = node.bind::<u64>("port");
    port.broadcast(0);
    loop {
        let received = port.recv().await;
        (0..2).for_each(|_| port.send(received.from, received.message + 1));
    }
}

#[test]
fn a_storm_of_messages_names_senders_receivers_and_messages() {
    let lines = exhausts(&nodes(3, resend), Exhausted::MessagesInFlight(23_000));
    assert_eq!(lines.len(), 6, "each node sends to two others: {lines:?}");
    assert_eq!(lines[0], "n/0 -> n/2 on port port: 5,671 of 23,001 messages in flight, such as 12");
    assert_eq!(lines[5], "and 1 more");
    let fewer = nodes(3, resend).budget(Budget { messages_in_flight: Some(100), ..Budget::default() });
    let lines = exhausts(&fewer, Exhausted::MessagesInFlight(100));
    assert!(lines[0].contains(" of 101 messages in flight, such as 5"), "{lines:?}");
}

#[test]
fn a_broadcast_of_a_large_cluster_spends_no_budget() {
    let ring = nodes(5_000, |node| async move {
        let port = node.bind::<u64>("port");
        let receivers: Vec<NodeId> = (1..9).map(|next| NodeId((node.id().0 + next) % 5_000)).collect();
        (0..10).for_each(|number| port.send_all(&receivers, number));
        pending().await
    });
    ring.duration(milliseconds(20)).run(Seed(7)).assert_ok();
    let clique = nodes(50, |node| async move {
        let port = node.bind::<u64>("port");
        (0..5).for_each(|number| port.broadcast(number));
        let mut received = 0;
        while received < 49 * 5 {
            port.recv().await;
            received += 1;
        }
        assert!(received < INBOX_CAPACITY, "none is lost");
    });
    clique.run(Seed(7)).assert_ok();
}

#[test]
fn a_loop_of_yields_names_its_task() {
    let lines = exhausts(
        &nodes(2, |node| async move {
            if node.index() == 1 {
                loop {
                    yield_now().await;
                }
            }
        }),
        Exhausted::StepsAtOneInstant(12_000),
    );
    assert_eq!(lines.len(), 1, "the other node does nothing: {lines:?}");
    assert!(lines[0].starts_with("n/1, task main, spawned at tests/faults/storms.rs:"), "{lines:?}");
    assert!(lines[0].ends_with(" steps, mostly after itself"), "{lines:?}");
}

#[test]
fn a_loop_of_waits_of_zero_names_its_task() {
    let lines = exhausts(
        &nodes(1, |node| async move {
            loop {
                node.sleep(Duration::ZERO).await;
            }
        }),
        Exhausted::StepsAtOneInstant(11_000),
    );
    assert!(lines[0].starts_with("n/0, task main, ") && lines[0].ends_with("mostly after itself"), "{lines:?}");
}

#[test]
fn tasks_that_wake_each_other_are_named_with_each_other() {
    let lines = exhausts(
        &nodes(1, |node| async move {
            let [ping, pong] = [(); 2].map(|()| Arc::new(Notify::new()));
            ping.notify_one();
            for (name, heard, told) in [("ping", &ping, &pong), ("pong", &pong, &ping)] {
                let (heard, told) = (Arc::clone(heard), Arc::clone(told));
                drop(node.spawn_named(name, async move {
                    loop {
                        heard.notified().await;
                        told.notify_one();
                    }
                }));
            }
            pending().await
        }),
        Exhausted::StepsAtOneInstant(11_000),
    );
    assert!(lines[0].starts_with("n/0, 2 tasks such as main/p"), "{lines:?}");
}

#[test]
fn machines_that_answer_at_once_are_named_with_each_other() {
    struct Ball(NodeId);

    impl Machine for Ball {
        type Message = u8;
        type View = ();

        fn step(&mut self, _: LocalInstant, input: Input<u8>, effects: &mut Effects<u8>) {
            if matches!(input, Input::Start | Input::Message { .. }) {
                effects.send(self.0, 0);
            }
        }

        fn view(&self) -> &() {
            &()
        }
    }

    let scenario = Scenario::new("ball")
        .machines("m", 2, |boot| Ball(NodeId(1 - boot.index())))
        .default_links(LinkModel::constant(Duration::ZERO))
        .start_together();
    let lines = exhausts(&scenario, Exhausted::StepsAtOneInstant(12_000));
    assert!(lines.iter().any(|line| line.starts_with("m/0: ") && line.ends_with(", mostly after m/1")), "{lines:?}");
    scenario.default_links(LinkModel::constant(Duration::from_micros(50))).run(Seed(7)).assert_ok();
}

/// Steps at one instant up to the limit are fine, and time that advances begins a new count.
#[test]
fn steps_below_the_limit_at_each_instant_spend_no_budget() {
    let steps = |yields: u32| {
        nodes(1, move |node| async move {
            for _ in 0..10 {
                for _ in 0..yields {
                    yield_now().await;
                }
                node.sleep(Duration::from_nanos(1)).await;
            }
        })
        .budget(Budget { steps_at_one_instant: Some(800), ..Budget::default() })
    };
    steps(790).run(Seed(7)).assert_ok();
    exhausts(&steps(910), Exhausted::StepsAtOneInstant(800));
}

#[test]
fn tasks_that_do_not_end_are_named_by_their_spawn() {
    let live = |task: fn(Node) -> bool| {
        nodes(2, move |node| async move {
            while node.index() == 1 {
                let waiting = node.clone();
                drop(node.spawn(async move {
                    if task(waiting) {
                        pending::<()>().await;
                    }
                }));
                node.sleep(Duration::from_micros(10)).await;
            }
        })
        .budget(Budget { live_tasks: Some(500), ..Budget::default() })
    };
    let lines = exhausts(&live(|_| true), Exhausted::LiveTasks(500));
    assert!(lines[0].starts_with("n/1, 500 tasks such as main/0, spawned at tests/faults/storms.rs:"), "{lines:?}");
    assert!(lines[0].ends_with(": 500 of 501 live tasks"), "{lines:?}");
    live(|_| false).run(Seed(7)).assert_ok();
}

/// A step that never ends cannot be ended by a budget: the node that runs it panics.
#[track_caller]
fn panics_in_one_step(main: fn(Node), message: &str) {
    let report = nodes(2, move |node| async move {
        if node.index() == 1 {
            node.sleep(milliseconds(1)).await;
            main(node);
        }
    })
    .budget(Budget { messages_in_flight: Some(1_000), live_tasks: Some(1_000), ..Budget::default() })
    .run(Seed(7));
    let panic = report.panic.as_ref().expect("it panics");
    assert_eq!(panic.site, PanicSite::Node { name: "n/1".to_owned(), group: "n".to_owned() });
    assert!(panic.task.as_ref().is_some_and(|task| task.starts_with("main, ")) && panic.message.contains(message), "{report}");
}

#[test]
fn a_step_that_sends_or_spawns_without_end_panics() {
    panics_in_one_step(
        |node| {
            let port = node.bind::<u64>("port");
            (0..u64::MAX).for_each(|number| port.send(0, number));
        },
        "it sends without end in one step: more than 2000 messages are in flight",
    );
    panics_in_one_step(
        |node| loop {
            drop(node.spawn(pending::<()>()));
        },
        "it spawns tasks without end in one step: more than 2000 are alive",
    );
}

#[test]
fn large_messages_in_flight_are_bounded_by_their_bytes() {
    let sends = |length: usize, messages: usize, receivers: u32| {
        nodes(receivers + 1, move |node| async move {
            let port = node.bind::<Vec<u8>>("bulk");
            if node.index() == 0 {
                let all: Vec<NodeId> = (1..=receivers).map(NodeId).collect();
                (0..messages).for_each(|_| port.send_all(&all, vec![1; length]));
            }
            pending().await
        })
        .budget(Budget { bytes_in_flight: 1 << 20, ..Budget::default() })
    };
    let lines = exhausts(&sends(8 << 10, 160, 1), Exhausted::BytesInFlight(1 << 20));
    assert!(
        lines[0].starts_with("n/0 -> n/1 on port bulk: 1,3") && lines[0].contains(" bytes in flight, such as [1, 1, "),
        "{lines:?}"
    );
    sends(8 << 10, 120, 1).run(Seed(7)).assert_ok();
    // One message to many receivers is in memory once.
    sends(8 << 10, 100, 20).run(Seed(7)).assert_ok();
}
