//! Counts the sends of each label, which distinguishes a retry from the send before it.
//!
//! A datagram is addressed by the declared names of sender and receiver (`edge/1`, so removing a node renumbers nothing), its
//! label, the epoch, and the **repeat**: how often the label was sent on the link before, within the epoch.
//!
//! The repeats of a link are counted in an open-addressing table: 8 places at first, four times as many whenever three in four
//! are in use, up to 256. In a full table a new label replaces another. So a retry after more than about 192 other labels on one
//! link in one epoch may count as new: it shares the fate of the first send until the epoch ends, and has its own from then on. A
//! count restarts after 4,095, and two labels that share 20 bits of their hash are counted as one, in every run alike.

use cluster_sim_types::VirtualInstant;

/// The length of an epoch: 16 s of virtual time, in nanoseconds, counted from the start of the run.
///
/// A link forgets its labels when an epoch ends, so clients that roam over a thousand edges do not leave a thousand links each
/// behind, and a retry that counts as new shares an earlier fate no longer than that. With longer epochs it would share that fate
/// for longer; with shorter ones a small shift in time would change more fates, because a message that crosses the boundary of an
/// epoch is decided anew.
pub(super) const EPOCH_NANOSECONDS: u64 = 16_000_000_000;

/// Returns the number of the epoch that contains an instant.
#[inline]
pub(super) fn epoch_of(now: VirtualInstant) -> u32 {
    (now.as_nanoseconds() / EPOCH_NANOSECONDS) as u32
}

/// The size of a new table, and the factor by which it grows.
const PLACES_FIRST: usize = 8;
const GROWTH: usize = 4;

/// The largest size: 192 labels in 1 KiB, so that the tables of a thousand links fit into a cache.
const PLACES_MAX: usize = 256;

/// A label and its count in one word: 20 bits of the label's hash, then 12 bits of count, never zero.
///
/// Two labels with equal bits are counted as one, rarely and in every run alike. All zeros means empty.
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

    /// Counts one more send. Returns the count before it; after 4,095 in one epoch it restarts.
    #[inline]
    fn again(&mut self) -> u32 {
        let before = self.0 % (1 << COUNT_BITS);
        let count = if before == (1 << COUNT_BITS) - 1 { 1 } else { before + 1 };
        self.0 = self.tag() << COUNT_BITS | count;
        count - 1
    }
}

/// The number of sends of each label over one link in the current epoch.
///
/// Memory grows with the traffic of the epoch, up to a bound.
#[derive(Debug, Default)]
pub(super) struct SendCounts {
    places: Box<[LabelCount]>,
    /// Places in use.
    used: u32,
}

impl SendCounts {
    /// Counts a send of the label with this hash. Returns how often it was sent before in this epoch.
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

    /// Forgets all labels at the end of an epoch.
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

    /// Removes a label, and moves up those that it had displaced.
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

    /// Adds a label that is not in the table, which has room.
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

    /// Returns the label with its repeat, which together identify the send.
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
        assert_eq!(send_counts.places.len(), 0, "a quiet epoch frees the table");
    }
}
