//! Flights: the copies of messages on their way to a receiver.

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_types::{Incarnation, NodeId, VirtualInstant};

use crate::network::payload::MessageRef;
use crate::network::ports::HostPort;
use crate::network::service::slot_number;

/// One copy of a message on its way to one receiver.
///
/// It holds everything that is needed without knowing the message's type, in 48 bytes, because tens of thousands exist at a time.
#[derive(Debug, Clone, Copy)]
pub(in crate::network) struct Flight {
    pub(in crate::network) from: NodeId,
    pub(in crate::network) to: NodeId,
    pub(super) label: u64,
    pub(super) content: u64,
    pub(in crate::network) length: u32,
    /// The life of the receiver when the message was sent.
    pub(super) incarnation: Incarnation,
    /// The slot of the message among those of its kind. In a free slot, that of the flight that was removed before.
    pub(super) slot: u32,
    /// The port to which the message was sent, and its kind.
    pub(in crate::network) sent_to: HostPort,
    /// The message reached a paused node and waits in its inbox, where no cut can drop it.
    pub(super) arrived: bool,
}

impl Flight {
    /// Returns the place of the message.
    #[inline]
    pub(in crate::network) fn message(&self) -> MessageRef {
        MessageRef { kind: self.sent_to.kind(), slot: self.slot }
    }

    /// Returns a record about this copy.
    #[inline]
    pub(super) fn record(&self, at: VirtualInstant, kind: RecordKind, node: NodeId, peer: NodeId) -> Record {
        let Self { label, content, length, .. } = *self;
        Record { at, kind, node, peer, detail: 0, label, length, payload: content }
    }

    /// Returns a record of the loss of this copy.
    pub(super) fn lost(&self, at: VirtualInstant, cause: u32) -> Record {
        Record { detail: cause, ..self.record(at, RecordKind::Drop, self.from, self.to) }
    }
}

/// All flights, each in its own slot. The slot freed last is reused first, because it is in the cache.
#[derive(Debug)]
pub(super) struct Flights {
    slots: Vec<Flight>,
    free: u32,
}

/// A flight in its slot.
pub(super) struct Occupied<'a> {
    pub(super) flight: &'a mut Flight,
    free: &'a mut u32,
    slot: u32,
}

impl Occupied<'_> {
    /// Frees the slot.
    #[inline(always)]
    pub(super) fn free(self) {
        self.flight.slot = std::mem::replace(self.free, self.slot);
    }
}

const NO_SLOT: u32 = u32::MAX;

impl Default for Flights {
    fn default() -> Self {
        Self { slots: Vec::new(), free: NO_SLOT }
    }
}

impl Flights {
    /// Adds a flight. Returns its slot.
    #[inline(always)]
    pub(super) fn insert(&mut self, flight: Flight) -> u32 {
        match self.slots.get_mut(self.free as usize) {
            Some(vacant) => {
                let slot = self.free;
                self.free = vacant.slot;
                *vacant = flight;
                slot
            }
            None => self.append(flight),
        }
    }

    /// Inlined, so that the fields of a flight never go through memory elsewhere.
    #[inline(always)]
    fn append(&mut self, flight: Flight) -> u32 {
        self.slots.push(flight);
        slot_number(self.slots.len() - 1)
    }

    /// Lists the flights in use.
    pub(super) fn used(&self) -> impl Iterator<Item = &Flight> {
        let mut is_used = vec![true; self.slots.len()];
        let mut free = self.free;
        while let Some(vacant) = self.slots.get(free as usize) {
            is_used[free as usize] = false;
            free = vacant.slot;
        }
        self.slots.iter().zip(is_used).filter(|(_, is_used)| *is_used).map(|(flight, _)| flight)
    }

    /// Returns the number of slots, used or free.
    #[cfg(test)]
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    #[inline]
    pub(super) fn get(&self, slot: u32) -> &Flight {
        &self.slots[slot as usize]
    }

    /// Returns a flight to read it and then free its slot, with one look-up.
    #[inline(always)]
    pub(super) fn occupied(&mut self, slot: u32) -> Occupied<'_> {
        Occupied { flight: &mut self.slots[slot as usize], free: &mut self.free, slot }
    }

    pub(super) fn mark_arrived(&mut self, slot: u32) {
        self.slots[slot as usize].arrived = true;
    }

    /// Frees the slot of a flight.
    #[inline]
    pub(super) fn free(&mut self, slot: u32) {
        self.occupied(slot).free();
    }

    /// Removes a flight and frees its slot.
    #[inline]
    pub(super) fn remove(&mut self, slot: u32) -> Flight {
        let flight = *self.get(slot);
        self.free(slot);
        flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::payload::Payloads;
    use crate::network::ports::Ports;

    #[test]
    fn every_flight_keeps_its_slot_until_it_is_removed() {
        let mut flights = Flights::default();
        let sent_to = HostPort::new(Ports::default().port("main"), Payloads::default().kind::<u8>());
        let (node, incarnation) = (NodeId(0), Incarnation(0));
        let mut living = std::collections::BTreeMap::new();
        for number in 0..10_000 {
            let (label, content, length) = (0, 0, 0);
            let (from, to, slot) = (node, node, number);
            let flight = Flight { from, to, label, content, length, incarnation, slot, sent_to, arrived: false };
            let slot = flights.insert(flight);
            assert_eq!(living.insert(slot, number), None, "slot {slot} was free");
            // Two of three flights are removed, in an order unlike that of insertion.
            if number % 3 > 0 {
                let (slot, number) =
                    living.range(number % 97..).next().or_else(|| living.iter().next()).map(|(s, p)| (*s, *p)).unwrap();
                living.remove(&slot);
                assert_eq!(flights.remove(slot).slot, number);
            }
        }
        assert!(living.iter().all(|(slot, number)| flights.get(*slot).slot == *number));
        let used: Vec<u32> = flights.used().map(|flight| flight.slot).collect();
        assert_eq!(used, living.values().copied().collect::<Vec<_>>(), "in the order of slots");
    }
}
