//! A protocol as an async function.

use std::future::{pending, poll_fn};
use std::pin::Pin;

use cluster_sim_node::{DiskResult, LocalInstant, Machine, Node, Received, select};

use super::config::Config;
use super::machine::Hosted;
use super::message::label_of;
use super::protocol::{Identified, Protocol, ProtocolEvent, ProtocolOutbox};

/// An operation of the disk in flight.
type InFlight = Pin<Box<dyn Future<Output = DiskResult> + Send>>;

/// Runs a protocol: `run::<Server>`, `run::<Client>`. It never returns. [`Hosted`] is the same as a machine.
///
/// Differs from the machine where two things are due at one instant: a machine takes one after the other in random order, a task
/// sees all of them when it is polled.
pub async fn run<P: Protocol>(node: Node, config: Config) {
    let port = node.bind(Hosted::<P>::PORT).labelled(label_of);
    let disk = node.disk();
    let operations = node.operations(0..P::operations(&config)).collect();
    let identity = Identified { id: node.id(), life: node.incarnation(), entropy: node.entropy(), operations };
    let mut protocol = P::boot(config, identity);
    let (mut outbox, mut view) = (ProtocolOutbox::default(), P::View::default());
    let mut in_flight: Option<InFlight> = None;
    let mut event = ProtocolEvent::Start;
    node.publish(|_: &mut P::View| {});
    loop {
        protocol.handle(node.now(), event, &mut outbox);
        outbox.sends.drain(..).for_each(|(to, message)| port.send(to, message));
        outbox.log_facts.drain(..).for_each(|fact| node.emit(fact));
        outbox.store_facts.drain(..).for_each(|fact| node.emit(fact));
        outbox.calls.drain(..).for_each(|fact| node.emit(fact));
        if let Some(operation) = protocol.next_operation() {
            let disk = disk.clone();
            in_flight = Some(Box::pin(async move { disk.run(operation).await }));
        }
        if *protocol.view() != view {
            view.clone_from(protocol.view());
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
        None => std::task::Poll::Pending,
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
