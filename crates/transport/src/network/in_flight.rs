//! Flights: the copies of messages on their way to a receiver.

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_types::{Incarnation, NodeId, VirtualInstant};

use super::payload::PayloadKind;
use super::port_names::PortId;

/// One copy of a message on its way to one receiver.
///
/// It holds everything that is needed without knowing the message's type, in 48 bytes, because tens of thousands exist at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    pub(super) label: u64,
    pub(super) content: u64,
    pub(super) length: u32,
    /// The life of the receiver when the message was sent.
    pub(super) incarnation: Incarnation,
    /// The slot of the message in the slab of its kind. In a free slot, the slot that was freed before it.
    pub(super) message: u32,
    pub(super) kind: PayloadKind,
    pub(super) port: PortId,
    pub(super) class: u16,
    /// The message reached a paused node and waits in its inbox, where no cut can drop it.
    pub(super) arrived: bool,
}

impl Flight {
    /// Returns a record about this copy.
    #[inline]
    pub(super) fn record(&self, at: VirtualInstant, kind: RecordKind, node: NodeId, peer: NodeId) -> Record {
        let Self { label, content, length, .. } = *self;
        Record { at, kind, node, peer, detail: 0, label, length, payload: content }
    }
}

/// All flights, each in its own slot. The slot freed last is reused first, because it is in the cache.
#[derive(Debug)]
pub(super) struct Flights {
    slots: Vec<Flight>,
    free: u32,
    used: u64,
}

const NO_SLOT: u32 = u32::MAX;

impl Flights {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: NO_SLOT, used: 0 }
    }

    pub(super) fn len(&self) -> u64 {
        self.used
    }

    #[inline]
    pub(super) fn insert(&mut self, flight: Flight) -> u32 {
        self.used += 1;
        match self.slots.get_mut(self.free as usize) {
            Some(vacant) => {
                let slot = self.free;
                self.free = vacant.message;
                *vacant = flight;
                slot
            }
            None => self.append(flight),
        }
    }

    #[cold]
    fn append(&mut self, flight: Flight) -> u32 {
        self.slots.push(flight);
        u32::try_from(self.slots.len() - 1).expect("messages in flight are bounded by their budget")
    }

    #[inline]
    pub(super) fn get(&self, slot: u32) -> &Flight {
        &self.slots[slot as usize]
    }

    pub(super) fn mark_arrived(&mut self, slot: u32) {
        self.slots[slot as usize].arrived = true;
    }

    /// Removes a flight and frees its slot.
    #[inline]
    pub(super) fn remove(&mut self, slot: u32) -> Flight {
        self.used -= 1;
        let place = &mut self.slots[slot as usize];
        let flight = *place;
        place.message = self.free;
        self.free = slot;
        flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flight_keeps_its_slot_until_it_is_removed() {
        let mut flights = Flights::new();
        let mut network = super::super::Network::new();
        let (kind, port) = (network.kind::<u8>(), network.port("main"));
        let (node, incarnation) = (NodeId(0), Incarnation(0));
        let mut living = std::collections::BTreeMap::new();
        for message in 0..10_000 {
            let slot = flights.insert(Flight {
                from: node,
                to: node,
                label: 0,
                content: 0,
                length: 0,
                incarnation,
                message,
                kind,
                port,
                class: 0,
                arrived: false,
            });
            assert_eq!(living.insert(slot, message), None, "slot {slot} was free");
            // Two of three flights are removed, in an order unlike that of insertion.
            if message % 3 > 0 {
                let (slot, message) =
                    living.range(message % 97..).next().or_else(|| living.iter().next()).map(|(s, p)| (*s, *p)).unwrap();
                living.remove(&slot);
                assert_eq!(flights.remove(slot).message, message);
            }
            assert_eq!(flights.len(), living.len() as u64);
        }
        assert!(living.iter().all(|(slot, message)| flights.get(*slot).message == *message));
    }
}
