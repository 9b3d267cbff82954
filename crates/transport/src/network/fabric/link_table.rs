//! The links of each sender, created by their first message.
//!
//! A sender's links lie in the order of their first messages, so a sender that broadcasts again in that order finds each link
//! right after the one before. A link forgets its labels when an epoch ends. Removing an idle link from memory some time later
//! changes no fate (`sweeping_a_link_changes_no_fate`).

use cluster_sim_runtime::Address;
use cluster_sim_types::{NodeId, VirtualInstant};

use super::send_counts::{SendCounts, epoch_of};

/// The number of links from which a sender's table is swept for idle ones.
const SWEEP_FROM: usize = 64;

/// One direction between two nodes; smaller than a cache line.
#[derive(Debug)]
pub(super) struct Link {
    to: NodeId,
    /// The class of links to which it belongs.
    pub(super) class: u16,
    /// The epoch of its last message.
    epoch: u32,
    /// The names of sender and receiver, as an address.
    pub(super) address: Address,
    /// The arrival of its last message that keeps the order of the link.
    pub(super) last_arrival: VirtualInstant,
    send_counts: SendCounts,
}

impl Link {
    fn new(to: NodeId, address: Address, class: u16, epoch: u32) -> Self {
        Self { to, class, epoch, address, last_arrival: VirtualInstant::ZERO, send_counts: SendCounts::default() }
    }

    /// Returns the address of a message: link, label, epoch, and the repeat of the label in the epoch.
    #[inline(always)]
    pub(super) fn address_of(&mut self, label: u64, epoch: u32) -> Address {
        if epoch != self.epoch {
            self.begin(epoch);
        }
        let labelled = self.address.number(label);
        let before = self.send_counts.count(labelled.key());
        labelled.number(u64::from(epoch) << 32 | u64::from(before))
    }

    #[cold]
    fn begin(&mut self, epoch: u32) {
        self.epoch = epoch;
        self.send_counts.clear();
    }

    fn is_forgotten(&self, now: VirtualInstant) -> bool {
        self.epoch != epoch_of(now) && self.last_arrival < now
    }
}

/// The links of one sender, in the order of their first messages.
#[derive(Debug, Default)]
pub(super) struct LinkTable {
    links: Vec<Link>,
    /// The place after the last link used, which a repeated broadcast uses next.
    next_expected: usize,
    /// Open-addressing hash table from receiver to place plus one; 0 is empty. At most half full.
    places: Vec<u32>,
    sweep_at: usize,
}

impl LinkTable {
    /// Returns the place of the link to `to`, valid until the next call; calls `classify` if the link is new.
    #[inline(always)]
    pub(super) fn place_of(&mut self, to: NodeId, now: VirtualInstant, classify: impl FnOnce() -> (Address, u16)) -> usize {
        let place = match self.links.get(self.next_expected) {
            Some(link) if link.to == to => self.next_expected,
            _ => match self.place(to) {
                Some(place) => place,
                None => self.add(to, now, classify()),
            },
        };
        self.next_expected = place + 1;
        place
    }

    /// Returns the link at a place.
    #[inline(always)]
    pub(super) fn at(&mut self, place: usize) -> &mut Link {
        &mut self.links[place]
    }

    /// Returns the slot at which the search for a receiver begins.
    #[inline]
    fn hash(&self, to: NodeId) -> usize {
        // The multiplier is the golden ratio as 32 bits, and odd: consecutive receivers fall far apart.
        to.0.wrapping_mul(0x9e37_79b9).rotate_left(16) as usize & (self.places.len() - 1)
    }

    #[inline]
    fn place(&self, to: NodeId) -> Option<usize> {
        if self.places.is_empty() {
            return None;
        }
        let mut index = self.hash(to);
        loop {
            let place = (self.places[index] as usize).checked_sub(1)?;
            if self.links[place].to == to {
                return Some(place);
            }
            index = (index + 1) & (self.places.len() - 1);
        }
    }

