//! Counts the sends of each label, which distinguishes a retry from the send before it.
//!
//! A datagram is addressed by the declared names of sender and receiver (`edge/1`, so removing a node renumbers nothing), its
//! label, the epoch, and the **repeat**: how often the label was sent on the link before, within the epoch.
//!
//! The repeats of a link are counted in an open-addressing table of 8 places at first, then 32, then 256; it grows when three in
//! four are in use. When that table is full, it is kept as the older one and a new one begins; the one before it is
//! forgotten. A label that is sent again moves to the new table. So a retry after at most 191 other labels on one link in one epoch
//! is recognized. A later one may count as new: it shares the fate of the first send. A count restarts after 4,095, and two labels
//! that share 20 bits of their hash are counted as one, in every run alike.

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

/// The size of a new table.
const PLACES_FIRST: usize = 8;

/// The size of a table for a moderate number of labels, in two cache lines. One that outgrows it most likely gets many.
const PLACES_SECOND: usize = 32;

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
    /// The number of labels that the table still takes.
    room: u32,
    /// The table before, which was full.
    older: Option<Box<Older>>,
}

/// The words of a filter. With 192 labels in 2,048 bits, nine in ten of the others are recognized by their bit.
const FILTER_WORDS: usize = 32;

/// A full table, which only answers.
#[derive(Debug)]
struct Older {
    places: Box<[LabelCount]>,
    /// Has a bit for each of its labels, by eleven bits of the tag. Most labels that it does not hold are recognized here.
    filter: [u64; FILTER_WORDS],
}

impl Older {
    #[inline]
    fn bit(tag: u32) -> (usize, u64) {
        (tag as usize / 64 % FILTER_WORDS, 1 << (tag % 64))
    }

    /// Returns whether it may hold a label; false is certain.
    #[inline(always)]
    fn may_hold(&self, tag: u32) -> bool {
        let (word, bit) = Self::bit(tag);
        self.filter[word] & bit != 0
    }

    /// Returns a label with its count.
    fn find(&self, tag: u32) -> Option<LabelCount> {
        let entry = self.places[place_of(&self.places, tag)];
        (entry != LabelCount::default()).then_some(entry)
    }

    /// Indexes the labels.
    fn index(&mut self) {
        self.filter = [0; FILTER_WORDS];
        for entry in self.places.iter().filter(|entry| **entry != LabelCount::default()) {
            let (word, bit) = Self::bit(entry.tag());
            self.filter[word] |= bit;
        }
    }
}

/// Returns the number of labels that a table of this size takes: three in four of its places.
const fn limit(places: usize) -> u32 {
    places as u32 / 4 * 3
}

/// Returns the place of a label in a table that has room, or the free place where it belongs.
#[inline(always)]
fn place_of(places: &[LabelCount], tag: u32) -> usize {
    let mask = places.len() - 1;
    let mut place = tag as usize & mask;
    while places[place] != LabelCount::default() && places[place].tag() != tag {
        place = (place + 1) & mask;
    }
    place
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
        if self.older.as_ref().is_some_and(|older| older.may_hold(tag)) {
            return self.count_in_older(tag, place);
        }
        if self.room == 0 {
            self.insert_full(LabelCount::once(tag));
            return 0;
        }
        self.room -= 1;
        self.places[place] = LabelCount::once(tag);
        0
    }

    /// Counts a send of a label that is not in the table and may be in the older one; `place` is where it belongs.
    #[inline(never)]
    fn count_in_older(&mut self, tag: u32, place: usize) -> u32 {
        let Some(mut entry) = self.older.as_ref().and_then(|older| older.find(tag)) else {
            self.add(LabelCount::once(tag), place);
            return 0;
        };
        let before = entry.again();
        self.add(entry, place);
        before
    }

    #[inline]
    fn add(&mut self, entry: LabelCount, place: usize) {
        if self.room == 0 {
            self.insert_full(entry);
        } else {
            self.room -= 1;
            self.places[place] = entry;
        }
    }

    /// Forgets all labels at the end of an epoch.
    pub(super) fn clear(&mut self) {
        let used = limit(self.places.len()) - self.room;
        if self.older.take().is_none() && (used as usize) < self.places.len() / 8 {
            self.places = Box::default();
        }
        self.places.fill(LabelCount::default());
        self.room = limit(self.places.len());
    }

    /// Adds a label to a table that has no room.
    #[cold]
    fn insert_full(&mut self, entry: LabelCount) {
        if self.places.len() < PLACES_MAX {
            self.grow();
        } else {
            self.begin_table();
            self.room = limit(PLACES_MAX);
        }
        self.room -= 1;
        self.insert(entry);
    }

    /// Keeps the full table as the older one, and begins another.
    fn begin_table(&mut self) {
        let empty = || Older { places: vec![LabelCount::default(); PLACES_MAX].into_boxed_slice(), filter: [0; FILTER_WORDS] };
        let older = self.older.get_or_insert_with(|| Box::new(empty()));
        std::mem::swap(&mut self.places, &mut older.places);
        older.index();
        self.places.fill(LabelCount::default());
    }

    /// Adds a label that is not in the table, which has room.
    fn insert(&mut self, entry: LabelCount) {
        self.places[place_of(&self.places, entry.tag())] = entry;
    }

    #[cold]
    fn grow(&mut self) {
        let length = match self.places.len() {
            0 => PLACES_FIRST,
            PLACES_FIRST => PLACES_SECOND,
            _ => PLACES_MAX,
        };
        self.room += limit(length) - limit(self.places.len());
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
    fn a_retry_after_191_other_labels_is_recognized_at_any_time() {
        for before in (0..1_000).step_by(37) {
            let mut send_counts = SendCounts::default();
            (0..before).for_each(|label| {
                send(&mut send_counts, label);
            });
            for repeat in 0..20 {
                assert_eq!(send(&mut send_counts, 5_000).1, repeat, "after {before} labels");
                let others = 10_000 + u64::from(repeat) * 191;
                (others..others + 191).for_each(|label| {
                    send(&mut send_counts, label);
                });
            }
        }
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
