//! What a sender remembers of each receiver: the link between them.

use cluster_sim_runtime::Address;
use cluster_sim_vocabulary::{NodeId, VirtualInstant};
use rustc_hash::FxHashMap;

/// The epochs of a run, 16 s of virtual time in nanoseconds: the epoch of its send is part of what tells a message from others like it.
///
/// A link that carries nothing for as long forgets what it carried, so that clients that roam over a thousand edges do not leave a
/// thousand links each behind. And a retry whose earlier sends were forgotten shares their fate to the end of the epoch at the most.
/// Longer epochs would doom it for longer; in shorter ones a small shift in time would change the fate of more messages.
const EPOCH_NANOSECONDS: u64 = 16_000_000_000;

/// How many labels share a set: as many as fit a line of the cache.
const WAYS: usize = 16;

/// How many sets a link has at the most: 256 labels in a KiB, which a thousand links can have and still share a cache. A retry after more
/// others than that on one link counts as new.
const SETS_MAX: usize = 16;

/// A sender's links become worth sweeping for forgotten ones at this number.
const SWEEP_FROM: usize = 64;

/// One direction between two nodes, from the first message on.
#[derive(Debug)]
pub(super) struct Link {
    to: NodeId,
    /// The two names, as an address.
    pub(super) address: Address,
    /// Which class of links it belongs to.
    pub(super) class: u16,
    /// When its last message in order arrives.
    pub(super) last_arrival: VirtualInstant,
    last_send: VirtualInstant,
    repeats: Repeats,
}

impl Link {
    /// What tells this message from all others on the link: its label, the epoch, and how often that label was sent before.
    #[inline]
    pub(super) fn address_of(&mut self, label: u64, now: VirtualInstant) -> Address {
        if self.is_silent(now) {
            self.repeats = Repeats::default();
        }
        self.last_send = now;
        let epoch = now.as_nanoseconds() / EPOCH_NANOSECONDS;
        let labelled = self.address.number(label);
        labelled.number(epoch << 32 | u64::from(self.repeats.count(labelled.key(), epoch)))
    }

    fn is_silent(&self, now: VirtualInstant) -> bool {
        now.as_nanoseconds() - self.last_send.as_nanoseconds() > EPOCH_NANOSECONDS
    }

    fn is_forgotten(&self, now: VirtualInstant) -> bool {
        self.is_silent(now) && self.last_arrival < now
    }
}

/// A label and how often it was sent, in one word: 20 bits of the label's hash, then 12 of the count.
///
/// Two labels of one set that share their bits are taken for one, rarely and in every run alike. All zeros is no label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted(u32);

impl Counted {
    const COUNT: u32 = (1 << 12) - 1;

    fn new(hash: u64) -> Self {
        // The lowest bit is set, so that no label is none; the bits that choose the set lie above it.
        Self((hash as u32 | 1) << 12)
    }

    fn is_of(self, label: Self) -> bool {
        self.0 & !Self::COUNT == label.0
    }

    fn set(self) -> usize {
        (self.0 >> 13) as usize
    }

    /// One more was sent. Beyond 4,095 in one epoch the count starts anew.
    fn again(&mut self) -> u32 {
        self.0 = self.0 & !Self::COUNT | (self.0 + 1) & Self::COUNT;
        self.0 & Self::COUNT
    }
}

/// Labels that share some bits of their hash: one line of the cache.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Set([Counted; WAYS]);

impl Set {
    /// The ways for which a test holds, a bit each. All are tested, whichever passes: a loop of fixed length tests many at once.
    #[inline]
    fn ways(&self, test: impl Fn(Counted) -> bool) -> u32 {
        (0..WAYS).fold(0, |found, way| found | u32::from(test(self.0[way])) << way)
    }

    /// The first way without a label.
    fn free(&self) -> Option<usize> {
        let free = self.ways(|counted| counted == Counted::default());
        (free != 0).then_some(free.trailing_zeros() as usize)
    }
}

