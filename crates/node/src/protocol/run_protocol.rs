//! A protocol as an async function.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use cluster_sim_storage::DiskResult;
use cluster_sim_transport::Received;
use cluster_sim_types::{LocalInstant, WallTime};

use super::{ClockReadings, Hosted, Protocol, ProtocolEvent, ProtocolIdentity, ProtocolOutbox};
use crate::machine::Machine;
use crate::node::Node;
use crate::select;

/// An operation of the disk in flight.
type InFlight = Pin<Box<dyn Future<Output = DiskResult> + Send>>;

/// Runs a [`Protocol`] on a node; it never returns. [`Hosted`] is the same as a machine.
///
/// Differs from the machine where two things are due at one instant: a machine takes one after the other in random order, a task
/// sees all of them when it is polled.
#[expect(unused_mut, reason = "lints look into `select!` in its own crate")]
pub async fn run_protocol<P: Protocol>(node: Node, config: P::Config) {
    let port = node.bind(Hosted::<P>::PORT).labelled(P::label);
    let disk = node.disk();
    let operations = node.operations(0..P::operations(&config)).collect();
    let identity = ProtocolIdentity { id: node.id(), life: node.incarnation(), entropy: node.entropy(), operations };
    let mut protocol = P::boot(config, identity);
    let (mut outbox, mut view) = (ProtocolOutbox::default(), P::View::default());
    let mut in_flight: Option<InFlight> = None;
    let mut event = ProtocolEvent::Start;
    node.publish(|_: &mut P::View| {});
    loop {
        let wall = if P::READS_WALL { node.wall() } else { WallTime::ZERO };
        protocol.handle(ClockReadings { now: node.now(), wall }, event, &mut outbox);
        outbox.sends.drain(..).for_each(|(to, message)| port.send(to, message));
        outbox.facts.drain(..).for_each(|fact| node.emit_boxed(fact));
        if let Some(operation) = protocol.next_operation() {
            let disk = disk.clone();
            in_flight = Some(Box::pin(async move { disk.run(operation).await }));
        }
        let before = std::mem::replace(&mut view, protocol.view());
        if view != before {
            node.publish(|published: &mut P::View| published.clone_from(&view));
        }
        let deadline = protocol.deadline();
        event = select! { biased;
            result = answer(&mut in_flight) => ProtocolEvent::Disk(result),
            Received { from, message } = port.recv() => ProtocolEvent::Message { from, message },
            () = wait_until(&node, deadline) => ProtocolEvent::Tick,
        };
    }
}

/// Waits for the operation in flight; for ever if there is none.
async fn answer(in_flight: &mut Option<InFlight>) -> DiskResult {
    let result = poll_fn(|context| match in_flight {
        Some(operation) => operation.as_mut().poll(context),
        None => Poll::Pending,
    })
    .await;
    *in_flight = None;
    result
}

async fn wait_until(node: &Node, deadline: Option<LocalInstant>) {
    match deadline {
        Some(deadline) => node.sleep_until(deadline).await,
        None => pending().await,
    }
}
