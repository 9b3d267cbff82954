//! Ports: which messages are received, by which task, and which are dropped.

use std::future::pending;
use std::sync::Arc;

use cluster_sim::LinkModel;
use cluster_sim::net::INBOX_CAPACITY;
use cluster_sim::node::Label;
use cluster_sim::prelude::*;
use cluster_sim_testkit::log::Log;
use cluster_sim_testkit::units::milliseconds;
use serde::{Deserialize, Serialize};

use crate::nodes;

/// The scenario over links that deliver after 1 ms, in order.
fn steady(scenario: Scenario) -> Scenario {
    scenario.default_links(LinkModel::constant(milliseconds(1)))
}

/// Runs two nodes, a sender and a receiver; returns the log and the report.
fn run<S: Future<Output = ()> + 'static, L: Future<Output = ()> + 'static>(
    send: impl Fn(Node) -> S + Send + Sync + 'static,
    listen: impl Fn(Node, Log) -> L + Send + Sync + 'static,
) -> (Vec<String>, Report) {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = steady(nodes(2, move |node| {
        let sends = (node.id() == NodeId(0)).then(|| send(node.clone()));
        let listens = (node.id() == NodeId(1)).then(|| listen(node, noted.clone()));
        async move {
            match (sends, listens) {
                (Some(sends), _) => sends.await,
                (_, Some(listens)) => listens.await,
                _ => {}
            }
            pending().await
        }
    }))
    .start(Seed(6));
    sim.run_for(Duration::from_secs(1));
    let report = sim.finish();
    report.assert_ok();
    (log.read(), report)
}

fn lost(report: &Report, cause: &str) -> u64 {
    report.traffic.dropped.get(cause).copied().unwrap_or(0)
}

#[test]
fn a_full_inbox_drops_message_257_and_keeps_the_others_in_order() {
    let (log, report) = run(
        |node| async move {
            let port = node.bind::<u64>("port");
            for number in 0..300 {
                port.send(1, number);
                node.sleep(Duration::from_micros(1)).await;
            }
            pending::<()>().await;
        },
        |node, log| async move {
            let port = node.bind::<u64>("port");
            node.sleep(milliseconds(100)).await;
            let mut taken = 0;
            while let Some(received) = port.try_recv() {
                assert_eq!((received.from, received.message), (NodeId(0), taken));
                taken += 1;
            }
            log.write(taken.to_string());
        },
    );
    assert_eq!(log, [INBOX_CAPACITY.to_string()]);
    assert_eq!(lost(&report, "inbox_full"), 44);
}

#[test]
fn an_unbound_port_drops_messages_and_a_rebound_one_starts_empty() {
    let (log, report) = run(
        |node| async move {
            let port = node.bind::<u64>("port");
            for number in 0..4 {
                port.send(1, number);
                node.sleep(milliseconds(10)).await;
            }
        },
        |node, log| async move {
            // Message 0 arrives before the first bind, 1 waits when the port is dropped, 2 arrives while it is unbound.
            node.sleep(milliseconds(5)).await;
            let first = node.bind::<u64>("port");
            node.sleep(milliseconds(10)).await;
            drop(first);
            node.sleep(milliseconds(10)).await;
            let second = node.bind::<u64>("port");
            log.write(second.recv().await.message.to_string());
        },
    );
    assert_eq!(log, ["3"]);
    assert_eq!(lost(&report, "port_closed"), 3);
}

#[test]
#[should_panic(expected = "port \"port\" is bound already")]
fn binding_a_bound_port_panics() {
    let mut sim = nodes(1, |node| async move {
        let _first = node.bind::<u64>("port");
        let _second = node.bind::<u64>("port");
    })
    .start(Seed(6));
    sim.run_for(milliseconds(1));
    sim.finish().assert_ok();
}

#[test]
fn dropping_one_port_leaves_ports_of_other_names_open() {
    let (log, _) = run(
        |node| async move {
            let ports = ["a", "b", "c"].map(|name| node.bind::<u64>(name));
            ports.iter().zip(1..).for_each(|(port, number)| port.send(1, number));
        },
        |node, log| async move {
            let [a, b, c] = ["a", "b", "c"].map(|name| node.bind::<u64>(name));
            drop(a);
            node.sleep(milliseconds(2)).await;
            log.write(format!("{:?} {:?}", b.try_recv().map(|got| got.message), c.try_recv().map(|got| got.message)));
        },
    );
    assert_eq!(log, ["Some(2) Some(3)"]);
}