/// How often each label was sent over one link.
///
/// Bounded: labels fall into sets by their hash, and in a full set one of them gives way. There are as many sets as the traffic of the
/// present epoch asks for.
#[derive(Debug, Default)]
struct Repeats {
    sets: Vec<Set>,
    epoch: u64,
    /// Labels that came in during the epoch.
    entered: usize,
}

impl Repeats {
    #[inline]
    fn count(&mut self, hash: u64, epoch: u64) -> u32 {
        if epoch != self.epoch {
            self.epoch = epoch;
            self.entered = 0;
        }
        if self.entered >= self.sets.len() * WAYS / 2 && self.sets.len() < SETS_MAX {
            self.grow();
        }
        let label = Counted::new(hash);
        let set = set_of(&mut self.sets, label);
        let known = set.ways(|counted| counted.is_of(label));
        if known != 0 {
            return set.0[known.trailing_zeros() as usize].again();
        }
        let way = set.free().unwrap_or(self.entered % WAYS);
        set.0[way] = label;
        self.entered += 1;
        0
    }

    /// Doubles the sets, from none to one at first. Each set falls apart into two, so that every label finds room.
    #[cold]
    fn grow(&mut self) {
        let mut grown = vec![Set::default(); (self.sets.len() * 2).max(1)];
        for counted in self.sets.iter().flat_map(|set| set.0).filter(|counted| *counted != Counted::default()) {
            let set = set_of(&mut grown, counted);
            let way = set.free().expect("half of a set has room in a whole one");
            set.0[way] = counted;
        }
        self.sets = grown;
    }
}

/// The set that a label falls into; their number is a power of two.
#[inline]
fn set_of(sets: &mut [Set], label: Counted) -> &mut Set {
    let index = label.set() & (sets.len() - 1);
    &mut sets[index]
}

/// The links of one sender, in the order of their first messages.
#[derive(Debug, Default)]
pub(super) struct Peers {
    links: Vec<Link>,
    /// Where the link to each receiver lies.
    places: FxHashMap<u32, usize>,
    /// The place after that of the last message: who broadcasts again does so in the same order.
    expected: usize,
    sweep_at: usize,
}

impl Peers {
    /// The link to `to`; `classify` is asked for the class of one that is new.
    #[inline]
    pub(super) fn link(&mut self, to: NodeId, now: VirtualInstant, classify: impl FnOnce() -> (Address, u16)) -> &mut Link {
        let place = match self.links.get(self.expected) {
            Some(link) if link.to == to => self.expected,
            _ => self.place(to, now, classify),
        };
        self.expected = place + 1;
        &mut self.links[place]
    }

    fn place(&mut self, to: NodeId, now: VirtualInstant, classify: impl FnOnce() -> (Address, u16)) -> usize {
        if let Some(place) = self.places.get(&to.0) {
            return *place;
        }
        if self.links.len() > self.sweep_at.max(SWEEP_FROM) {
            self.sweep(now);
        }
        let (address, class) = classify();
        self.links.push(Link {
            to,
            address,
            class,
            last_arrival: VirtualInstant::ZERO,
            last_send: now,
            repeats: Repeats::default(),
        });
        let place = self.links.len() - 1;
        self.places.insert(to.0, place);
        place
    }

