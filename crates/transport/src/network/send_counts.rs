//! How often each message was sent: what tells a retry from the send before it.

use cluster_sim_types::VirtualInstant;

/// The epochs of a run, 16 s of virtual time in nanoseconds: the epoch of its send is part of what tells a message from others like it.
///
/// A link forgets what it carried when an epoch ends, so that clients that roam over a thousand edges do not leave a thousand links each
/// behind. And a retry whose earlier sends were forgotten shares their fate to the end of the epoch at the most. Longer epochs would doom
/// it for longer; in shorter ones a small shift in time would change the fate of more messages.
pub(super) const EPOCH_NANOSECONDS: u64 = 16_000_000_000;

/// The number of the epoch that an instant falls into.
#[inline]
pub(super) fn epoch_of(now: VirtualInstant) -> u32 {
    (now.as_nanoseconds() / EPOCH_NANOSECONDS) as u32
}

/// How many places a table has at first, and by which factor it grows.
const PLACES_FIRST: usize = 8;
const GROWTH: usize = 4;

/// How many places a table has at the most: three in four are used, so 192 labels in a KiB, which a thousand links can have and still
/// share a cache. A retry after more others than that on one link may count as new.
const PLACES_MAX: usize = 256;

/// A label and how often it was sent, in one word: 20 bits of the label's hash, then 12 of the count, which is never zero.
///
/// Two labels that share their bits are taken for one, rarely and in every run alike. All zeros is no label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct LabelCount(u32);

const COUNT_BITS: u32 = 12;

impl LabelCount {
    #[inline]
    fn once(tag: u32) -> Self {
        Self(tag << COUNT_BITS | 1)
    }

    #[inline]
    fn tag(self) -> u32 {
        self.0 >> COUNT_BITS
    }

    /// How often it was sent before one more was. Beyond 4,095 in one epoch the count starts anew.
    #[inline]
    fn again(&mut self) -> u32 {
        let before = self.0 % (1 << COUNT_BITS);
        let count = if before == (1 << COUNT_BITS) - 1 { 1 } else { before + 1 };
        self.0 = self.tag() << COUNT_BITS | count;
        count - 1
    }
}

/// How often each label was sent over one link in the present epoch.
///
/// A table with open places, bounded: where it can grow no more, a new label takes the place of another. There are as many places as the
/// traffic of the epoch asks for.
#[derive(Debug, Default)]
pub(super) struct SendCounts {
    places: Box<[LabelCount]>,
    /// Places in use.
    used: u32,
}

impl SendCounts {
    /// How often a message with this hash of its label was sent before in this epoch.
    #[inline(always)]
    pub(super) fn count(&mut self, hash: u64) -> u32 {
        let tag = (hash >> (32 + COUNT_BITS)) as u32;
        if self.places.is_empty() {
            self.grow();
        }
        let mask = self.places.len() - 1;
        let mut place = tag as usize & mask;
        loop {
            let entry = &mut self.places[place];
            if *entry == LabelCount::default() {
                break;
            }
            if entry.tag() == tag {
                return entry.again();
            }
            place = (place + 1) & mask;
        }
        if (self.used as usize + 1) * 4 > self.places.len() * 3 {
            self.insert_full(tag);
        } else {
            self.used += 1;
            self.places[place] = LabelCount::once(tag);
        }
        0
    }

    /// Forgets all labels, as at the end of an epoch.
    pub(super) fn clear(&mut self) {
        if (self.used as usize) < self.places.len() / 8 {
            self.places = Box::default();
        }
        self.places.fill(LabelCount::default());
        self.used = 0;
    }

    /// Adds a label to a table that has no room.
    #[cold]
    fn insert_full(&mut self, tag: u32) {
        if self.places.len() < PLACES_MAX {
            self.grow();
            self.used += 1;
        } else {
            let mask = self.places.len() - 1;
            let mut victim = tag as usize & mask;
            while self.places[victim] == LabelCount::default() {
                victim = (victim + 1) & mask;
            }
            self.remove(victim);
        }
        self.insert(LabelCount::once(tag));
    }

