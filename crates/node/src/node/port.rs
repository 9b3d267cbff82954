//! Typed datagram ports, with the promises of UDP.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use cluster_sim_transport::{Label, Message, Received};
#[cfg(feature = "test-utils")]
use cluster_sim_transport::{PortBinding, PortWait, WaitKey};
#[cfg(feature = "tokio")]
use cluster_sim_transport::{Ticket, TokioPort};
use cluster_sim_types::NodeId;

#[cfg(feature = "test-utils")]
use super::SimulatedContext;
#[cfg(feature = "tokio")]
use super::cold;
use super::{Node, Twin};

impl Node {
    /// Binds a datagram port, which receives from ports of the same name on other nodes.
    ///
    /// Up to 256 received messages wait in the port; further ones are lost, counted as `inbox_full`. A message that was sent as
    /// another type is decoded from its encoding (postcard) and lost as `undecodable` if that fails. Dropping the port unbinds
    /// it.
    ///
    /// # Panics
    /// If this node has bound a port of that name and not dropped it.
    #[track_caller]
    pub fn bind<M: Message>(&self, name: &str) -> Port<M> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(sim) => {
                let bound = sim.act(|network, kernel| network.datagrams(kernel).bind::<M>(self.id(), name));
                let bound = bound.map(|bound| bound.unwrap_or_else(|error| panic!("{}: {error}", self.name())));
                Port { node: self.clone(), label: |_| Label::Content, twin: PortTwin::Simulated(sim, bound) }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref context) => {
                let bound = context.network.bind(name).unwrap_or_else(|error| panic!("{}: {error}", self.name()));
                Port { node: self.clone(), label: |_| Label::Content, twin: PortTwin::Real(bound) }
            }
        }
    }
}

/// A typed datagram port of a node, created by [`Node::bind`].
///
/// Datagrams may be lost, delayed, duplicated or reordered. All methods take `&self`, so tasks can share a port in an `Arc`; each
/// message goes to one of the tasks that wait.
///
/// In a simulation, messages of one type travel as values. On tokio each datagram is one UDP packet of at most 65,507 bytes;
/// larger ones, and those that the operating system refuses, are lost and counted in `TokioNode::datagrams`.
pub struct Port<M: Message> {
    node: Node,
    label: fn(&M) -> Label,
    twin: PortTwin,
}

enum PortTwin {
    /// `None` if the life was over when the port was bound.
    #[cfg(feature = "test-utils")]
    Simulated(SimulatedContext, Option<PortBinding>),
    #[cfg(feature = "tokio")]
    Real(TokioPort),
}

impl<M: Message> Port<M> {
    /// Sets the function that identifies a message among those from one node to another.
    ///
    /// The label is part of the address under which a simulation decides loss, delay and order. The default is the digest of the
    /// content. Return a key of kind and correlation id if content changes with timing: then the message keeps its fate when an
    /// unrelated part of the run changes. The real twin ignores labels.
    #[must_use]
    pub fn labelled(mut self, label: fn(&M) -> Label) -> Self {
        self.label = label;
        self
    }

    /// Sends a datagram to the port of the same name on another node.
    ///
    /// Does not wait and does not report loss.
    ///
    /// # Panics
    /// If there is no such node.
    #[inline]
    pub fn send(&self, to: impl Into<NodeId>, message: M) {
        self.send_to(to.into(), message);
    }

