//! The far future: levels of coarse buckets that cascade into finer ones.

use super::event::{Event, NO_SLOT};
use super::ring::RING_BITS;

/// Number of buckets of a level, as a power of two.
const LEVEL_BITS: u32 = 6;
const BUCKETS: u64 = 1 << LEVEL_BITS;

/// One level: 64 buckets, each as wide as everything finer.
#[derive(Debug)]
struct Level {
    /// Width of a bucket in buckets of the ring, as a power of two.
    shift: u32,
    heads: [u32; BUCKETS as usize],
    occupied: u64,
}

impl Level {
    fn new(shift: u32) -> Self {
        Self { shift, heads: [0; BUCKETS as usize], occupied: 0 }
    }

    /// Returns the start of the first occupied bucket, as a bucket of the ring; `u64::MAX` if there is none.
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

/// The width of a bucket of each level in buckets of the ring, as a power of two.
const SHIFTS: [u32; 2] = [RING_BITS, RING_BITS + LEVEL_BITS];

/// Two levels beyond the ring: 2.1 s in buckets as wide as the ring, then 137 s in buckets of 2.1 s.
#[derive(Debug)]
pub(super) struct Wheel {
    /// Kept by [`clear`](Self::clear), since most runs need it; boxed, because a queue is moved between runs.
    levels: Option<Box<[Level; 2]>>,
    /// The start of the first occupied bucket of all levels, as a bucket of the ring; `u64::MAX` if none.
    pub(super) first: u64,
}

impl Wheel {
    /// Creates a wheel without memory.
    pub(super) const fn new() -> Self {
        Self { levels: None, first: u64::MAX }
    }

    /// Removes all events; keeps the memory.
    pub(super) fn clear(&mut self) {
        self.first = u64::MAX;
        self.levels.iter_mut().flat_map(|levels| levels.iter_mut()).for_each(|level| level.occupied = 0);
    }

    fn levels(&mut self) -> &mut [Level; 2] {
        self.levels.get_or_insert_with(|| Box::new([Level::new(SHIFTS[0]), Level::new(SHIFTS[1])]))
    }

    /// Returns the level for a bucket that lies beyond the ring; `None` if it is beyond the wheel.
    #[inline]
    pub(super) fn level(bucket: u64, start: u64) -> Option<usize> {
        SHIFTS.iter().position(|shift| (bucket >> shift) - (start >> shift) < BUCKETS)
    }

    /// Adds the event in `slot` to the bucket of `level` that covers the ring's `bucket`.
    #[inline]
    pub(super) fn push(&mut self, level: usize, bucket: u64, slot: u32, event: &mut Event) {
        let level = &mut self.levels()[level];
        let number = bucket >> level.shift;
        let (index, bit) = ((number % BUCKETS) as usize, 1 << (number % BUCKETS));
        event.next = if level.occupied & bit == 0 { NO_SLOT } else { level.heads[index] };
        level.heads[index] = slot;
        level.occupied |= bit;
        let start = number << level.shift;
        self.first = self.first.min(start);
    }

    /// Empties the first bucket and returns its list; the ring at `start` moves to that bucket.
    pub(super) fn take_first(&mut self, start: u64) -> u32 {
        // Coarser level first: if both begin together, its events may precede those of the finer one.
        let first = self.first;
        let levels = self.levels();
        let level = usize::from(levels[1].first(start) == first);
        let level = &mut levels[level];
        let index = (first >> level.shift) % BUCKETS;
        level.occupied &= !(1 << index);
        let head = level.heads[index as usize];
        let start = start.max(first);
        self.first = levels.iter().map(|level| level.first(start)).min().unwrap_or(u64::MAX);
        head
    }
}
