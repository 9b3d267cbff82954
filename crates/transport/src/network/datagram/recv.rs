//! Receives datagrams: at the ports that tasks bind, and at hosts.
//!
//! A receiver of another message type gets the message by way of its encoding. A message that does not decode to the last byte is
//! lost as `undecodable`.

use std::sync::Arc;
use std::task::Context;

use cluster_sim_runtime::{RecordKind, Waiter, Waiting};
use cluster_sim_types::NodeId;

use super::{DatagramService, HANDED, Handed, PortWait, Readiness};
use crate::error::PortInUse;
use crate::message::{Message, Received};
use crate::network::fabric::Cause;
use crate::network::payload::{PayloadKind, Store};
use crate::network::ports::PortId;
use crate::network::wait_reason::NetworkWait;
use crate::network::waiters::WaitKey;

/// A port that a task bound, for its handle.
#[derive(Debug)]
pub struct PortBinding {
    /// The number of the port's name.
    pub port: PortId,
    /// The kind of its messages.
    pub kind: PayloadKind,
    /// Polled before the network.
    pub readiness: Arc<Readiness>,
}

impl DatagramService<'_> {
    /// Binds a port of a node until it is unbound or the node's life ends.
    ///
    /// # Errors
    /// The node has bound the port already. Nothing changed.
    pub fn bind<M: Message>(&mut self, node: NodeId, name: &str) -> Result<PortBinding, PortInUse> {
        let (port, kind) = (self.ports.port(name), self.payloads.kind::<M>());
        match self.datagrams.bound.bind(node, port, kind) {
            Some(readiness) => Ok(PortBinding { port, kind, readiness }),
            None => Err(self.ports.in_use(port)),
        }
    }

    /// Unbinds a port of a node. Unread messages are lost as `port_closed`.
    pub fn unbind(&mut self, node: NodeId, port: PortId) {
        for slot in self.datagrams.bound.unbind(node, port) {
            self.lose_flight(slot, Cause::PortClosed as u32);
        }
    }

    /// Returns the next message at a port that a task bound. Undecodable messages are lost and skipped.
    #[inline(never)]
    pub fn take<M: Message>(&mut self, node: NodeId, port: PortId) -> Option<Received<M>> {
        loop {
            let bound = self.datagrams.bound.at(node, port)?;
            let (kind, slot) = (bound.kind, bound.pop()?);
            if let Some(received) = self.recv_flight(slot, kind) {
                return Some(received);
            }
        }
    }

    /// Returns the next message at a port that a task bound, or lets the polling task wait for it. Undecodable messages are lost
    /// and skipped.
    ///
    /// Call it if [`Readiness::wait`] refused; `wait` is the wait that the last poll registered, and becomes the new one.
    #[inline(always)]
    pub fn poll_recv<M: Message>(
        &mut self,
        node: NodeId,
        port: PortId,
        wait: &mut PortWait,
        context: &Context<'_>,
    ) -> Option<Received<M>> {
        while let Some(bound) = self.datagrams.bound.at(node, port) {
            let kind = bound.kind;
            let Some(slot) = bound.pop() else { break };
            // The arrival woke all that waited and removed them.
            *wait = PortWait::default();
            if let Some(received) = self.recv_flight(slot, kind) {
                return Some(received);
            }
        }
        self.again().wait_among_others(node, port, wait, context);
        None
    }

    /// Registers a wait that [`Readiness::wait`] refused.
    #[inline(never)]
    fn wait_among_others(&mut self, node: NodeId, port: PortId, wait: &mut PortWait, context: &Context<'_>) {
        let waiter = Waiter::of(context, self.kernel);
        if let Some(bound) = self.datagrams.bound.at(node, port) {
            if let Waiter::Task(task) = waiter
                && bound.readiness.holds(wait, task)
            {
                return;
            }
            bound.readiness.cancel(wait);
            wait.other = Some(bound.wait(wait.other, waiter));
        }
        self.kernel.waits_for(Waiting::Device(self.fabric.device(), NetworkWait::Datagram(port).pack()));
    }

    /// Cancels a wait at a port, registered by [`poll_recv`](Self::poll_recv).
    #[inline]
    pub fn forget(&mut self, node: NodeId, port: PortId, key: WaitKey) {
        if let Some(bound) = self.datagrams.bound.at(node, port) {
            bound.forget(key);
        }
    }

    /// Returns the message for which a host was woken.
    ///
    /// `number` is that of the wake, `store` that of the messages of the host.
    ///
    /// A message that cannot be decoded as `M` is lost as `undecodable`, and the result is `None`.
    #[inline(always)]
    pub fn recv<M: Message>(&mut self, number: u32, store: &Store<M>) -> Option<Received<M>> {
        if number == HANDED {
            let Handed { from, slot } = self.datagrams.handed;
            return Some(Received { from, message: store.take(slot) });
        }
        self.recv_flight(number, store.kind())
    }

    /// Delivers a flight to a receiver whose messages are of this kind, which must be that of `M`.
    #[inline(always)]
    fn recv_flight<M: Message>(&mut self, slot: u32, kind: PayloadKind) -> Option<Received<M>> {
        self.fabric.land();
        let flight = self.datagrams.flights.get(slot);
        let (from, to) = (flight.from, flight.to);
        let Some(message) = self.payloads.take(flight.message(), kind) else {
            let flight = self.datagrams.flights.remove(slot);
            self.lose(&flight, Cause::Undecodable as u32);
            return None;
        };
        self.fabric.counts.delivered += 1;
        self.kernel.record(flight.record(self.kernel.now(), RecordKind::Deliver, to, from));
        self.datagrams.flights.free(slot);
        Some(Received { from, message })
    }
}
