//! What a sender remembers of each receiver: the link between them.

use cluster_sim_runtime::{Address, fold};
use cluster_sim_vocabulary::{NodeId, VirtualInstant};
use rustc_hash::FxHashMap;

/// How long a link that carries nothing is remembered, and how long a label that is new to its link starts from the same number: 16 s
/// of virtual time, in nanoseconds.
///
/// The first bounds memory: clients that roam over a thousand edges do not leave a thousand links each behind. The second bounds how
/// long a retry can share the fate of sends that were forgotten. Longer, and such a retry is doomed for longer; shorter, and more
/// messages that a small shift in time carries over a boundary change their fate.
const EPOCH_NANOSECONDS: u64 = 16_000_000_000;

/// How many labels share a set: as many as fit a line of the cache.
const WAYS: usize = 8;

/// How many sets a link has at the most. 1,024 labels in all: a retry after more others than that on one link counts as new.
const SETS_MAX: usize = 128;

/// A sender's links become worth sweeping for forgotten ones at this number.
const SWEEP_FROM: usize = 64;

/// One direction between two nodes, from the first message on.
#[derive(Debug)]
pub(super) struct Link {
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
    /// What tells this message from all others on the link: its label, and how often that was sent before.
    #[inline]
    pub(super) fn address_of(&mut self, label: u64, now: VirtualInstant) -> Address {
        if self.is_silent(now) {
            self.repeats = Repeats::default();
        }
        self.last_send = now;
        let labelled = self.address.number(label);
        labelled.number(self.repeats.count(labelled.key(), now))
    }

    fn is_silent(&self, now: VirtualInstant) -> bool {
        now.as_nanoseconds() - self.last_send.as_nanoseconds() > EPOCH_NANOSECONDS
    }

    fn is_forgotten(&self, now: VirtualInstant) -> bool {
        self.is_silent(now) && self.last_arrival < now
    }
}

/// A label and how far its count has come.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    /// The low half of the label's hash: two labels of one link that share it are taken for one, once in 2^32 and in every run alike.
    /// Zero where there is no label.
    tag: u32,
    count: u32,
}

/// How often each label was sent over one link.
///
/// Bounded: labels fall into sets by their hash, and in a full set the label that was sent longest ago gives way. There are as many sets
/// as the traffic of the present epoch asks for. A label that is new, or was forgotten, starts from a number that is the same for the
/// whole epoch, so that its fate does not hang on a small shift in time, and a retry is not doomed for ever.
#[derive(Debug, Default)]
struct Repeats {
    sets: Vec<[Counted; WAYS]>,
    epoch: u64,
    /// Labels that came in during the epoch.
    entered: usize,
}

impl Repeats {
    #[inline]
    fn count(&mut self, hash: u64, now: VirtualInstant) -> u64 {
        let epoch = now.as_nanoseconds() / EPOCH_NANOSECONDS;
        if epoch != self.epoch {
            self.epoch = epoch;
            self.entered = 0;
        }
        if self.entered >= self.sets.len() * WAYS / 2 && self.sets.len() < SETS_MAX {
            self.grow();
        }
        let tag = (hash as u32).max(1);
        let set = set_of(&mut self.sets, tag);
        // All ways are compared, whichever matches: a loop of fixed length compares many at once.
        let matching = (0..WAYS).fold(0_u32, |found, way| found | u32::from(set[way].tag == tag) << way);
        let counted = if matching == 0 {
            self.entered += 1;
            set.rotate_right(1);
            Counted { tag, count: if epoch == 0 { 0 } else { fold(1, epoch) as u32 } }
        } else {
            let way = matching.trailing_zeros() as usize;
            let Counted { count, .. } = set[way];
            set[..=way].rotate_right(1);
            Counted { tag, count: count.wrapping_add(1) }
        };
        set[0] = counted;
        u64::from(counted.count)
    }

    /// Doubles the sets, from none to one at first; the labels keep their order of age.
    #[cold]
    fn grow(&mut self) {
        let mut grown = vec![[Counted::default(); WAYS]; (self.sets.len() * 2).max(1)];
        for counted in self.sets.iter().flat_map(|set| set.iter().rev()).filter(|counted| counted.tag != 0) {
            let set = set_of(&mut grown, counted.tag);
            set.rotate_right(1);
            set[0] = *counted;
        }
        self.sets = grown;
    }
}

/// The set that a label falls into; their number is a power of two.
#[inline]
fn set_of(sets: &mut [[Counted; WAYS]], tag: u32) -> &mut [Counted; WAYS] {
    let index = tag as usize & (sets.len() - 1);
    &mut sets[index]
}

/// The links of one sender.
#[derive(Debug, Default)]
pub(super) struct Peers {
    links: FxHashMap<u32, Link>,
    sweep_at: usize,
}

impl Peers {
    /// The link to `to`; `classify` is asked for the class of one that is new.
    #[inline]
    pub(super) fn link(&mut self, to: NodeId, now: VirtualInstant, classify: impl FnOnce() -> (Address, u16)) -> &mut Link {
        if self.links.len() > self.sweep_at.max(SWEEP_FROM) && !self.links.contains_key(&to.0) {
            self.sweep(now);
        }
        self.links.entry(to.0).or_insert_with(|| {
            let (address, class) = classify();
            Link { address, class, last_arrival: VirtualInstant::ZERO, last_send: now, repeats: Repeats::default() }
        })
    }

    /// Drops the links that are forgotten anyhow; whether and when this happens changes no fate.
    fn sweep(&mut self, now: VirtualInstant) {
        #[expect(clippy::disallowed_methods, reason = "which links go is decided link by link, in any order")]
        self.links.retain(|_, link| !link.is_forgotten(now));
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
    fn a_thousand_labels_are_told_apart_from_their_retries() {
        let mut peers = Peers::default();
        let link = link(&mut peers, 1, at(0));
        let firsts: Vec<Address> = (0..400).map(|label| link.address_of(label, at(label))).collect();
        let retries: Vec<Address> = (0..400).map(|label| link.address_of(label, at(400 + label))).collect();
        let doomed = firsts.iter().zip(&retries).filter(|(first, retry)| first == retry).count();
        assert!(doomed <= 4, "{doomed} of 400 retries share the fate of their first send");
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
        assert_eq!(slow.repeats.sets.len(), 4, "a label a second, 16 s remembered");
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