    /// Takes a label out, and moves those up that it kept from their places.
    fn remove(&mut self, mut hole: usize) {
        let mask = self.places.len() - 1;
        let mut next = (hole + 1) & mask;
        while self.places[next] != LabelCount::default() {
            let home = self.places[next].tag() as usize;
            if next.wrapping_sub(home) & mask >= next.wrapping_sub(hole) & mask {
                self.places[hole] = self.places[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        self.places[hole] = LabelCount::default();
    }

    /// Adds a label that is not there to a table with room.
    fn insert(&mut self, entry: LabelCount) {
        let mask = self.places.len() - 1;
        let mut place = entry.tag() as usize & mask;
        while self.places[place] != LabelCount::default() {
            place = (place + 1) & mask;
        }
        self.places[place] = entry;
    }

    #[cold]
    fn grow(&mut self) {
        let length = (self.places.len() * GROWTH).clamp(PLACES_FIRST, PLACES_MAX);
        let before = std::mem::replace(&mut self.places, vec![LabelCount::default(); length].into_boxed_slice());
        before.iter().filter(|entry| **entry != LabelCount::default()).for_each(|entry| self.insert(*entry));
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_runtime::finalize;

    use super::*;

    /// What tells a send of that label from those before it.
    fn send(send_counts: &mut SendCounts, label: u64) -> (u64, u32) {
        (label, send_counts.count(finalize(label + 1)))
    }

    #[test]
    fn repeats_of_a_label_are_numbered() {
        let mut send_counts = SendCounts::default();
        assert_eq!([7, 7, 8, 7].map(|label| send(&mut send_counts, label)), [(7, 0), (7, 1), (8, 0), (7, 2)]);
    }

    #[test]
    fn other_labels_do_not_change_the_count() {
        let (mut one, mut other) = (SendCounts::default(), SendCounts::default());
        send(&mut one, 8);
        assert_eq!([7, 7].map(|label| send(&mut one, label)), [7, 7].map(|label| send(&mut other, label)));
    }

    #[test]
    fn retries_of_192_labels_differ_from_their_first_sends() {
        let mut send_counts = SendCounts::default();
        let firsts: Vec<(u64, u32)> = (0..192).map(|label| send(&mut send_counts, label)).collect();
        let retries: Vec<(u64, u32)> = (0..192).map(|label| send(&mut send_counts, label)).collect();
        let shared = firsts.iter().zip(&retries).filter(|(first, retry)| first == retry).count();
        assert_eq!(shared, 0, "retries that share the fate of their first send");
    }

    #[test]
    fn a_label_is_counted_up_to_4095_times_per_epoch() {
        let mut send_counts = SendCounts::default();
        let counts: std::collections::BTreeSet<u32> = (0..4_095).map(|_| send(&mut send_counts, 7).1).collect();
        assert_eq!(counts.len(), 4_095);
        assert_eq!(send(&mut send_counts, 7).1, 0);
    }

    #[test]
    fn a_count_restarts_after_many_other_labels_or_an_epoch() {
        let mut send_counts = SendCounts::default();
        let first = send(&mut send_counts, 7);
        (100..100_000).for_each(|label| {
            send(&mut send_counts, label);
        });
        assert_eq!(send(&mut send_counts, 7), first, "too many others came between");
        assert_ne!(send(&mut send_counts, 7), first);
        send_counts.clear();
        assert_eq!(send(&mut send_counts, 7), first);
    }

    #[test]
    fn the_table_grows_and_shrinks_with_its_traffic() {
        let mut send_counts = SendCounts::default();
        (0..16).for_each(|label| {
            send(&mut send_counts, label);
        });
        assert_eq!(send_counts.places.len(), 32);
        (0..10_000).for_each(|label| {
            send(&mut send_counts, label);
        });
        assert_eq!(send_counts.places.len(), PLACES_MAX);
        send_counts.clear();
        send(&mut send_counts, 7);
        send_counts.clear();
        assert_eq!(send_counts.places.len(), 0, "it gives back what a quiet epoch does not need");
    }
}
