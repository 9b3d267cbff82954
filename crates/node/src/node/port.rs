//! Typed ports: sending and receiving datagrams.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::{Core, Waiter};
use cluster_sim_transport::{Label, Message, Received};
#[cfg(feature = "test-utils")]
use cluster_sim_transport::{Network, NetworkWait, PayloadKind, PortId, WaitKey};
#[cfg(feature = "tokio")]
use cluster_sim_transport::{Ticket, TokioPort};
use cluster_sim_types::NodeId;

#[cfg(feature = "test-utils")]
use super::Place;
use super::{Node, Twin};

impl Node {
    /// Binds a port: what other nodes send to it arrives here, as values of type `M`.
    ///
    /// A message that is not taken waits; the 257th is dropped. One of another type is decoded from the encoding it shares with `M`, or
    /// counted as lost. Dropping the port unbinds it.
    ///
    /// # Panics
    /// If this node bound a port of that name and did not drop it.
    #[track_caller]
    pub fn bind<M: Message>(&self, name: &str) -> Port<M> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(place) => {
                let bound = place.act(|network, _| network.bind::<M>(self.id(), name));
                let bound = bound.map(|bound| bound.unwrap_or_else(|error| panic!("{}: {error}", self.name())));
                Port { node: self.clone(), label: |_| Label::Content, twin: PortTwin::Simulated(place, bound) }
            }
            #[cfg(feature = "tokio")]
            Twin::Real(ref own) => {
                let bound = own.network.bind(name).unwrap_or_else(|error| panic!("{}: {error}", self.name()));
                Port { node: self.clone(), label: |_| Label::Content, twin: PortTwin::Real(bound) }
            }
        }
    }
}

/// A typed datagram port of a node; [`Node::bind`] makes one.
///
/// Datagrams may be lost, late, repeated or overtaken. All methods take the port by reference, so that it can be shared.
pub struct Port<M: Message> {
    node: Node,
    label: fn(&M) -> Label,
    twin: PortTwin,
}

enum PortTwin {
    /// Without a number in a life that was over when it was bound.
    #[cfg(feature = "test-utils")]
    Simulated(Place, Option<(PortId, PayloadKind)>),
    #[cfg(feature = "tokio")]
    Real(TokioPort),
}

impl<M: Message> Port<M> {
    /// Has `label` name messages among those from one node to another, for addressing chance; by default the digest of the content does.
    ///
    /// Declare a key (kind and correlation id) where content changes with timing: then the fate of a message stays the same in a run that
    /// differs elsewhere.
    #[must_use]
    pub fn labelled(mut self, label: fn(&M) -> Label) -> Self {
        self.label = label;
        self
    }

    /// Sends to the port of the same name of another node.
    ///
    /// # Panics
    /// If there is no such node.
    #[inline]
    pub fn send(&self, to: impl Into<NodeId>, message: M) {
        self.send_all(&[to.into()], message);
    }

    /// Sends to the peers of the node: the others of its group and shard.
    pub fn broadcast(&self, message: M) {
        self.send_all(self.node.peers(), message);
    }

    /// Sends to several nodes, in that order; each has its own fate.
    ///
    /// # Panics
    /// If there is no such node.
    #[inline]
    pub fn send_all(&self, to: &[NodeId], message: M) {
        match self.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(place, Some(address)) => {
                let (from, label) = (place.life.node(), (self.label)(&message));
                place.life.act(|core| {
                    core.devices.get_mut::<Network>(place.network).send(&mut core.kernel, from, to, address, label, message);
                });
            }
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(_, None) => {}
            #[cfg(feature = "tokio")]
            PortTwin::Real(ref port) => port.send_all(to, &message),
        }
    }

    /// Waits for the next message. Cancel safe: a message that was not returned is not lost.
    #[inline]
    pub fn recv(&self) -> Recv<'_, M> {
        Recv {
            port: self,
            #[cfg(feature = "test-utils")]
            waits: None,
            #[cfg(feature = "tokio")]
            ticket: Ticket::default(),
        }
    }

    /// The next message, if one is there.
    #[inline]
    pub fn try_recv(&self) -> Option<Received<M>> {
        match self.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(place, address) => {
                let (port, _) = address?;
                place
                    .life
                    .act(|core| core.devices.get_mut::<Network>(place.network).take(&mut core.kernel, place.life.node(), port))?
            }
            #[cfg(feature = "tokio")]
            PortTwin::Real(ref port) => port.try_recv(),
        }
    }

    /// Takes what comes in during so much time.
    pub async fn recv_for(&self, time: Duration, mut heard: impl FnMut(Received<M>)) {
        let mut sleep = self.node.sleep(time);
        let mut receive = pin!(self.recv());
        poll_fn(|context| {
            while let Poll::Ready(received) = receive.as_mut().poll(context) {
                heard(received);
            }
            Pin::new(&mut sleep).poll(context)
        })
        .await;
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
            PortTwin::Simulated(place, Some((port, _))) => {
                place.tidy(|network, kernel| network.unbind(kernel, place.life.node(), port));
            }
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(_, None) => {}
            // It unbinds itself.
            #[cfg(feature = "tokio")]
            PortTwin::Real(_) => {}
        }
    }
}

/// Waits for a message; [`Port::recv`] makes one.
#[must_use = "a message is received only while this is polled"]
pub struct Recv<'a, M: Message> {
    port: &'a Port<M>,
    /// What the port was told to wake it under.
    #[cfg(feature = "test-utils")]
    waits: Option<WaitKey>,
    #[cfg(feature = "tokio")]
    ticket: Ticket,
}

impl<M: Message> Future for Recv<'_, M> {
    type Output = Received<M>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Received<M>> {
        match self.port.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(place, Some((port, _))) => {
                let node = place.life.node();
                let waits = &mut self.waits;
                let received = place.life.act(|core| {
                    let Core { kernel, devices } = core;
                    let network = devices.get_mut::<Network>(place.network);
                    let received = network.take(kernel, node, port);
                    let known = waits.take();
                    if received.is_none() {
                        kernel.waits_for(network.waits_for(NetworkWait::Datagram(port)));
                        *waits = network.wait(node, port, known, Waiter::of(context, kernel));
                    }
                    received
                });
                received.flatten().map_or(Poll::Pending, Poll::Ready)
            }
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(_, None) => Poll::Pending,
            #[cfg(feature = "tokio")]
            PortTwin::Real(ref port) => port.poll_recv(&mut self.ticket, context),
        }
    }
}

impl<M: Message> Drop for Recv<'_, M> {
    #[inline]
    fn drop(&mut self) {
        match self.port.twin {
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(place, Some((port, _))) => {
                let Some(key) = self.waits else { return };
                place.tidy(|network, _| network.forget(place.life.node(), port, key));
            }
            #[cfg(feature = "test-utils")]
            PortTwin::Simulated(_, None) => {}
            #[cfg(feature = "tokio")]
            PortTwin::Real(ref port) => port.forget(&self.ticket),
        }
    }
}

impl<M: Message> fmt::Debug for Recv<'_, M> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Recv").field("port", self.port).finish_non_exhaustive()
    }
}
