//! The near future, bucket by bucket.

use super::event::{Event, NOBODY};

/// How many nanoseconds of the near future share a bucket, as a power of two: 32.8 us.
const BUCKET_BITS: u32 = 15;
/// How many buckets there are, as a power of two: 33.6 ms of the near future, more than most links take.
pub(super) const RING_BITS: u32 = 10;
const BUCKETS: u64 = 1 << RING_BITS;

/// The number of the bucket that an instant falls into, counted from the start of the run.
#[inline]
pub(super) const fn bucket_of(at: u64) -> u64 {
    at >> BUCKET_BITS
}

/// The buckets of the near future: lists through one slab of events, so that a bucket costs four bytes while it is empty.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// The first bucket that may be held here; so are those after it, short of a whole turn.
    pub(super) start: u64,
    /// The first event of each bucket that holds any.
    heads: Vec<u32>,
    /// Which buckets hold any, and which words of that.
    occupied: [u64; 16],
    summary: u16,
}

impl Ring {
    /// Makes ready for events.
    pub(super) fn make_room(&mut self) {
        self.heads.resize(BUCKETS as usize, NOBODY);
    }

    /// Empties all buckets and goes back to the start of time. A head is read only where the bucket is occupied.
    pub(super) fn clear_all(&mut self) {
        (self.start, self.occupied, self.summary) = (0, [0; 16], 0);
    }

    #[inline]
    pub(super) fn covers(&self, bucket: u64) -> bool {
        bucket.wrapping_sub(self.start) < BUCKETS
    }

    /// Puts the event of that slot at the front of a bucket that is covered.
    #[inline]
    pub(super) fn push(&mut self, bucket: u64, slot: u32, event: &mut Event) {
        let index = (bucket % BUCKETS) as usize;
        let (word, bit) = (index / 64, 1 << (index % 64));
        event.next = if self.occupied[word] & bit == 0 { NOBODY } else { self.heads[index] };
        self.heads[index] = slot;
        self.occupied[word] |= bit;
        self.summary |= 1 << word;
    }

    /// The first bucket that holds anything; a number beyond all if none does.
    #[inline]
    pub(super) fn first(&self) -> u64 {
        let start = (self.start % BUCKETS) as usize;
        let (word, bit) = (start / 64, start % 64);
        let rest = self.occupied[word] >> bit;
        if rest != 0 {
            return self.start + u64::from(rest.trailing_zeros());
        }
        if self.summary == 0 {
            return u64::MAX;
        }
        // In turn: the words behind the one the search starts in, those before it, and that word's beginning.
        let after = self.summary.rotate_right(word as u32 + 1).trailing_zeros();
        let word = (word + 1 + after as usize) % 16;
        let index = (word * 64) as u64 + u64::from(self.occupied[word].trailing_zeros());
        self.start + (index.wrapping_sub(self.start) % BUCKETS)
    }

    /// The slot of the first event of a bucket that holds any.
    #[inline]
    pub(super) fn head(&self, bucket: u64) -> u32 {
        self.heads[(bucket % BUCKETS) as usize]
    }

    /// Empties a bucket.
    #[inline]
    pub(super) fn clear(&mut self, bucket: u64) {
        let index = (bucket % BUCKETS) as usize;
        let word = index / 64;
        self.occupied[word] &= !(1 << (index % 64));
        self.summary &= !(u16::from(self.occupied[word] == 0) << word);
    }
}