    #[cold]
    fn add(&mut self, to: NodeId, now: VirtualInstant, (address, class): (Address, u16)) -> usize {
        if self.links.len() > self.sweep_at.max(SWEEP_FROM) {
            self.sweep(now);
        }
        self.links.push(Link::new(to, address, class, epoch_of(now)));
        let place = self.links.len() - 1;
        if self.links.len() * 2 > self.places.len() {
            self.rebuild_index((self.places.len() * 2).max(8));
        } else {
            self.insert_index(place);
        }
        place
    }

    fn insert_index(&mut self, place: usize) {
        let mut index = self.hash(self.links[place].to);
        while self.places[index] != 0 {
            index = (index + 1) & (self.places.len() - 1);
        }
        self.places[index] = u32::try_from(place + 1).expect("node ids are 32 bits wide");
    }

    fn rebuild_index(&mut self, length: usize) {
        self.places.clear();
        self.places.resize(length, 0);
        (0..self.links.len()).for_each(|place| self.insert_index(place));
    }

    /// Removes idle links, which have forgotten their labels, so no fate changes.
    fn sweep(&mut self, now: VirtualInstant) {
        self.links.retain(|link| !link.is_forgotten(now));
        self.rebuild_index((self.links.len() * 2 + 2).next_power_of_two());
        self.sweep_at = self.links.len() * 2;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(milliseconds: u64) -> VirtualInstant {
        VirtualInstant::ZERO + Duration::from_millis(milliseconds)
    }

    fn link(table: &mut LinkTable, to: u32, now: VirtualInstant) -> &mut Link {
        let place = table.place_of(NodeId(to), now, || (Address::new().number(u64::from(to)), 0));
        table.at(place)
    }

    #[test]
    fn sweeping_a_link_changes_no_fate() {
        let (mut kept, mut swept) = (LinkTable::default(), LinkTable::default());
        for table in [&mut kept, &mut swept] {
            link(table, 1, at(0)).address_of(7, 0);
        }
        swept.sweep(at(20_000));
        assert_eq!((kept.links.len(), swept.links.len()), (1, 0));
        let [one, other] = [&mut kept, &mut swept].map(|table| link(table, 1, at(20_000)).address_of(7, 1));
        assert_eq!(one, other);
    }

    #[test]
    fn idle_links_are_removed() {
        let mut table = LinkTable::default();
        for to in 0..10_000 {
            let now = at(u64::from(to) * 1_000);
            link(&mut table, to, now).address_of(7, epoch_of(now));
        }
        assert!(table.links.len() <= 2 * SWEEP_FROM, "{} links", table.links.len());
    }

    #[test]
    fn every_receiver_gets_its_own_link() {
        let mut table = LinkTable::default();
        for round in 0..3_u32 {
            for to in (0..1_000).rev().step_by(1 + round as usize) {
                let found = link(&mut table, to * 64, at(0));
                assert_eq!((found.to, found.address), (NodeId(to * 64), Address::new().number(u64::from(to * 64))));
            }
        }
        assert_eq!(table.links.len(), 1_000);
    }

    #[test]
    fn repeats_of_a_label_have_distinct_addresses_across_epochs() {
        let mut table = LinkTable::default();
        let addresses: std::collections::BTreeSet<u64> = (0..100_000_u64)
            .map(|beat| {
                let now = at(beat * 50);
                link(&mut table, 1, now).address_of(7, epoch_of(now)).key()
            })
            .collect();
        assert_eq!(addresses.len(), 100_000);
    }

    #[test]
    fn a_small_time_shift_changes_few_addresses_of_new_labels() {
        let (mut one, mut other) = (LinkTable::default(), LinkTable::default());
        let address = |table: &mut LinkTable, label: u64, now: VirtualInstant| link(table, 1, now).address_of(label, epoch_of(now));
        let changed = (0..4_000_u64)
            .filter(|label| address(&mut one, *label, at(label * 10)) != address(&mut other, *label, at(label * 10 + 50)));
        assert_eq!(changed.count(), 10, "those that cross one of two epoch boundaries");
    }
}
