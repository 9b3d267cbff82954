//! Puts segments on their link: everything random about a segment is decided here.

use std::time::Duration;

use cluster_sim_runtime::{Address, Kernel, Order, Rank};
use cluster_sim_types::VirtualInstant;

use super::endpoint::Side;
use super::segment::{Segment, SegmentKind};
use crate::network::Network;
use crate::network::classes::Class;
use crate::network::fate::{Fate, FateRecord};
use crate::network::model::LinkOrder;
use crate::network::send::{Subject, decide, link_between};

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

impl Network {
    /// Puts a segment on the link from one side to the other.
    ///
    /// Returns how many copies are in flight: 0 if it was lost at once, more than 1 if the link duplicated it.
    pub(super) fn transmit_segment(
        &mut self,
        kernel: &mut Kernel,
        slot: usize,
        from: Side,
        address: Address,
        kind: SegmentKind,
    ) -> u32 {
        let connection = self.sessions.connections.at(slot);
        let [sender, receiver] = [from, from.other()].map(|side| connection.endpoint(side).node);
        let to = connection.id(slot, from.other());
        let class = self.classes.get(connection.halves[from.index()].class);
        let (fate, held_back) = match self.cuts.between(sender, receiver) {
            Some(cut) => (Fate::Lost { cause: self.cuts.count_drop(cut) }, false),
            None => decide(kernel, class, Subject { address, from: sender, to: receiver }),
        };
        if let Some(fate_records) = &mut self.sessions.fate_records {
            fate_records.push(FateRecord { address: address.key(), fate });
        }
        let Fate::Carried { after, copies } = fate else { return 0 };
        let rank = Rank(class.link.model.priority);
        let mut arrival = kernel.now() + Duration::from_nanos(after);
        // On a FIFO link a segment waits for those before it, and its copies do not arrive before it.
        let mut in_order = None;
        if class.link.model.order == LinkOrder::Fifo && !held_back {
            let link = link_between(&mut self.link_tables, &self.classes, kernel, sender, receiver);
            arrival = arrival.max(link.last_arrival);
            link.last_arrival = arrival;
            in_order = Some(link.address);
        }
        let earliest = if in_order.is_some() { arrival } else { kernel.now() };
        self.schedule_arrival(kernel, (arrival, rank), address, in_order, Segment { to, kind });
        for copy in 1..=copies {
            let address = address.number(u64::from(copy));
            let subject = Subject { address, from: sender, to: receiver };
            let after = subject.delay(kernel, self.class_of(slot, from));
            let arrival = earliest.max(kernel.now() + Duration::from_nanos(after));
            let segment = Segment { to, kind: kind.copied(copy) };
            self.schedule_arrival(kernel, (arrival, rank), address, in_order, segment);
        }
        1 + u32::from(copies)
    }

    /// Schedules the arrival of a segment.
    ///
    /// Segments that arrive at one instant over one FIFO `link` share an order, so they keep the sequence of their sends.
    fn schedule_arrival(
        &mut self,
        kernel: &mut Kernel,
        (at, rank): (VirtualInstant, Rank),
        address: Address,
        link: Option<Address>,
        segment: Segment,
    ) {
        self.schedule_segment(kernel, at, Order::new(rank, link.unwrap_or(address)), segment);
    }

    pub(super) fn schedule_segment(&mut self, kernel: &mut Kernel, at: VirtualInstant, order: Order, segment: Segment) {
        let number = self.sessions.segments.insert(segment);
        kernel.schedule(at, order, self.device(), number);
    }

    /// Returns the class of links over which that side sends.
    pub(super) fn class_of(&self, slot: usize, side: Side) -> &Class {
        self.classes.get(self.sessions.connections.at(slot).halves[side.index()].class)
    }
}