#[derive(Clone, Serialize, Deserialize)]
struct Pair(u64, u64);

#[test]
fn a_message_of_another_type_is_decoded_or_dropped_as_undecodable() {
    let (log, report) = run(
        |node| async move {
            node.bind::<(u64, u64)>("fits").send(1, (4, 5));
            node.bind::<u64>("short").send(1, 4);
        },
        |node, log| async move {
            let (fits, short) = (node.bind::<Pair>("fits"), node.bind::<Pair>("short"));
            let Pair(left, right) = fits.recv().await.message;
            node.sleep(milliseconds(5)).await;
            log.write(format!("{left} {right} {}", short.try_recv().is_none()));
        },
    );
    assert_eq!(log, ["4 5 true"]);
    assert_eq!(lost(&report, "undecodable"), 1);
}

#[test]
fn two_tasks_share_the_messages_of_a_port() {
    let (log, report) = run(
        |node| async move {
            let port = node.bind::<u64>("port");
            for number in 0..40 {
                port.send(1, number);
                node.sleep(milliseconds(2)).await;
            }
            pending::<()>().await;
        },
        |node, log| async move {
            let port = Arc::new(node.bind::<u64>("port"));
            for name in ["left", "right"] {
                let (port, log) = (Arc::clone(&port), log.clone());
                drop(node.spawn_named(name, async move {
                    loop {
                        let received = port.recv().await;
                        log.write(format!("{name} {}", received.message));
                    }
                }));
            }
            pending::<()>().await;
        },
    );
    let mut numbers: Vec<u64> =
        log.iter().map(|line| line.split_once(' ').expect("a name and a number").1.parse().expect("a number")).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>(), "each message is taken once");
    let left = log.iter().filter(|line| line.starts_with("left")).count();
    assert!((8..32).contains(&left), "each task receives a share: {left}");
    assert_eq!(report.traffic.delivered, 40);
}

#[test]
fn cancelling_one_receive_of_a_task_keeps_the_other_woken() {
    let (log, _) = run(
        |node| async move {
            let port = node.bind::<u64>("port");
            node.sleep(milliseconds(20)).await;
            port.send(1, 8);
            pending::<()>().await;
        },
        |node, log| async move {
            let port = node.bind::<u64>("port");
            // Polled in this order each time: the receive that stays is polled before the other is cancelled.
            let both = futures::future::join(port.recv(), node.timeout(milliseconds(5), port.recv()));
            let (received, gave_up) = both.await;
            log.write(format!("{} {} {:?}", received.message, gave_up.is_err(), node.now().since_zero()));
        },
    );
    assert_eq!(log, ["8 true 21ms"]);
}

#[test]
fn a_receive_cancelled_under_a_foreign_waker_leaves_nothing_behind() {
    use futures::StreamExt;
    use futures::stream::FuturesUnordered;
    let (log, _) = run(
        |node| async move {
            let port = node.bind::<u64>("port");
            node.sleep(milliseconds(20)).await;
            port.send(1, 8);
            pending::<()>().await;
        },
        |node, log| async move {
            let port = node.bind::<u64>("port");
            for _ in 0..5 {
                let mut waiting: FuturesUnordered<_> = [port.recv()].into_iter().collect();
                assert!(node.timeout(milliseconds(1), waiting.next()).await.is_err());
            }
            let mut waiting: FuturesUnordered<_> = [port.recv()].into_iter().collect();
            let received = waiting.next().await.expect("one receive is pending");
            log.write(format!("{} {:?}", received.message, node.now().since_zero()));
        },
    );
    assert_eq!(log, ["8 21ms"]);
}

