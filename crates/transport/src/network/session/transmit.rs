//! Puts segments on their links.

use cluster_sim_runtime::{Address, Exhausted, Order};
use cluster_sim_types::VirtualInstant;

use super::SessionService;
use super::endpoint::Side;
use super::segment::{Segment, SegmentKind};
use crate::network::fabric::{LinkModel, Name, Routed, Subject, exhaust};
use crate::network::service::Service;

/// The segments and timers for each message in flight that the budget allows.
const SEGMENTS_PER_MESSAGE: u64 = 4;

/// The kinds of segments and timers besides messages, which share the addresses of an endpoint.
///
/// They are numbered downwards from the highest number, which no message reaches.
#[derive(Debug, Clone, Copy)]
pub(super) enum RollKind {
    Request,
    Accept,
    Refuse,
    Acknowledge,
    WindowUpdate,
    Probe,
    ProbeReply,
    Reset,
    Timer,
}

impl RollKind {
    /// Returns the address of this kind of segment at an endpoint.
    pub(super) fn address(self, endpoint: Address) -> Address {
        endpoint.number(u64::MAX - self as u64)
    }
}

impl SessionService<'_> {
    /// Puts a segment on the link from one side to the other.
    ///
    /// Returns how many copies are in flight: 0 if it was lost at once, more than 1 if the link duplicated it.
    pub(super) fn transmit(&mut self, slot: usize, from: Side, address: Address, kind: SegmentKind) -> u32 {
        let connection = self.sessions.connections.at(slot);
        let [sender, receiver] = [from, from.other()].map(|side| connection.endpoint(side).node);
        let to = connection.id(slot, from.other());
        let subject = Subject { service: Service::Session, from: sender, to: receiver, name: Name::Address(address) };
        let Routed::Carried(mut journey) = self.fabric.route(self.kernel, subject) else { return 0 };
        let mut carried = 0;
        while let Some(arrival) = self.fabric.next_arrival(self.kernel, &mut journey) {
            self.schedule((arrival.at, arrival.order), Segment { to, kind: kind.copied(arrival.copy) });
            carried += 1;
        }
        carried
    }

    /// Schedules a segment, or an event of an endpoint that crosses no link.
    pub(super) fn schedule(&mut self, at: (VirtualInstant, Order), segment: Segment) {
        let number = self.sessions.segments.insert(segment);
        let bound = self.kernel.limits().messages_in_flight.saturating_mul(SEGMENTS_PER_MESSAGE);
        if u64::from(number) >= bound {
            // All slots below are in use.
            exhaust(self.kernel, u64::from(number), (bound, "segments"), Exhausted::SegmentsInFlight(bound));
        }
        self.fabric.schedule(self.kernel, at, Service::Session, number);
    }

    /// Returns the model of the links over which that side sends.
    pub(super) fn model(&self, slot: usize, side: Side) -> &LinkModel {
        self.fabric.model(self.sessions.connections.at(slot).halves[side.index()].class)
    }
}
