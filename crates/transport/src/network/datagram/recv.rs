//! Receives datagrams: at the ports that tasks bind, and at hosts.
//!
//! A receiver of another message type gets the message by way of its encoding. A message that does not decode to the last byte is
//! lost as `undecodable`.

use std::task::{Context, Poll};

use cluster_sim_runtime::{RecordKind, Waiter, Waiting};
use cluster_sim_types::NodeId;

use super::{DatagramService, HANDED, Handed};
use crate::error::PortInUse;
use crate::message::{Message, Received};
use crate::network::fabric::Cause;
use crate::network::payload::{PayloadKind, Store};
use crate::network::ports::PortId;
use crate::network::wait_reason::NetworkWait;
use crate::network::waiters::WaitKey;

impl DatagramService<'_> {
    /// Binds a port of a node until it is unbound or the node's life ends.
    ///
    /// # Errors
    /// The node has bound the port already. Nothing changed.
    pub fn bind<M: Message>(&mut self, node: NodeId, name: &str) -> Result<(PortId, PayloadKind), PortInUse> {
        let (port, kind) = (self.ports.port(name), self.payloads.kind::<M>());
        if self.datagrams.bound.bind(node, port, kind) { Ok((port, kind)) } else { Err(self.ports.in_use(port)) }
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

    /// Returns the next message at a port that a task bound, or lets the polling task wait for it.
    ///
    /// `wait` is the key of the wait that the last poll registered, and becomes that of the new one.
    #[inline(always)]
    pub fn poll_recv<M: Message>(
        &mut self,
        node: NodeId,
        port: PortId,
        wait: &mut Option<WaitKey>,
        context: &Context<'_>,
    ) -> Poll<Received<M>> {
        if let Some(bound) = self.datagrams.bound.at(node, port) {
            let kind = bound.kind;
            let Some(slot) = bound.pop() else {
                let key = match Waiter::task_of(context, self.kernel) {
                    Some(task) => bound.waiters.wait_task(*wait, task),
                    None => bound.waiters.wait(*wait, Waiter::of(context, self.kernel)),
                };
                *wait = Some(key);
                self.kernel.waits_for(Waiting::Device(self.fabric.device(), NetworkWait::Datagram(port).pack()));
                return Poll::Pending;
            };
            // The arrival woke all that waited and removed them.
            *wait = None;
            if let Some(received) = self.recv_flight(slot, kind) {
                return Poll::Ready(received);
            }
        }
        self.poll_recv_again(node, port, wait, context)
    }

    /// Polls on after a message that could not be decoded, or at a port that is not bound.
    #[cold]
    fn poll_recv_again<M: Message>(
        &mut self,
        node: NodeId,
        port: PortId,
        wait: &mut Option<WaitKey>,
        context: &Context<'_>,
    ) -> Poll<Received<M>> {
        let received = self.take(node, port);
        *wait = None;
        if received.is_none() {
            self.kernel.waits_for(Waiting::Device(self.fabric.device(), NetworkWait::Datagram(port).pack()));
            let waiter = Waiter::of(context, self.kernel);
            *wait = self.datagrams.bound.at(node, port).map(|bound| bound.waiters.wait(None, waiter));
        }
        received.map_or(Poll::Pending, Poll::Ready)
    }

    /// Cancels a wait at a port.
    #[inline]
    pub fn forget(&mut self, node: NodeId, port: PortId, key: WaitKey) {
        if let Some(bound) = self.datagrams.bound.at(node, port) {
            bound.waiters.forget(key);
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
        let flight = self.datagrams.flights.remove(slot);
        self.fabric.land();
        let Some(message) = self.payloads.take(flight.message, kind) else {
            self.lose(&flight, Cause::Undecodable as u32);
            return None;
        };
        self.fabric.counts.delivered += 1;
        self.kernel.record(flight.record(self.kernel.now(), RecordKind::Deliver, flight.to, flight.from));
        Some(Received { from: flight.from, message })
    }
}