    fn send_to(&self, to: NodeId, message: M) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(sim, Some(ref bound)) => {
                let (from, label, address) = (sim.life.node(), (self.label)(&message), (bound.port, bound.kind));
                sim.act(|network, kernel| network.datagrams(kernel).send_to(from, to, address, label, message));
            }
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(_, None) => {}
            #[cfg(feature = "tokio")]
            PortTwin::Real(ref port) => cold(|| port.send_all(&[to], &message)),
        }
    }

    /// Sends to all [peers](Node::peers): the other nodes of the group and shard.
    pub fn broadcast(&self, message: M) {
        self.send_all(self.node.peers(), message);
    }

    /// Sends to several nodes, in that order, as separate datagrams with a fate each.
    ///
    /// # Panics
    /// If one of the nodes does not exist.
    #[inline]
    pub fn send_all(&self, to: &[NodeId], message: M) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(sim, Some(ref bound)) => {
                let (from, label, address) = (sim.life.node(), (self.label)(&message), (bound.port, bound.kind));
                sim.act(|network, kernel| network.datagrams(kernel).send(from, to, address, label, message));
            }
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(_, None) => {}
            #[cfg(feature = "tokio")]
            PortTwin::Real(ref port) => cold(|| port.send_all(to, &message)),
        }
    }

    /// Waits for the next message; never resolves once the life is over.
    ///
    /// Cancel safe: a message that was not returned stays in the port.
    #[inline]
    pub fn recv(&self) -> Recv<'_, M> {
        Recv {
            port: self,
            #[cfg(feature = "test-utils")]
            wait: PortWait::default(),
            #[cfg(feature = "tokio")]
            ticket: Ticket::default(),
        }
    }

    /// Returns the next message if there is one now.
    #[inline]
    pub fn try_recv(&self) -> Option<Received<M>> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(sim, ref bound) => {
                let port = bound.as_ref()?.port;
                sim.act(|network, kernel| network.datagrams(kernel).take(sim.life.node(), port))?
            }
            #[cfg(feature = "tokio")]
            PortTwin::Real(ref port) => port.try_recv(),
        }
    }

    /// Passes every message that arrives within `time` to `on_message`, then returns.
    ///
    /// Cancel safe: messages that were not passed on stay in the port.
    pub async fn recv_for(&self, time: Duration, mut on_message: impl FnMut(Received<M>)) {
        let mut sleep = self.node.sleep(time);
        let mut receive = pin!(self.recv());
        poll_fn(|context| {
            while let Poll::Ready(received) = receive.as_mut().poll(context) {
                on_message(received);
            }
            Pin::new(&mut sleep).poll(context)
        })
        .await;
    }
}

#[cfg(feature = "test-utils")]
impl<M: Message> Port<M> {
    /// Not inlined, so that the poll that finds nothing is short.
    #[inline(never)]
    fn poll_network(&self, wait: &mut PortWait, context: &Context<'_>) -> Poll<Received<M>> {
        let PortTwin::Simulated(sim, Some(PortBinding { port, .. })) = self.twin else { return Poll::Pending };
        let node = sim.life.node();
        let received = sim.act(|network, kernel| network.datagrams(kernel).poll_recv(node, port, wait, context));
        received.flatten().map_or(Poll::Pending, Poll::Ready)
    }

    #[inline(never)]
    fn forget_wait(&self, key: WaitKey) {
        if let PortTwin::Simulated(sim, Some(PortBinding { port, .. })) = self.twin {
            sim.cleanup(|network, kernel| network.datagrams(kernel).forget(sim.life.node(), port, key));
        }
    }
}

impl<M: Message> fmt::Debug for Port<M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Port").field("node", &self.node.name()).finish_non_exhaustive()
    }
}

impl<M: Message> Drop for Port<M> {
    fn drop(&mut self) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(sim, Some(PortBinding { port, .. })) => {
                sim.cleanup(|network, kernel| network.datagrams(kernel).unbind(sim.life.node(), port));
            }
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(_, None) => {}
            // `TokioPort` unbinds itself when dropped.
            #[cfg(feature = "tokio")]
            PortTwin::Real(_) => {}
        }
    }
}

/// The future of [`Port::recv`].
#[must_use = "a message is received only while this is polled"]
pub struct Recv<'a, M: Message> {
    port: &'a Port<M>,
    #[cfg(feature = "test-utils")]
    wait: PortWait,
    #[cfg(feature = "tokio")]
    ticket: Ticket,
}

impl<M: Message> Future for Recv<'_, M> {
    type Output = Received<M>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Received<M>> {
        match self.port.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(ref sim, Some(ref bound)) => {
                // A poll that finds nothing does not reach the simulation.
                if let Some(task) = sim.life.polled_task(context)
                    && bound.readiness.wait(&mut self.wait, task)
                {
                    return Poll::Pending;
                }
                self.port.poll_network(&mut self.wait, context)
            }
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(_, None) => Poll::Pending,
            #[cfg(feature = "tokio")]
            PortTwin::Real(ref port) => {
                let ticket = &mut self.ticket;
                cold(|| port.poll_recv(ticket, context))
            }
        }
    }
}

impl<M: Message> Drop for Recv<'_, M> {
    #[inline]
    fn drop(&mut self) {
        #[cfg(feature = "test-utils")]
        if let PortTwin::Simulated(_, Some(bound)) = &self.port.twin {
            bound.readiness.cancel(&mut self.wait);
            if let Some(key) = self.wait.take_other() {
                self.port.forget_wait(key);
            }
        }
        match self.port.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(..) => {}
            #[cfg(feature = "tokio")]
            PortTwin::Real(ref port) => cold(|| port.forget(&self.ticket)),
        }
    }
}

impl<M: Message> fmt::Debug for Recv<'_, M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Recv").field("port", self.port).finish_non_exhaustive()
    }
}
