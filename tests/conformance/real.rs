//! Nodes on tokio: observers, calls from other threads, drop counts, ends and errors.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use cluster_sim::node::Incarnation;
use cluster_sim::prelude::*;
use cluster_sim::tokio::{
    AddressBook, DatagramCounts, ReachError, RunningCluster, StartError, TokioCluster, TokioNode, TokioSetup, TokioSockets,
};
use cluster_sim_testkit::panics::message_of;
use futures::FutureExt;
use tokio::sync::{Notify, mpsc};

use crate::twin::{runtime, until};

fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Waits until a condition holds, checked after every observation.
async fn holds(cluster: &RunningCluster, changed: &Notify, mut holds: impl FnMut() -> bool) {
    until(cluster, async {
        while !holds() {
            changed.notified().await;
        }
    })
    .await;
}

#[test]
fn an_observer_receives_facts_and_views() {
    runtime().block_on(async {
        let (report, mut reported) = mpsc::unbounded_channel();
        let cluster = TokioCluster::new().nodes("counter", 2, async |node: Node| {
            for count in 1..=3 {
                node.publish(|shown: &mut u32| *shown = count);
            }
            node.emit(format!("{} is done", node.name()));
        });
        let cluster = cluster.on_observation(move |node, shown| {
            let fact = shown.fact::<String>().cloned();
            report.send((node, fact, shown.view::<u32>().copied())).expect("the test receives");
        });
        let cluster = cluster.start().unwrap();
        until(&cluster, cluster.ended()).await;
        let mut seen = BTreeMap::<NodeId, Vec<(Option<String>, Option<u32>)>>::new();
        while let Ok((node, fact, view)) = reported.try_recv() {
            seen.entry(node).or_default().push((fact, view));
        }
        for index in 0..2 {
            let views = (1..=3).map(|count| (None, Some(count)));
            let expected: Vec<_> = views.chain([(Some(format!("counter/{index} is done")), None)]).collect();
            assert_eq!(seen[&NodeId(index)], expected);
            assert_eq!(cluster.node(index).inspect(|shown: &u32| *shown), Some(3));
            assert_eq!(cluster.node(index).inspect(|shown: &u64| *shown), None, "no view of another type");
        }
    });
}

#[test]
fn a_test_calls_the_exposed_value_of_a_node() {
    runtime().block_on(async {
        let exposed = Arc::new(Notify::new());
        let notify = Arc::clone(&exposed);
        let cluster = TokioCluster::new().nodes("register", 1, move |node: Node| {
            let notify = Arc::clone(&notify);
            async move {
                let (write, mut written) = mpsc::unbounded_channel::<u64>();
                node.expose((node.clone(), write));
                notify.notify_one();
                while let Some(value) = written.recv().await {
                    node.publish(|shown: &mut u64| *shown = value);
                    if value == 9 {
                        return;
                    }
                }
            }
        });
        let cluster = cluster.start().unwrap();
        let node = cluster.node(0);
        until(&cluster, exposed.notified()).await;
        let refused = node.with_handle(|_: &mut String| ());
        assert_eq!(refused, Err(ReachError::NotExposed { node: NodeId(0), asked: "alloc::string::String" }));
        // From a thread without a runtime: the handles of the node work there, also its timers.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let name = node.with_handle(|(node, write): &mut (Node, mpsc::UnboundedSender<u64>)| {
                    assert!(node.now() > LocalInstant::ZERO);
                    drop(node.sleep(Duration::from_secs(1)));
                    let written = write.clone();
                    node.spawn(async move { written.send(9) });
                    node.name().to_owned()
                });
                assert_eq!(name.as_deref(), Ok("register/0"));
            });
        });
        until(&cluster, node.ended()).await;
        assert_eq!(node.inspect(|shown: &u64| *shown), Some(9));
        assert_eq!(node.with_handle(|_: &mut ()| ()), Err(ReachError::Ended { node: NodeId(0) }));
    });
}

#[test]
fn a_call_to_a_node_that_exposed_nothing_fails() {
    runtime().block_on(async {
        let cluster = TokioCluster::new().nodes("closed", 1, async |_| pending().await).start().unwrap();
        assert_eq!(cluster.node(0).with_handle(|_: &mut ()| ()), Err(ReachError::NothingExposed { node: NodeId(0) }));
    });
}

#[test]
fn a_panic_of_a_task_propagates_to_its_join() {
    runtime().block_on(async {
        let cluster = TokioCluster::new()
            .nodes("waiting", 1, async |_| pending().await)
            .nodes("broken", 1, async |node: Node| {
                let task = node.spawn(async { panic!("out of ideas") });
                let result: Result<(), _> = task.await;
                unreachable!("the panic goes on where the task is joined: {result:?}");
            })
            .start()
            .unwrap();
        let ended = tokio::spawn(async move {
            let first = panic_of(cluster.ended()).await;
            let later = panic_of(cluster.node(1).ended()).await;
            (first, later)
        });
        let (first, later) = ended.await.unwrap();
        assert_eq!((first.as_str(), later.as_str()), ("out of ideas", "broken/0 panicked; its panic was reported before"));
    });
}

/// Awaits a future that panics and returns the message.
async fn panic_of(future: impl Future<Output = ()>) -> String {
    message_of(&*AssertUnwindSafe(future).catch_unwind().await.expect_err("it panics"))
}

