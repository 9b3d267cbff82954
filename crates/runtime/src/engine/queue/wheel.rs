//! The far future, in buckets that fall into finer ones when their time comes.

use super::event::{Event, NOBODY};
use super::ring::RING_BITS;

/// How many buckets a level has, as a power of two.
const LEVEL_BITS: u32 = 6;
const BUCKETS: u64 = 1 << LEVEL_BITS;

/// One level of the far future: 64 buckets, each as wide as all that is finer.
#[derive(Debug)]
struct Level {
    /// A bucket is so many of the ring's, as a power of two.
    shift: u32,
    heads: [u32; BUCKETS as usize],
    occupied: u64,
}

impl Level {
    fn new(shift: u32) -> Self {
        Self { shift, heads: [0; BUCKETS as usize], occupied: 0 }
    }

    /// The first of the ring's buckets that the first bucket in use covers; a number beyond all if none is.
    #[inline]
    fn first(&self, start: u64) -> u64 {
        if self.occupied == 0 {
            return u64::MAX;
        }
        let present = start >> self.shift;
        let after = self.occupied.rotate_right((present % BUCKETS) as u32).trailing_zeros();
        (present + u64::from(after)) << self.shift
    }
}

/// What lies beyond the ring: 2.1 s in buckets as wide as the ring, then 137 s in buckets as wide as those together.
#[derive(Debug)]
pub(super) struct Wheel {
    levels: [Level; 2],
    /// The first of the ring's buckets that a bucket in use covers; a number beyond all if none is.
    pub(super) first: u64,
}

impl Wheel {
    pub(super) fn new() -> Self {
        Self { levels: [Level::new(RING_BITS), Level::new(RING_BITS + LEVEL_BITS)], first: u64::MAX }
    }

    /// Which level holds events of the ring's bucket of that number, which lies beyond the ring that begins at `start`.
    #[inline]
    pub(super) fn level(&self, bucket: u64, start: u64) -> Option<usize> {
        self.levels.iter().position(|level| (bucket >> level.shift) - (start >> level.shift) < BUCKETS)
    }

    /// Puts the event of that slot into the bucket of a level that covers the ring's bucket of that number.
    #[inline]
    pub(super) fn push(&mut self, level: usize, bucket: u64, slot: u32, event: &mut Event) {
        let level = &mut self.levels[level];
        let number = bucket >> level.shift;
        let (index, bit) = ((number % BUCKETS) as usize, 1 << (number % BUCKETS));
        event.next = if level.occupied & bit == 0 { NOBODY } else { level.heads[index] };
        level.heads[index] = slot;
        level.occupied |= bit;
        self.first = self.first.min(number << level.shift);
    }

    /// Takes the events of the first bucket out, as a list, for a ring that began at `start` and is to begin no earlier than there.
    pub(super) fn take_first(&mut self, start: u64) -> u32 {
        // The coarser level first: where both begin at once, its events may come before those of the finer one.
        let level = usize::from(self.levels[1].first(start) == self.first);
        let level = &mut self.levels[level];
        let index = (self.first >> level.shift) % BUCKETS;
        level.occupied &= !(1 << index);
        let head = level.heads[index as usize];
        let start = start.max(self.first);
        self.first = self.levels.iter().map(|level| level.first(start)).min().unwrap_or(u64::MAX);
        head
    }
}