    /// Drops the links that are forgotten anyhow; whether and when this happens changes no fate.
    fn sweep(&mut self, now: VirtualInstant) {
        self.links.retain(|link| !link.is_forgotten(now));
        self.places = self.links.iter().enumerate().map(|(place, link)| (link.to.0, place)).collect();
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

    fn link(peers: &mut Peers, to: u32, now: VirtualInstant) -> &mut Link {
        peers.link(NodeId(to), now, || (Address::new().number(u64::from(to)), 0))
    }

    #[test]
    fn equal_labels_are_told_apart_by_how_often_they_were_sent() {
        let mut peers = Peers::default();
        let link = link(&mut peers, 1, at(0));
        let addresses = [7, 7, 8, 7].map(|label| link.address_of(label, at(1)));
        for (index, address) in addresses.iter().enumerate() {
            assert!(!addresses[index + 1..].contains(address), "message {index}");
        }
    }

    #[test]
    fn another_label_in_between_changes_nothing() {
        let (mut one, mut other) = (Peers::default(), Peers::default());
        let (one, other) = (link(&mut one, 1, at(0)), link(&mut other, 1, at(0)));
        one.address_of(8, at(1));
        assert_eq!([7, 7].map(|label| one.address_of(label, at(1))), [7, 7].map(|label| other.address_of(label, at(1))));
    }

    #[test]
    fn a_hundred_labels_are_told_apart_from_their_retries() {
        let mut peers = Peers::default();
        let link = link(&mut peers, 1, at(0));
        let firsts: Vec<Address> = (0..100).map(|label| link.address_of(label, at(label))).collect();
        let retries: Vec<Address> = (0..100).map(|label| link.address_of(label, at(100 + label))).collect();
        let doomed = firsts.iter().zip(&retries).filter(|(first, retry)| first == retry).count();
        assert_eq!(doomed, 0, "retries that share the fate of their first send");
    }

    #[test]
    fn a_label_that_is_sent_for_hours_is_told_apart_each_time() {
        let mut peers = Peers::default();
        let link = link(&mut peers, 1, at(0));
        let addresses: std::collections::BTreeSet<u64> = (0..100_000).map(|beat| link.address_of(7, at(beat * 50)).key()).collect();
        assert_eq!(addresses.len(), 100_000);
    }

    #[test]
    fn a_small_shift_in_time_changes_no_fate_of_a_label_that_is_new() {
        let (mut one, mut other) = (Peers::default(), Peers::default());
        let (one, other) = (link(&mut one, 1, at(0)), link(&mut other, 1, at(0)));
        let changed =
            (0..4_000_u64).filter(|label| one.address_of(*label, at(label * 10)) != other.address_of(*label, at(label * 10 + 50)));
        assert_eq!(changed.count(), 10, "those that the shift of 50 ms carries over one of two boundaries");
    }

    #[test]
    fn a_forgotten_label_starts_anew_in_the_next_epoch() {
        let mut peers = Peers::default();
        let link = link(&mut peers, 1, at(0));
        let first = link.address_of(7, at(0));
        let after_many = |link: &mut Link, now| {
            (100..100_000).for_each(|label| {
                link.address_of(label, now);
            });
            link.address_of(7, now)
        };
        assert_eq!(after_many(link, at(15_000)), first, "too many others came between");
        assert_ne!(after_many(link, at(17_000)), first, "a retry is not doomed for ever");
    }

    #[test]
    fn a_link_holds_no_more_than_its_traffic_asks_for() {
        let mut peers = Peers::default();
        let slow = link(&mut peers, 1, at(0));
        (0..10_000).for_each(|label| {
            slow.address_of(label, at(label * 1_000));
        });
        assert_eq!(slow.repeats.sets.len(), 2, "a label a second, 16 in an epoch");
        let busy = link(&mut peers, 2, at(0));
        (0..10_000).for_each(|label| {
            busy.address_of(label, at(label));
        });
        assert_eq!(busy.repeats.sets.len(), SETS_MAX);
    }

    #[test]
    fn sweeping_a_link_changes_no_fate() {
        let (mut kept, mut swept) = (Peers::default(), Peers::default());
        for peers in [&mut kept, &mut swept] {
            link(peers, 1, at(0)).address_of(7, at(0));
        }
        swept.sweep(at(20_000));
        assert_eq!((kept.links.len(), swept.links.len()), (1, 0));
        let [one, other] = [&mut kept, &mut swept].map(|peers| link(peers, 1, at(20_000)).address_of(7, at(20_000)));
        assert_eq!(one, other);
    }

    #[test]
    fn links_that_carry_nothing_are_forgotten() {
        let mut peers = Peers::default();
        for to in 0..10_000 {
            link(&mut peers, to, at(u64::from(to) * 1_000)).address_of(7, at(u64::from(to) * 1_000));
        }
        assert!(peers.links.len() <= 2 * SWEEP_FROM, "{} links", peers.links.len());
    }
}
