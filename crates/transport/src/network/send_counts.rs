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
struct Counted(u32);

const COUNT_BITS: u32 = 12;

impl Counted {
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
pub(super) struct Repeats {
    places: Box<[Counted]>,
    /// Places in use.
    used: u32,
}

impl Repeats {
    /// How often a message with this hash of its label was sent before in this epoch.
    #[inline(always)]
    pub(super) fn count(&mut self, hash: u64) -> u32 {
        let tag = (hash >> (32 + COUNT_BITS)) as u32;
        if self.places.is_empty() {
            self.grow();
        }
        let circle = self.places.len() - 1;
        let mut place = tag as usize & circle;
        loop {
            let counted = &mut self.places[place];
            if *counted == Counted::default() {
                break;
            }
            if counted.tag() == tag {
                return counted.again();
            }
            place = (place + 1) & circle;
        }
        if (self.used as usize + 1) * 4 > self.places.len() * 3 {
            self.enter_crowded(tag);
        } else {
            self.used += 1;
            self.places[place] = Counted::once(tag);
        }
        0
    }

    /// Forgets all labels, as at the end of an epoch.
    pub(super) fn clear(&mut self) {
        if (self.used as usize) < self.places.len() / 8 {
            self.places = Box::default();
        }
        self.places.fill(Counted::default());
        self.used = 0;
    }

    /// Adds a label to a table that has no room.
    #[cold]
    fn enter_crowded(&mut self, tag: u32) {
        if self.places.len() < PLACES_MAX {
            self.grow();
            self.used += 1;
        } else {
            let circle = self.places.len() - 1;
            let mut victim = tag as usize & circle;
            while self.places[victim] == Counted::default() {
                victim = (victim + 1) & circle;
            }
            self.remove(victim);
        }
        self.enter(Counted::once(tag));
    }

    /// Takes a label out, and moves those up that it kept from their places.
    fn remove(&mut self, mut hole: usize) {
        let circle = self.places.len() - 1;
        let mut next = (hole + 1) & circle;
        while self.places[next] != Counted::default() {
            let home = self.places[next].tag() as usize;
            if next.wrapping_sub(home) & circle >= next.wrapping_sub(hole) & circle {
                self.places[hole] = self.places[next];
                hole = next;
            }
            next = (next + 1) & circle;
        }
        self.places[hole] = Counted::default();
    }

    /// Adds a label that is not there to a table with room.
    fn enter(&mut self, counted: Counted) {
        let circle = self.places.len() - 1;
        let mut place = counted.tag() as usize & circle;
        while self.places[place] != Counted::default() {
            place = (place + 1) & circle;
        }
        self.places[place] = counted;
    }

    #[cold]
    fn grow(&mut self) {
        let length = (self.places.len() * GROWTH).clamp(PLACES_FIRST, PLACES_MAX);
        let before = std::mem::replace(&mut self.places, vec![Counted::default(); length].into_boxed_slice());
        before.iter().filter(|counted| **counted != Counted::default()).for_each(|counted| self.enter(*counted));
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_runtime::finalize;

    use super::*;

    /// What tells a send of that label from those before it.
    fn send(repeats: &mut Repeats, label: u64) -> (u64, u32) {
        (label, repeats.count(finalize(label + 1)))
    }

    #[test]
    fn equal_labels_are_told_apart_by_how_often_they_were_sent() {
        let mut repeats = Repeats::default();
        assert_eq!([7, 7, 8, 7].map(|label| send(&mut repeats, label)), [(7, 0), (7, 1), (8, 0), (7, 2)]);
    }

    #[test]
    fn another_label_in_between_changes_nothing() {
        let (mut one, mut other) = (Repeats::default(), Repeats::default());
        send(&mut one, 8);
        assert_eq!([7, 7].map(|label| send(&mut one, label)), [7, 7].map(|label| send(&mut other, label)));
    }

    #[test]
    fn a_hundred_labels_are_told_apart_from_their_retries() {
        let mut repeats = Repeats::default();
        let firsts: Vec<(u64, u32)> = (0..192).map(|label| send(&mut repeats, label)).collect();
        let retries: Vec<(u64, u32)> = (0..192).map(|label| send(&mut repeats, label)).collect();
        let doomed = firsts.iter().zip(&retries).filter(|(first, retry)| first == retry).count();
        assert_eq!(doomed, 0, "retries that share the fate of their first send");
    }

    #[test]
    fn a_label_that_is_sent_for_a_whole_epoch_is_told_apart_each_time() {
        let mut repeats = Repeats::default();
        let counts: std::collections::BTreeSet<u32> = (0..4_095).map(|_| send(&mut repeats, 7).1).collect();
        assert_eq!(counts.len(), 4_095);
        assert_eq!(send(&mut repeats, 7).1, 0);
    }

    #[test]
    fn a_label_is_forgotten_after_many_others_and_in_the_next_epoch() {
        let mut repeats = Repeats::default();
        let first = send(&mut repeats, 7);
        (100..100_000).for_each(|label| {
            send(&mut repeats, label);
        });
        assert_eq!(send(&mut repeats, 7), first, "too many others came between");
        assert_ne!(send(&mut repeats, 7), first);
        repeats.clear();
        assert_eq!(send(&mut repeats, 7), first);
    }

    #[test]
    fn it_holds_no_more_than_its_traffic_asks_for() {
        let mut repeats = Repeats::default();
        (0..16).for_each(|label| {
            send(&mut repeats, label);
        });
        assert_eq!(repeats.places.len(), 32);
        (0..10_000).for_each(|label| {
            send(&mut repeats, label);
        });
        assert_eq!(repeats.places.len(), PLACES_MAX);
        repeats.clear();
        send(&mut repeats, 7);
        repeats.clear();
        assert_eq!(repeats.places.len(), 0, "it gives back what a quiet epoch does not need");
    }
}
