//! Delivers datagrams that arrive at their node.
//!
//! On arrival a datagram is lost if a cut covers its link, if the node is down or killed, if the node is paused and its inbox is
//! full, or if it was sent to an earlier life and the class says [`StaleDelivery::Drop`]. Otherwise it goes to the host of the
//! node or waits at the port that a task bound; a closed or full port loses it. The messages of a paused node are delivered in
//! the order of their arrival when it resumes, before every other message and timer of that instant.
//!
//! A receiver of another message type gets the message by way of its encoding. A message that does not decode to the last byte is
//! lost as `undecodable`.

use cluster_sim_runtime::{Device, DeviceId, Kernel, LifeEnd, Order, RecordKind, Waiter};
use cluster_sim_types::{Health, Incarnation, NodeId};

use super::fate::Cause;
use super::model::StaleDelivery;
use super::payload::PayloadKind;
use super::port_names::PortId;
use super::ports::Arrived;
use super::session::Sessions;
use super::waiters::WaitKey;
use super::{Flight, Network};
use crate::message::{Message, Received, decode};

/// How many messages wait for a paused node or at a port; further ones are dropped.
pub const INBOX_CAPACITY: usize = 256;

impl Device for Network {
    fn registered(&mut self, id: DeviceId) {
        self.device = Some(id);
    }

    #[inline]
    fn fire(&mut self, kernel: &mut Kernel, slot: u32) -> Option<(NodeId, u32)> {
        if Sessions::owns(slot) {
            return self.fire_segment(kernel, slot);
        }
        let Flight { to, incarnation, port, .. } = *self.flights.get(slot);
        // The common case first: nothing can prevent the delivery to the node's host.
        if self.cuts.is_whole() && kernel.is_up(to, incarnation) && self.sockets.is_taken_by_host(to, port) {
            return Some((to, slot));
        }
        self.arrive(kernel, slot)
    }

    fn life_ended(&mut self, kernel: &mut Kernel, node: NodeId, _: Incarnation, _: LifeEnd) {
        for slot in std::mem::take(self.inbox(node)) {
            self.lose_arrived(kernel, slot, Cause::InboxLost);
        }
        for slot in self.sockets.unbind_all(node) {
            self.lose_arrived(kernel, slot, Cause::InboxLost);
        }
        self.end_sessions(kernel, node);
    }

    fn node_resumed(&mut self, kernel: &mut Kernel, node: NodeId) {
        // All get the first order of this instant, and keep the order of their arrival by their sequence numbers.
        for slot in std::mem::take(self.inbox(node)) {
            kernel.schedule(kernel.now(), Order::FIRST, self.device(), slot);
        }
        self.wake_node(kernel, node);
    }

    fn fault_phase_ended(&mut self, kernel: &mut Kernel) {
        self.restore_links(kernel);
    }

    fn describe(&self, kernel: &Kernel, what: u64) -> String {
        self.describe_wait(kernel, what)
    }
}

impl Network {
    /// Processes an arrival. Returns the node if its host receives the message.
    fn arrive(&mut self, kernel: &mut Kernel, slot: u32) -> Option<(NodeId, u32)> {
        let flight = *self.flights.get(slot);
        match self.obstacle(kernel, &flight) {
            Some(cause) => {
                self.lose_flight(kernel, slot, cause);
                None
            }
            None if kernel.health(flight.to) == Health::Paused => {
                self.flights.mark_arrived(slot);
                self.inbox(flight.to).push_back(slot);
                None
            }
            None => self.hand_over(kernel, flight, slot),
        }
    }

    /// Returns the cause that prevents a message from reaching its node now, if any.
    fn obstacle(&mut self, kernel: &Kernel, flight: &Flight) -> Option<u32> {
        if !flight.arrived
            && let Some(cut) = self.cuts.between(flight.from, flight.to)
        {
            return Some(self.cuts.count_drop(cut));
        }
        let cause = match kernel.health(flight.to) {
            Health::Down => Cause::NodeDown,
            Health::Killed => Cause::NodeKilled,
            Health::Paused if self.inbox(flight.to).len() >= INBOX_CAPACITY => Cause::InboxFull,
            Health::Up | Health::Paused => {
                let stale = kernel.incarnation(flight.to) != flight.incarnation;
                if !stale || self.classes.get(flight.class).link.model.stale == StaleDelivery::Deliver {
                    return None;
                }
                Cause::StaleIncarnation
            }
        };
        Some(cause as u32)
    }

