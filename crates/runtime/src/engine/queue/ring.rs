//! The near future: a ring of buckets.

use super::event::NO_SLOT;

/// Width of a bucket as a power of two, in nanoseconds: 32.8 us.
const BUCKET_BITS: u32 = 15;
/// Number of buckets as a power of two. They cover 33.6 ms, more than most link delays.
pub(super) const RING_BITS: u32 = 10;
const BUCKETS: u64 = 1 << RING_BITS;

/// Returns the number of an instant's bucket, counted from the start of the run.
#[inline]
pub(super) const fn bucket_of(at: u64) -> u64 {
    at >> BUCKET_BITS
}

/// Buckets as lists through one slab of events: an empty bucket costs four bytes.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// The first bucket of the covered range.
    pub(super) start: u64,
    /// The first slot of each occupied bucket.
    heads: Vec<u32>,
    /// A bit for each occupied bucket, and one for each word of them that is not zero.
    occupied: [u64; 16],
    summary: u16,
}

impl Ring {
    /// Allocates the buckets.
    pub(super) fn allocate(&mut self) {
        self.heads.resize(BUCKETS as usize, NO_SLOT);
    }

    /// Empties all buckets and restarts at time zero. Heads of empty buckets mean nothing.
    pub(super) fn clear_all(&mut self) {
        (self.start, self.occupied, self.summary) = (0, [0; 16], 0);
    }

    #[inline]
    pub(super) fn covers(&self, bucket: u64) -> bool {
        bucket.wrapping_sub(self.start) < BUCKETS
    }

    /// Puts the event in `slot` at the front of a covered bucket. Returns the slot of the event behind it.
    #[inline(always)]
    pub(super) fn push(&mut self, bucket: u64, slot: u32) -> u32 {
        let index = (bucket % BUCKETS) as usize;
        let (word, bit) = (index / 64, 1 << (index % 64));
        let before = std::mem::replace(&mut self.heads[index], slot);
        let next = if self.occupied[word] & bit == 0 { NO_SLOT } else { before };
        self.occupied[word] |= bit;
        self.summary |= 1 << word;
        next
    }

    /// Returns the first occupied bucket; `u64::MAX` if there is none.
    #[inline]
    pub(super) fn first(&self) -> u64 {
        let start = (self.start % BUCKETS) as usize;
        let (word, bit) = (start / 64, start % 64);
        let rest = self.occupied[word] >> bit;
        if rest != 0 {
            return self.start + u64::from(rest.trailing_zeros());
        }
        self.first_after(word)
    }

    /// Returns the first occupied bucket that is not in the rest of the first word.
    #[inline(never)]
    fn first_after(&self, word: usize) -> u64 {
        if self.summary == 0 {
            return u64::MAX;
        }
        // Search the words after the first one, then those before it, then the start of the first word.
        let after = self.summary.rotate_right(word as u32 + 1).trailing_zeros();
        let word = (word + 1 + after as usize) % 16;
        let index = (word * 64) as u64 + u64::from(self.occupied[word].trailing_zeros());
        self.start + (index.wrapping_sub(self.start) % BUCKETS)
    }

    /// Returns the first slot of an occupied bucket.
    #[inline]
    pub(super) fn head(&self, bucket: u64) -> u32 {
        self.heads[(bucket % BUCKETS) as usize]
    }

    #[inline]
    pub(super) fn clear(&mut self, bucket: u64) {
        let index = (bucket % BUCKETS) as usize;
        let word = index / 64;
        self.occupied[word] &= !(1 << (index % 64));
        if self.occupied[word] == 0 {
            self.summary &= !(1 << word);
        }
    }
}
