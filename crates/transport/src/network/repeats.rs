//! How often each message was sent: what tells a retry from the send before it.

use cluster_sim_vocabulary::VirtualInstant;

/// The epochs of a run, 16 s of virtual time in nanoseconds: the epoch of its send is part of what tells a message from others like it.
///
/// A link that carries nothing for as long forgets what it carried, so that clients that roam over a thousand edges do not leave a
/// thousand links each behind. And a retry whose earlier sends were forgotten shares their fate to the end of the epoch at the most.
/// Longer epochs would doom it for longer; in shorter ones a small shift in time would change the fate of more messages.
pub(super) const EPOCH_NANOSECONDS: u64 = 16_000_000_000;

/// How many labels share a set: as many as fit a line of the cache.
const WAYS: usize = 16;

/// How many sets a link has at the most: 256 labels in a KiB, which a thousand links can have and still share a cache. A retry after more
/// others than that on one link counts as new.
const SETS_MAX: usize = 16;

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
pub(super) struct Repeats {
    sets: Vec<Set>,
    epoch: u64,
    /// Labels that came in during the epoch.
    entered: usize,
}

impl Repeats {
    /// What tells a message with this hash of its label from others like it: the epoch, and how often it was sent before.
    #[inline]
    pub(super) fn number(&mut self, hash: u64, now: VirtualInstant) -> u64 {
        let epoch = now.as_nanoseconds() / EPOCH_NANOSECONDS;
        epoch << 32 | u64::from(self.count(hash, epoch))
    }

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cluster_sim_runtime::finalize;

    use super::*;

    fn at(milliseconds: u64) -> VirtualInstant {
        VirtualInstant::ZERO + Duration::from_millis(milliseconds)
    }

    /// A label and what tells it from others like it.
    fn address(repeats: &mut Repeats, label: u64, now: VirtualInstant) -> (u64, u64) {
        (label, repeats.number(finalize(label + 1), now))
    }

    #[test]
    fn equal_labels_are_told_apart_by_how_often_they_were_sent() {
        let mut repeats = Repeats::default();
        let addresses = [7, 7, 8, 7].map(|label| address(&mut repeats, label, at(1)));
        for (index, address) in addresses.iter().enumerate() {
            assert!(!addresses[index + 1..].contains(address), "message {index}");
        }
    }

    #[test]
    fn another_label_in_between_changes_nothing() {
        let (mut one, mut other) = (Repeats::default(), Repeats::default());
        address(&mut one, 8, at(1));
        assert_eq!([7, 7].map(|label| address(&mut one, label, at(1))), [7, 7].map(|label| address(&mut other, label, at(1))));
    }

    #[test]
    fn a_hundred_labels_are_told_apart_from_their_retries() {
        let mut repeats = Repeats::default();
        let firsts: Vec<(u64, u64)> = (0..100).map(|label| address(&mut repeats, label, at(label))).collect();
        let retries: Vec<(u64, u64)> = (0..100).map(|label| address(&mut repeats, label, at(100 + label))).collect();
        let doomed = firsts.iter().zip(&retries).filter(|(first, retry)| first == retry).count();
        assert_eq!(doomed, 0, "retries that share the fate of their first send");
    }

    #[test]
    fn a_label_that_is_sent_for_hours_is_told_apart_each_time() {
        let mut repeats = Repeats::default();
        let addresses: std::collections::BTreeSet<(u64, u64)> =
            (0..100_000).map(|beat| address(&mut repeats, 7, at(beat * 50))).collect();
        assert_eq!(addresses.len(), 100_000);
    }

    #[test]
    fn a_small_shift_in_time_changes_no_fate_of_a_label_that_is_new() {
        let (mut one, mut other) = (Repeats::default(), Repeats::default());
        let changed = (0..4_000_u64)
            .filter(|label| address(&mut one, *label, at(label * 10)) != address(&mut other, *label, at(label * 10 + 50)));
        assert_eq!(changed.count(), 10, "those that the shift of 50 ms carries over one of two boundaries");
    }

    #[test]
    fn a_forgotten_label_starts_anew_in_the_next_epoch() {
        let mut repeats = Repeats::default();
        let first = address(&mut repeats, 7, at(0));
        let mut after_many = |now| {
            (100..100_000).for_each(|label| {
                address(&mut repeats, label, now);
            });
            address(&mut repeats, 7, now)
        };
        assert_eq!(after_many(at(15_000)), first, "too many others came between");
        assert_ne!(after_many(at(17_000)), first, "a retry is not doomed for ever");
    }

    #[test]
    fn it_holds_no_more_than_its_traffic_asks_for() {
        let mut slow = Repeats::default();
        (0..10_000).for_each(|label| {
            address(&mut slow, label, at(label * 1_000));
        });
        assert_eq!(slow.sets.len(), 2, "a label a second, 16 in an epoch");
        let mut busy = Repeats::default();
        (0..10_000).for_each(|label| {
            address(&mut busy, label, at(label));
        });
        assert_eq!(busy.sets.len(), SETS_MAX);
    }
}
