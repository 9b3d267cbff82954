//! Short ways of the executor, against the long ones: the digests are equal.
//!
//! A poll of a port that finds nothing registers its task without the network, and a poll of a sleep whose timer is right leaves
//! it. A foreign waker takes the long way to a port, a deadline that is set again the one to a timer.

use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use cluster_sim::LinkModel;
use cluster_sim::node::{Port, Sleep};
use cluster_sim::prelude::*;
use cluster_sim::report::{Digest, RecordKind};
use cluster_sim_testkit::units::milliseconds;
use futures::future::{Either, select};

use crate::{count, nodes};

/// The way that polls take.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Short,
    Long,
}

/// A waker that no executor knows.
struct Foreign(Waker);

impl Wake for Foreign {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
    }
}

/// Receives one message.
async fn recv(port: &Port<u64>, way: Way) -> u64 {
    let mut recv = pin!(port.recv());
    poll_fn(|context| match way {
        Way::Short => recv.as_mut().poll(context),
        Way::Long => {
            let waker = Waker::from(Arc::new(Foreign(context.waker().clone())));
            recv.as_mut().poll(&mut Context::from_waker(&waker))
        }
    })
    .await
    .message
}

/// Runs `main` on four nodes over slow and lossy links, with a crash and a pause. Returns the digest and the number of polls.
fn run<F: Future<Output = ()> + 'static>(seed: u64, way: Way, main: fn(Node, Way) -> F) -> (Digest, usize) {
    let model = LinkModel { loss: Ratio::percent(10), ..LinkModel::constant(milliseconds(1)) };
    let mut sim = nodes(4, move |node| main(node, way)).default_links(model).start(Seed(seed));
    sim.keep_records();
    sim.run_for(milliseconds(40));
    assert!(sim.crash(1) && sim.restart(1) && sim.pause(2));
    sim.run_for(milliseconds(20));
    assert!(sim.resume(2));
    sim.run_for(milliseconds(40));
    let polls = count(&sim, RecordKind::Poll);
    let report = sim.finish();
    report.assert_ok();
    (report.digest, polls)
}

/// Three tasks share a port, and each receives in its own manner; the main task sends.
async fn receives(node: Node, way: Way) {
    let port = Arc::new(node.bind::<u64>("port"));
    for (name, wait) in [("first", 1), ("second", 3), ("third", 200)] {
        let (own, port) = (node.clone(), Arc::clone(&port));
        drop(node.spawn_named(name, async move {
            loop {
                // Cancelled waits must wake no task, and must not be lost.
                match own.timeout(milliseconds(wait), recv(&port, way)).await {
                    Ok(number) if number % 3 == 0 => own.sleep(milliseconds(number % 5)).await,
                    Ok(_) | Err(_) => {}
                }
            }
        }));
    }
    loop {
        node.sleep(milliseconds(node.random().below(3))).await;
        port.broadcast(node.random().below(100));
        // It competes with the tasks for the message, twice at a time.
        let (one, other) = (pin!(recv(&port, way)), pin!(recv(&port, way)));
        drop(node.timeout(Duration::from_micros(500), select(one, other)).await);
    }
}

#[test]
fn a_wait_at_the_readiness_equals_a_wait_at_the_network() {
    for seed in 0..24 {
        let (short, polls) = run(seed, Way::Short, receives);
        assert_eq!((short, polls), run(seed, Way::Long, receives), "seed {seed}");
        assert!(polls > 500, "{polls}");
    }
}

/// Waits for a sleep, whose deadline is set again at every poll on the long way.
async fn wait(sleep: &mut Sleep, way: Way) {
    poll_fn(|context| {
        if way == Way::Long {
            let deadline = sleep.deadline();
            sleep.reset(deadline);
        }
        Pin::new(&mut *sleep).poll(context)
    })
    .await;
}

/// Whether a message comes before the end of the sleep.
async fn is_received(port: &Port<u64>, sleep: &mut Sleep, way: Way) -> bool {
    matches!(select(pin!(port.recv()), pin!(wait(sleep, way))).await, Either::Left(_))
}

/// Receives while it sleeps, so that the sleep is polled often; the deadline moves now and then.
async fn sleeps(node: Node, way: Way) {
    let port = node.bind::<u64>("port");
    for number in 0.. {
        port.broadcast(number);
        let mut sleep = node.sleep(milliseconds(1 + node.random().below(4)));
        while is_received(&port, &mut sleep, way).await {
            if node.random().below(3) == 0 {
                sleep.reset(node.now() + milliseconds(node.random().below(6)));
            }
        }
    }
}

#[test]
fn a_sleep_left_alone_equals_a_sleep_armed_at_every_poll() {
    for seed in 0..24 {
        let (short, polls) = run(seed, Way::Short, sleeps);
        assert_eq!((short, polls), run(seed, Way::Long, sleeps), "seed {seed}");
        assert!(polls > 300, "{polls}");
    }
}

#[test]
fn a_port_of_a_finished_simulation_panics_in_the_next_one() {
    let kept = Arc::new(Mutex::new(None));
    let keeps = Arc::clone(&kept);
    let mut sim = nodes(1, move |node| {
        *keeps.lock().expect("no test panicked") = Some(node.bind::<u64>("port"));
        pending()
    })
    .start(Seed(1));
    sim.run_for(milliseconds(1));
    sim.finish().assert_ok();
    let used = Arc::clone(&kept);
    // It holds the inbox of the first, so only the life tells them apart.
    let mut next = nodes(1, move |_| {
        let port = used.lock().expect("no test panicked").take();
        async move { while port.as_ref().expect("the first simulation kept it").recv().await.message > 0 {} }
    })
    .start(Seed(1));
    next.run_for(milliseconds(1));
    let report = next.finish();
    let panic = report.panic.as_ref().expect("the port is of no node of this simulation");
    assert!(panic.message.contains("is used outside the steps of its simulation"), "{report}");
}

#[test]
fn a_stall_lists_a_receive_that_the_last_poll_left_out() {
    let report = Scenario::new("stalls")
        .clients("client", 1, |node| async move {
            let port = node.bind::<u64>("letters");
            let mut recv = pin!(port.recv());
            let mut is_first = true;
            let mut sleep = node.sleep(milliseconds(1));
            poll_fn(|context| {
                if std::mem::take(&mut is_first) {
                    assert!(recv.as_mut().poll(context).is_pending());
                }
                let _ended = Pin::new(&mut sleep).poll(context);
                Poll::<()>::Pending
            })
            .await;
        })
        .run(Seed(1));
    let message = &report.violations[0].message;
    assert!(message.contains("waits for a message on port \"letters\""), "{message}");
}
