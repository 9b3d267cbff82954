//! Delivers datagrams that arrive at their node.
//!
//! On arrival a datagram is lost if a cut covers its link, if the node is down or killed, if the node is paused and its inbox is
//! full, or if it was sent to an earlier life and the class says [`StaleDelivery::Drop`]. Otherwise it goes to the host of the
//! node or waits at the port that a task bound; a closed or full port loses it. The messages of a paused node are delivered in
//! the order of their arrival when it resumes, before every other message and timer of that instant. A host that is busy gets the
//! message in its turn; one that arrives while 256 inputs wait is lost. A message of which a fault lets the node crash is lost.

use cluster_sim_runtime::RecordKind;
use cluster_sim_types::{Health, NodeId};

use super::bound_ports::Arrived;
use super::{DatagramService, Flight, HANDED, Handed, INBOX_CAPACITY};
use crate::network::fabric::{Cause, StaleDelivery};
use crate::network::service::Service;

impl DatagramService<'_> {
    /// Handles the arrival of a flight. Returns the node, and the number for [`recv`](Self::recv), if its host receives the message.
    #[inline(always)]
    pub(in crate::network) fn fire(&mut self, slot: u32) -> Option<(NodeId, u32)> {
        let occupied = self.datagrams.flights.occupied(slot);
        let flight = &*occupied.flight;
        // The common cases first: nothing can prevent the delivery to the node.
        if self.fabric.is_whole() && self.kernel.takes_freely(flight.to, flight.incarnation) {
            let (to, sent_to) = (flight.to, flight.sent_to);
            if self.ports.host_takes(to, sent_to) {
                self.fabric.land();
                self.fabric.counts.delivered += 1;
                self.kernel.record(flight.record(self.kernel.now(), RecordKind::Deliver, to, flight.from));
                self.datagrams.handed = Handed { from: flight.from, slot: flight.slot };
                occupied.free();
                return Some((to, HANDED));
            }
            if self.datagrams.bound.arrive(self.kernel, to, sent_to.port(), slot) == Arrived::Waiting {
                return None;
            }
        }
        self.again().arrive(slot)
    }

    #[inline(never)]
    fn arrive(&mut self, slot: u32) -> Option<(NodeId, u32)> {
        let flight = *self.datagrams.flights.get(slot);
        let (to, sent_to) = (flight.to, flight.sent_to.port());
        if !self.fabric.is_whole() && !flight.arrived && self.fabric.hold_back(Service::Datagram, slot, flight.from, to) {
            return None;
        }
        let cause = match self.obstacle(&flight) {
            Some(cause) => cause,
            None if self.kernel.health(to) == Health::Paused => {
                self.datagrams.flights.mark_arrived(slot);
                self.datagrams.inbox(to).push_back(slot);
                return None;
            }
            None => match self.ports.host(to) {
                Some((port, _)) if port == sent_to => {
                    if !self.kernel.takes(to) {
                        self.datagrams.flights.mark_arrived(slot);
                        self.kernel.wait(to, self.fabric.device(), Service::Datagram.event(slot));
                        return None;
                    }
                    if !self.kernel.crashes_of_message(to) {
                        return Some((to, slot));
                    }
                    Cause::InboxLost as u32
                }
                Some(_) => Cause::PortClosed as u32,
                None => match self.datagrams.bound.arrive(self.kernel, to, sent_to, slot) {
                    Arrived::Waiting => {
                        // The end of its life loses what waits at its ports.
                        self.kernel.crashes_of_message(to);
                        return None;
                    }
                    Arrived::Closed => Cause::PortClosed as u32,
                    Arrived::Full => Cause::InboxFull as u32,
                },
            },
        };
        self.lose_flight(slot, cause);
        None
    }

    /// Returns the cause that prevents a message from reaching its node now, if any.
    fn obstacle(&mut self, flight: &Flight) -> Option<u32> {
        if !flight.arrived
            && let Some(cause) = self.fabric.drop_by_cut(flight.from, flight.to)
        {
            return Some(cause);
        }
        let cause = match self.kernel.health(flight.to) {
            Health::Down => Cause::NodeDown,
            Health::Killed => Cause::NodeKilled,
            Health::Paused if self.datagrams.inbox(flight.to).len() >= INBOX_CAPACITY => Cause::InboxFull,
            Health::Up if !flight.arrived && self.kernel.waiting(flight.to) >= INBOX_CAPACITY => Cause::InboxFull,
            _ => {
                let stale = self.kernel.incarnation(flight.to) != flight.incarnation;
                if !stale || self.fabric.model(self.fabric.class_between(flight.from, flight.to)).stale == StaleDelivery::Deliver {
                    return None;
                }
                Cause::StaleIncarnation
            }
        };
        Some(cause as u32)
    }
}