    /// Passes a message that reached its node to its receiver. Returns the node if that is its host.
    #[inline]
    fn hand_over(&mut self, kernel: &mut Kernel, flight: Flight, slot: u32) -> Option<(NodeId, u32)> {
        match self.sockets.arrive(kernel, flight.to, flight.port, slot) {
            Arrived::AtHost => return Some((flight.to, slot)),
            Arrived::InSocket => {}
            Arrived::Closed => self.lose_arrived(kernel, slot, Cause::PortClosed),
            Arrived::Full => self.lose_arrived(kernel, slot, Cause::InboxFull),
        }
        None
    }

    /// Loses a message that reached its node.
    pub(super) fn lose_arrived(&mut self, kernel: &mut Kernel, slot: u32, cause: Cause) {
        self.lose_flight(kernel, slot, cause as u32);
    }

    /// Returns the next message at a port that a task bound. Undecodable messages are lost and skipped.
    #[inline]
    pub fn take<M: Message>(&mut self, kernel: &mut Kernel, node: NodeId, port: PortId) -> Option<Received<M>> {
        loop {
            let socket = self.sockets.socket(node, port)?;
            let (kind, slot) = (socket.kind, socket.pop()?);
            if let Some(received) = self.recv(kernel, slot, kind) {
                return Some(received);
            }
        }
    }

    /// Registers `waiter` to be woken by the next message at a port, replacing the wait `known`.
    ///
    /// Returns the key that cancels the wait, or `None` if the port is not bound.
    #[inline]
    pub fn wait(&mut self, node: NodeId, port: PortId, known: Option<WaitKey>, waiter: Waiter) -> Option<WaitKey> {
        Some(self.sockets.socket(node, port)?.waiters.wait(known, waiter))
    }

    /// Cancels a wait at a port.
    #[inline]
    pub fn forget(&mut self, node: NodeId, port: PortId, key: WaitKey) {
        if let Some(socket) = self.sockets.socket(node, port) {
            socket.waiters.forget(key);
        }
    }

    fn inbox(&mut self, node: NodeId) -> &mut std::collections::VecDeque<u32> {
        if self.inboxes.len() <= node.index() {
            self.inboxes.resize_with(node.index() + 1, Default::default);
        }
        &mut self.inboxes[node.index()]
    }

    /// Returns the message for which a host was woken, as a value of type `M`.
    ///
    /// A message that cannot be decoded as `M` is lost as `undecodable`, and the result is `None`.
    #[inline(always)]
    pub fn recv<M: Message>(&mut self, kernel: &mut Kernel, slot: u32, kind: PayloadKind) -> Option<Received<M>> {
        let flight = self.flights.remove(slot);
        if flight.kind == kind {
            self.delivered(kernel, &flight);
            let message = self.slab::<M>(kind).take(flight.message);
            return Some(Received { from: flight.from, message });
        }
        self.receive_encoded(kernel, &flight)
    }

    /// Receives a message of another type through its encoding.
    #[cold]
    fn receive_encoded<M: Message>(&mut self, kernel: &mut Kernel, flight: &Flight) -> Option<Received<M>> {
        let slab = &mut self.slabs[usize::from(flight.kind.0)];
        let message = slab.encode(flight.message).and_then(|bytes| decode(&bytes));
        slab.release(flight.message);
        match message {
            Some(_) => self.delivered(kernel, flight),
            None => self.lose(kernel, flight, Cause::Undecodable as u32),
        }
        message.map(|message| Received { from: flight.from, message })
    }

    #[inline]
    fn delivered(&mut self, kernel: &mut Kernel, flight: &Flight) {
        self.counts.delivered += 1;
        kernel.record(flight.record(kernel.now(), RecordKind::Deliver, flight.to, flight.from));
    }
}
