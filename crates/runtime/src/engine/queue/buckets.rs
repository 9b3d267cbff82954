//! The near future, bucket by bucket.

use cluster_sim_vocabulary::VirtualInstant;

use super::Event;

/// How many nanoseconds of the near future share a bucket, as a power of two: 65.5 us.
pub(super) const BUCKET_BITS: u32 = 16;
/// How many buckets there are: 268 ms of the near future, more than most links take.
const BUCKETS: usize = 64 * 64;
/// The number of the bucket that an instant falls into, counted from the start of the run.
#[inline]
pub(super) fn bucket_of(at: VirtualInstant) -> u64 {
    at.as_nanoseconds() >> BUCKET_BITS
}

/// The near future after the present bucket.
#[derive(Debug)]
pub(super) struct Buckets {
    /// The bucket that was taken last; those after it, short of a whole turn, are held here.
    present: u64,
    ring: Vec<Vec<Event>>,
    /// Which buckets of the ring hold anything, and which words of that.
    occupied: [u64; 64],
    summary: u64,
}

impl Buckets {
    pub(super) fn new(present: u64) -> Self {
        Self { present, ring: vec![Vec::new(); BUCKETS], occupied: [0; 64], summary: 0 }
    }

    #[inline]
    pub(super) fn covers(&self, at: VirtualInstant) -> bool {
        let bucket = bucket_of(at);
        self.present < bucket && bucket < self.present + BUCKETS as u64
    }

    #[inline]
    pub(super) fn push(&mut self, event: Event) {
        let index = bucket_of(event.when.at) as usize % BUCKETS;
        self.ring[index].push(event);
        self.occupied[index / 64] |= 1 << (index % 64);
        self.summary |= 1 << (index / 64);
    }

    /// The first bucket after the present one that holds anything.
    #[inline]
    pub(super) fn first(&self) -> Option<u64> {
        if self.summary == 0 {
            return None;
        }
        let start = (self.present as usize + 1) % BUCKETS;
        // In turn: the rest of the word the search starts in, the words behind it, the words before it, that word's beginning.
        let (word, bit) = (start / 64, start % 64);
        let rest = self.occupied[word] & (u64::MAX << bit);
        let index = if rest != 0 {
            word * 64 + rest.trailing_zeros() as usize
        } else {
            let behind = if word == 63 { 0 } else { self.summary & (u64::MAX << (word + 1)) };
            let word = if behind != 0 { behind } else { self.summary }.trailing_zeros() as usize;
            word * 64 + self.occupied[word].trailing_zeros() as usize
        };
        Some(self.present + 1 + ((index + BUCKETS - start) % BUCKETS) as u64)
    }

    /// Swaps a bucket's events into an empty list, and makes it the present one.
    pub(super) fn take(&mut self, bucket: u64, events: &mut Vec<Event>) {
        let index = bucket as usize % BUCKETS;
        // The lists swap places, so that their memory goes round.
        std::mem::swap(&mut self.ring[index], events);
        self.occupied[index / 64] &= !(1 << (index % 64));
        if self.occupied[index / 64] == 0 {
            self.summary &= !(1 << (index / 64));
        }
        self.present = bucket;
    }

    /// Lets the present move on; no bucket up to there may hold anything.
    #[inline]
    pub(super) fn slide_to(&mut self, bucket: u64) {
        self.present = self.present.max(bucket);
    }
}