#[test]
fn a_crash_drops_waiting_messages_as_inbox_lost() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = steady(nodes(2, move |node| {
        let log = noted.clone();
        async move {
            let port = node.bind::<u64>("port");
            if node.id() == NodeId(0) {
                for number in 0..3 {
                    port.send(1, number);
                }
                node.sleep(milliseconds(20)).await;
                port.send(1, 3);
                return pending().await;
            }
            if node.incarnation().0 > 0 {
                log.write(port.recv().await.message.to_string());
            }
            pending().await
        }
    }))
    .start(Seed(6));
    sim.run_for(milliseconds(10));
    assert!(sim.crash(1) && sim.restart(1));
    sim.run_for(milliseconds(20));
    assert_eq!(log.read(), ["3"]);
    let report = sim.finish();
    report.assert_ok();
    assert_eq!(lost(&report, "inbox_lost"), 3);
}

#[test]
fn messages_to_a_paused_node_wait_for_its_resume() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = steady(nodes(2, move |node| {
        let log = noted.clone();
        async move {
            let port = node.bind::<u64>("port");
            if node.id() == NodeId(0) {
                for number in 0..3 {
                    node.sleep(milliseconds(10)).await;
                    port.send(1, number);
                }
                return pending().await;
            }
            loop {
                let number = port.recv().await.message;
                log.write(format!("{number} at {:?}", node.now().since_zero()));
            }
        }
    }))
    .start(Seed(6));
    sim.run_for(milliseconds(5));
    assert!(sim.pause(1));
    sim.run_for(milliseconds(20));
    assert!(sim.resume(1));
    sim.run_for(milliseconds(20));
    assert_eq!(log.read(), ["0 at 25ms", "1 at 25ms", "2 at 31ms"]);
    sim.finish().assert_ok();
}

#[test]
fn a_broadcast_reaches_every_peer_but_not_the_sender() {
    let log = Log::<String>::new();
    let noted = log.clone();
    let mut sim = steady(nodes(4, move |node| {
        let log = noted.clone();
        async move {
            let port = node.bind::<u64>("port");
            if node.id() == NodeId(2) {
                port.broadcast(5);
            }
            port.recv_for(milliseconds(20), |received| log.write(format!("{} {} {}", node.id(), received.from, received.message)))
                .await;
            pending().await
        }
    }))
    .start(Seed(6));
    sim.run_for(milliseconds(50));
    let mut received = log.read();
    received.sort();
    assert_eq!(received, ["n0 n2 5", "n1 n2 5", "n3 n2 5"]);
    sim.finish().assert_ok();
}

#[test]
fn a_port_label_keeps_the_fate_of_a_message_whose_content_changes() {
    fn delivered(salt: u64, by_key: bool) -> Vec<u64> {
        let log = Log::<u64>::new();
        let noted = log.clone();
        let model = LinkModel { loss: Ratio::percent(50), ..LinkModel::constant(milliseconds(1)) };
        let mut sim = nodes(2, move |node| {
            let log = noted.clone();
            async move {
                let port = node.bind::<(u64, u64)>("port");
                let port = if by_key { port.labelled(|(key, _)| Label::Key { kind: 1, id: *key }) } else { port };
                if node.id() == NodeId(0) {
                    for key in 0..64 {
                        port.send(1, (key, key + salt));
                        node.sleep(milliseconds(1)).await;
                    }
                    return pending().await;
                }
                loop {
                    log.write(port.recv().await.message.0);
                }
            }
        })
        .default_links(model)
        .start(Seed(6));
        sim.run_for(milliseconds(100));
        sim.finish().assert_ok();
        log.read()
    }
    assert_eq!(delivered(0, true), delivered(1_000, true));
    assert_ne!(delivered(0, false), delivered(1_000, false));
}

/// Answers each number with its successor.
struct Answers;

impl Machine for Answers {
    const PORT: &'static str = "numbers";
    type Message = u64;
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        if let Input::Message { from, message } = input {
            effects.send(from, message + 1);
        }
    }

    fn view(&self) -> &() {
        &()
    }
}

#[test]
fn a_machine_and_an_async_node_exchange_messages_on_the_machine_port() {
    let scenario = Scenario::new("mixed").machines("machine", 1, |_: &Boot| Answers).clients("client", 1, |node| async move {
        let (port, other) = (node.bind::<u64>("numbers"), node.bind::<u64>("other"));
        other.send(0, 7);
        port.send(0, 41);
        assert_eq!(port.recv().await.message, 42);
    });
    let report = scenario.run(Seed(6));
    report.assert_ok();
    assert_eq!(lost(&report, "port_closed"), 1, "the machine has no other port");
}
