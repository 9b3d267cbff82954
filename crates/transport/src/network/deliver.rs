//! Arriving: what may still prevent it, and handing the message over.

use cluster_sim_runtime::{Device, Kernel, Order, RecordKind, Waiter};
use cluster_sim_types::{Health, NodeId};

use super::fate::Cause;
use super::model::StaleDelivery;
use super::payload::PayloadKind;
use super::port_names::PortId;
use super::ports::Arrived;
use super::session::Sessions;
use super::waiters::WaitKey;
use super::{Flight, Network};
use crate::message::{Message, Received, decode};

/// How many messages wait for a paused node; the newest is dropped beyond.
pub const INBOX_CAPACITY: usize = 256;

impl Device for Network {
    #[inline]
    fn fire(&mut self, kernel: &mut Kernel, slot: u32) -> Option<(NodeId, u32)> {
        if Sessions::owns(slot) {
            return self.fire_segment(kernel, slot);
        }
        let Flight { to, incarnation, port, .. } = *self.flights.get(slot);
        // The common case first: nothing can prevent the arrival, and what runs on the node takes it.
        if self.cuts.is_whole() && kernel.is_up(to, incarnation) && self.sockets.is_taken_by_host(to, port) {
            return Some((to, slot));
        }
        self.arrive(kernel, slot)
    }

    fn node_ended(&mut self, kernel: &mut Kernel, node: NodeId) {
        for slot in std::mem::take(self.inbox(node)) {
            self.lose_arrived(kernel, slot, Cause::InboxLost);
        }
        for slot in self.sockets.unbind_all(node) {
            self.lose_arrived(kernel, slot, Cause::InboxLost);
        }
        self.end_sessions(kernel, node);
    }

    fn node_resumed(&mut self, kernel: &mut Kernel, node: NodeId) {
        // All in one order: they are due now in the sequence in which they came, before anything else that arrives at this instant.
        for slot in std::mem::take(self.inbox(node)) {
            kernel.schedule(kernel.now(), Order::FIRST, self.device(), slot);
        }
        self.wake_node(kernel, node);
    }

    fn describe(&self, kernel: &Kernel, what: u64) -> String {
        self.describe_wait(kernel, what)
    }
}

impl Network {
    /// Lets a message arrive at its node; answers if what runs on the node takes it.
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

    /// What prevents a message from being taken in now, if anything does.
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

    /// Gives a message that reached its node to who takes it there; answers if that is the node's host.
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

    /// Loses a message that reached its node, and takes it off the air.
    pub(super) fn lose_arrived(&mut self, kernel: &mut Kernel, slot: u32, cause: Cause) {
        self.lose_flight(kernel, slot, cause as u32);
    }

    /// Takes the next message from a port that a task bound. Those that are not understood are counted as lost on the way.
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

    /// Lets `waiter` be woken by the next message to this port, in place of whom `known` stands for; answers with the key to give that up by.
    #[inline]
    pub fn wait(&mut self, node: NodeId, port: PortId, known: Option<WaitKey>, waiter: Waiter) -> Option<WaitKey> {
        Some(self.sockets.socket(node, port)?.waiters.wait(known, waiter))
    }

    /// Lets nobody be woken any more under that key by messages to this port.
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

    /// Hands over what a host was woken for, as a value of its own type; nothing if it does not understand the message, which is then
    /// counted as lost.
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

    /// The same for a message of another type, by the encoding that both share.
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
