//! Sends datagrams.

use cluster_sim_runtime::{RecordKind, fold};
use cluster_sim_types::{Incarnation, NodeId};

use super::{DatagramService, Flight};
use crate::message::{Label, Message};
use crate::network::fabric::{Arrival, Name, OnLink, Routed, Subject};
use crate::network::payload::{MessageRef, PayloadKind, Store, content_of};
use crate::network::ports::PortId;
use crate::network::service::Service;

impl DatagramService<'_> {
    /// Sends one message to a port of each node of `to`, in that order; `kind` must be that of `M`.
    ///
    /// # Panics
    /// A node does not exist. That is a bug of the sender, so the run ends with a finding about the sender.
    pub fn send<M: Message>(&mut self, from: NodeId, to: &[NodeId], (port, kind): (PortId, PayloadKind), label: Label, message: M) {
        let Ok(copies @ 1..) = u32::try_from(to.len()) else { return };
        let (content, length) = self.describe(kind, &message);
        let message = self.payloads.insert(kind, message, copies);
        let mut flight = flight(from, port, label_key(label, content), (content, length), message);
        let carried: u32 = to.iter().map(|receiver| self.transmit(*receiver, &mut flight)).sum();
        if carried != copies {
            self.payloads.set_references(message, carried);
        }
    }

    /// Sends one message to a port of one node; `store` is that of the sender's messages.
    ///
    /// # Panics
    /// As [`send`](Self::send).
    #[inline(always)]
    pub fn send_one<M: Message>(&mut self, from: NodeId, to: NodeId, port: PortId, store: &Store<M>, label: Label, message: M) {
        let (content, length) = self.describe(store.kind(), &message);
        let message = store.insert(message, 1);
        self.send_stored(to, flight(from, port, label_key(label, content), (content, length), message));
    }

    /// Sends one message to a port of one node; `kind` must be that of `M`.
    ///
    /// # Panics
    /// As [`send`](Self::send).
    #[inline(always)]
    pub fn send_to<M: Message>(&mut self, from: NodeId, to: NodeId, (port, kind): (PortId, PayloadKind), label: Label, message: M) {
        let (content, length) = self.describe(kind, &message);
        let message = self.payloads.insert(kind, message, 1);
        self.send_stored(to, flight(from, port, label_key(label, content), (content, length), message));
    }

    /// Sends a stored message to one receiver, and drops it if no copy of it travels.
    #[inline(always)]
    fn send_stored(&mut self, to: NodeId, mut flight: Flight) {
        let carried = self.transmit(to, &mut flight);
        if carried != 1 {
            self.payloads.set_references(flight.message, carried);
        }
    }

    /// Returns the digest and the length of a message, and captures its text if texts are captured.
    #[inline(always)]
    fn describe<M: Message>(&mut self, kind: PayloadKind, message: &M) -> (u64, u32) {
        let (content, length) = content_of(message);
        self.payloads.capture(kind, content, message);
        (content, length)
    }

    /// Puts a message on the link to one receiver. Returns how many copies are in flight.
    #[inline(always)]
    fn transmit(&mut self, to: NodeId, flight: &mut Flight) -> u32 {
        let Some(incarnation) = self.kernel.incarnation_of(to) else { no_such_node(to, self.kernel.node_count()) };
        (flight.to, flight.incarnation) = (to, incarnation);
        self.fabric.counts.sent += 1;
        self.kernel.record(flight.record(self.kernel.now(), RecordKind::Send, flight.from, to));

        let subject = Subject { service: Service::Datagram, from: flight.from, to, name: Name::Label(flight.label) };
        let on_link = self.fabric.enter(self.kernel, subject);
        flight.class = on_link.class;
        match self.fabric.arrival_if_only_delayed(self.kernel, &on_link) {
            Some(arrival) => {
                self.depart(flight, arrival);
                1
            }
            None => self.again().transmit_by_fate(flight, on_link),
        }
    }

    #[inline(never)]
    fn transmit_by_fate(&mut self, flight: &Flight, on_link: OnLink) -> u32 {
        let mut journey = match self.fabric.decide_fate(self.kernel, on_link) {
            Routed::Carried(journey) => journey,
            Routed::Lost(cause) => {
                self.lose(flight, cause);
                return 0;
            }
        };
        let mut carried = 0;
        while let Some(arrival) = self.fabric.next_arrival(self.kernel, &mut journey) {
            if arrival.copy > 0 {
                self.count_copy(flight);
            }
            self.depart(flight, arrival);
            carried += 1;
        }
        carried
    }

    #[cold]
    fn count_copy(&mut self, flight: &Flight) {
        self.fabric.counts.copied += 1;
        self.kernel.record(flight.record(self.kernel.now(), RecordKind::Copy, flight.from, flight.to));
    }

    /// Adds a flight and schedules its arrival.
    #[inline(always)]
    fn depart(&mut self, flight: &Flight, arrival: Arrival) {
        let slot = self.datagrams.flights.insert(*flight);
        self.fabric.depart(self.kernel);
        self.fabric.schedule(self.kernel, (arrival.at, arrival.order), Service::Datagram, slot);
    }
}

/// Returns the flight of a message, which `transmit` completes for each receiver.
#[inline(always)]
fn flight(from: NodeId, port: PortId, label: u64, (content, length): (u64, u32), message: MessageRef) -> Flight {
    Flight { from, to: from, label, content, length, incarnation: Incarnation(0), message, port, class: 0, arrived: false }
}

#[cold]
fn no_such_node(to: NodeId, nodes: u32) -> ! {
    panic!("it sends to {to}, but the cluster has n0 to n{}", nodes - 1);
}

/// Returns the key of a label, given the digest of the content.
#[inline]
fn label_key(label: Label, content: u64) -> u64 {
    match label {
        Label::Content => content,
        Label::Key { kind, id } => fold(u64::from(kind), id),
    }
}
