//! Sends datagrams.

use cluster_sim_runtime::{RecordKind, fold};
use cluster_sim_types::{Incarnation, NodeId};

use super::{DatagramService, Flight};
use crate::message::{Label, Message};
use crate::network::fabric::{Arrival, Name, Routed, Subject};
use crate::network::payload::{PayloadKind, content_of};
use crate::network::ports::PortId;
use crate::network::service::Service;

impl DatagramService<'_> {
    /// Sends one message to a port of each node of `to`, in that order; `kind` must be that of `M`.
    ///
    /// # Panics
    /// A node does not exist. That is a bug of the sender, so the run ends with a finding about the sender.
    pub fn send<M: Message>(&mut self, from: NodeId, to: &[NodeId], (port, kind): (PortId, PayloadKind), label: Label, message: M) {
        if to.is_empty() {
            return;
        }
        let (content, length) = content_of(&message);
        self.payloads.capture(kind, content, &message);
        let label = label_key(label, content);
        let copies = to.len() as u32;
        let message = self.payloads.insert(kind, message, copies);
        let incarnation = Incarnation(0);
        let mut flight = Flight { from, to: from, label, content, length, incarnation, message, port, class: 0, arrived: false };
        let mut carried = 0;
        for receiver in to {
            carried += self.transmit(*receiver, &mut flight);
        }
        if carried != copies {
            self.payloads.set_references(message, carried);
        }
    }

    /// Puts a message on the link to one receiver. Returns how many copies are in flight.
    #[inline(always)]
    fn transmit(&mut self, to: NodeId, flight: &mut Flight) -> u32 {
        let nodes = self.kernel.node_count();
        assert!(to.0 < nodes, "it sends to {to}, but the cluster has n0 to n{}", nodes - 1);
        (flight.to, flight.incarnation) = (to, self.kernel.incarnation(to));
        self.fabric.counts.sent += 1;
        self.kernel.record(flight.record(self.kernel.now(), RecordKind::Send, flight.from, to));

        let subject = Subject { service: Service::Datagram, from: flight.from, to, name: Name::Label(flight.label) };
        let mut journey = match self.fabric.route(self.kernel, subject) {
            Routed::Carried(journey) => journey,
            Routed::Lost(cause) => {
                self.lose(flight, cause);
                return 0;
            }
        };
        flight.class = journey.class;
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

/// Returns the key of a label, given the digest of the content.
#[inline]
fn label_key(label: Label, content: u64) -> u64 {
    match label {
        Label::Content => content,
        Label::Key { kind, id } => fold(u64::from(kind), id),
    }
}