#[test]
fn the_handles_of_an_ended_node_are_inert() {
    runtime().block_on(async {
        let kept = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&kept);
        let observed = Arc::new(Mutex::new(0));
        let observes = Arc::clone(&observed);
        let cluster =
            TokioCluster::new().on_observation(move |_, _| *observes.lock().unwrap() += 1).nodes("short", 1, move |node: Node| {
                *keep.lock().unwrap() = Some((node.bind::<u8>("own"), node));
                async {}
            });
        let cluster = cluster.start().unwrap();
        until(&cluster, cluster.ended()).await;
        let (port, node) = kept.lock().unwrap().take().unwrap();
        port.send(node.id(), 1);
        node.emit("not observed");
        node.publish(|_: &mut u8| unreachable!("the incarnation has ended"));
        node.expose(1_u8);
        assert_eq!(node.spawn(async {}).await, Err(cluster_sim::node::JoinError));
        assert_eq!((cluster.node(0).datagrams(), *observed.lock().unwrap()), (DatagramCounts::default(), 0));
        assert!(cluster.node(0).with_handle(|_: &mut u8| ()).is_err());
    });
}

#[test]
fn every_dropped_datagram_is_counted_by_reason() {
    runtime().block_on(async {
        let shown = Arc::new(Notify::new());
        let notify = Arc::clone(&shown);
        let cluster = TokioCluster::new().on_observation(move |_, _| notify.notify_one()).nodes("node", 1, async |node: Node| {
            let bytes = node.bind::<Vec<u8>>("bytes");
            bytes.send(node.id(), vec![0; 65_507]);
            let mut port = node.bind::<bool>("truth");
            loop {
                // In some rounds it arrives before the port is closed again.
                node.bind::<u8>("closed").send(node.id(), 1);
                // 7 is no bool.
                drop(port);
                node.bind::<u8>("truth").send(node.id(), 7);
                port = node.bind("truth");
                bytes.send(node.id(), vec![0; 60_000]);
                assert!(node.timeout(Duration::from_millis(20), port.recv()).await.is_err());
                assert!(bytes.try_recv().is_none_or(|received| received.message.len() == 60_000));
                node.publish(|turns: &mut u32| *turns += 1);
            }
        });
        let cluster = cluster.start().unwrap();
        let node = cluster.node(0);
        let stranger = UdpSocket::bind(loopback()).unwrap();
        holds(&cluster, &shown, || {
            stranger.send_to(b"no datagram of ours", node.address()).unwrap();
            let DatagramCounts { sent, delivered, oversized, foreign, port_closed, undecodable, .. } = node.datagrams();
            [sent, delivered, oversized, foreign, port_closed, undecodable].iter().all(|count| *count > 0)
        })
        .await;
        let counts = node.datagrams();
        assert_eq!((counts.oversized, counts.inbox_full), (1, 0), "{counts:?}");
    });
}

/// A node that waits forever at an address.
fn idle(sockets: TokioSockets, incarnation: u32) -> TokioNode {
    let setup = TokioSetup::new(AddressBook::from_iter([(NodeId(0), sockets.address())])).seed(Seed(7));
    let info = NodeInfo::new(NodeId(0), "idle/0", 0, []).in_life(Incarnation(incarnation));
    setup.start(info, sockets, async |_| pending().await).expect("the runtime is there")
}

#[test]
fn a_stopped_node_restarts_at_its_address() {
    runtime().block_on(async {
        let sockets = TokioSockets::bind(loopback()).unwrap();
        let address = sockets.address();
        let node = idle(sockets, 0);
        let taken = TokioSockets::bind(address).unwrap_err();
        assert!(taken.to_string().contains(&format!("{address} cannot be bound")), "{taken}");
        node.stop().await;
        let again = idle(TokioSockets::bind(address).unwrap(), 1);
        assert_eq!((again.address(), again.id(), again.name()), (address, NodeId(0), "idle/0"));
    });
}

#[test]
fn a_node_that_is_asked_to_stop_has_until_its_deadline() {
    let stopped = |within: Duration, answers: bool| {
        runtime().block_on(async move {
            let sockets = TokioSockets::bind(loopback()).unwrap();
            let setup = TokioSetup::new(AddressBook::from_iter([(NodeId(0), sockets.address())])).seed(Seed(7));
            let main = move |node: Node| async move {
                let deadline = node.stopping().await;
                assert!(node.is_stopping() && node.stopping().await == deadline);
                if !answers {
                    pending().await
                }
            };
            let node = setup.start(NodeInfo::new(NodeId(0), "asked/0", 0, []), sockets, main).expect("the runtime is there");
            node.stop_within(within).await
        })
    };
    assert!(stopped(Duration::from_secs(60), true), "it returns at once");
    assert!(!stopped(Duration::from_millis(20), false), "it is stopped at its deadline");
}

#[test]
fn a_node_that_cannot_start_returns_the_reason() {
    let start = |book: AddressBook| {
        let sockets = TokioSockets::bind(loopback()).unwrap();
        TokioSetup::new(book).start(NodeInfo::new(NodeId(3), "lost/0", 0, []), sockets, async |_| ())
    };
    let error = start(AddressBook::default()).unwrap_err();
    assert!(matches!(error, StartError::NoRuntime), "{error}");
    runtime().block_on(async {
        let error = start(AddressBook::default()).unwrap_err();
        assert_eq!(error.to_string(), "n3 is not in the address book; give it an address there");
    });
}
