//! The copies of messages under way.

use cluster_sim_vocabulary::{Incarnation, NodeId};

/// One copy of a message under way: 16 bytes, since tens of thousands are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) to: NodeId,
    /// The receiver's life when it was sent.
    pub(super) incarnation: Incarnation,
    /// What it carries; no parcel for a slot that is free.
    pub(super) parcel: u32,
    pub(super) class: u16,
    /// It reached a paused node and waits in its inbox: no cut can eat it any more.
    pub(super) arrived: bool,
}

const FREE: Flight = Flight { to: NodeId::CLUSTER, incarnation: Incarnation(0), parcel: u32::MAX, class: 0, arrived: false };

/// All flights, each in a slot of its own.
///
/// Slots are handed out in a circle rather than last freed first: the copies of one broadcast then lie side by side, and are found in the
/// cache one after the other when they arrive.
#[derive(Debug, Default)]
pub(super) struct Flights {
    slots: Vec<Flight>,
    next: usize,
    used: usize,
}

impl Flights {
    pub(super) fn len(&self) -> u64 {
        self.used as u64
    }

    #[inline]
    pub(super) fn insert(&mut self, flight: Flight) -> u32 {
        // At most seven of eight are in use, so that a free one is never far.
        if self.used * 8 >= self.slots.len() * 7 {
            let length = (self.slots.len() * 2).max(16);
            self.slots.resize(length, FREE);
        }
        // The length is a power of two.
        let circle = self.slots.len() - 1;
        while self.slots[self.next].parcel != FREE.parcel {
            self.next = (self.next + 1) & circle;
        }
        let slot = self.next;
        self.next = (self.next + 1) & circle;
        self.slots[slot] = flight;
        self.used += 1;
        u32::try_from(slot).expect("messages in flight are bounded by their budget")
    }

    #[inline]
    pub(super) fn get(&self, slot: u32) -> Flight {
        self.slots[slot as usize]
    }

    pub(super) fn mark_arrived(&mut self, slot: u32) {
        self.slots[slot as usize].arrived = true;
    }

    /// Takes a flight off the air.
    #[inline]
    pub(super) fn remove(&mut self, slot: u32) -> Flight {
        self.used -= 1;
        std::mem::replace(&mut self.slots[slot as usize], FREE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flight_keeps_its_slot_until_it_is_removed() {
        let mut flights = Flights::default();
        let mut living = std::collections::BTreeMap::new();
        for parcel in 0..10_000 {
            let slot = flights.insert(Flight { parcel, ..FREE });
            assert_eq!(living.insert(slot, parcel), None, "slot {slot} was free");
            // Two of three leave, in an order of their own.
            if parcel % 3 > 0 {
                let (slot, parcel) =
                    living.range(parcel % 97..).next().or_else(|| living.iter().next()).map(|(s, p)| (*s, *p)).unwrap();
                living.remove(&slot);
                assert_eq!(flights.remove(slot).parcel, parcel);
            }
            assert_eq!(flights.len(), living.len() as u64);
        }
        assert!(living.iter().all(|(slot, parcel)| flights.get(*slot).parcel == *parcel));
    }

    #[test]
    fn the_copies_of_a_broadcast_lie_side_by_side() {
        let mut flights = Flights::default();
        for _ in 0..50 {
            let slots: Vec<u32> = (0..100).map(|parcel| flights.insert(Flight { parcel, ..FREE })).collect();
            let apart = slots.windows(2).filter(|pair| pair[1] != pair[0] + 1).count();
            assert!(apart <= 2, "{apart} gaps in {slots:?}");
            slots.iter().rev().for_each(|slot| assert_eq!(flights.remove(*slot).class, 0));
        }
    }
}
