//! The event queue of the floor: a calendar queue that slides with the clock.
//!
//! The near future is in 1,024 buckets of 2^15 ns each, as linked lists in one slab. A bucket with several entries is sorted into an array
//! when the clock reaches it. Later entries wait in a hierarchical wheel and move to the buckets once.

use super::wheel::Wheel;

/// One bucket is 2^15 ns long.
const BUCKET_BITS: u32 = 15;
/// Buckets in the ring.
const BUCKETS: u64 = 1024;
/// Half of the ring, in buckets, as a power of two. The ring covers the half that the clock is in and the next one.
const HALF_BITS: u32 = 9;

/// The index that means no entry.
pub(super) const NONE: u32 = u32::MAX;

/// An entry of the queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<E> {
    /// The instant in nanoseconds.
    pub(super) at: u64,
    /// The order among the entries of one instant.
    pub(super) rank: u64,
    pub(super) event: E,
    /// The next entry in its list.
    pub(super) next: u32,
}

impl<E> Entry<E> {
    /// The half of a ring that it belongs to, counted from zero.
    pub(super) fn half(&self) -> u64 {
        self.at >> (BUCKET_BITS + HALF_BITS)
    }
}

/// A queue in order of instant and rank.
#[derive(Debug)]
pub(crate) struct Calendar<E> {
    slab: Vec<Entry<E>>,
    free: u32,
    /// The first entry of each bucket.
    heads: Vec<u32>,
    /// A bit for each bucket that is not empty.
    occupied: [u64; (BUCKETS / 64) as usize],
    /// A bit for each word of `occupied` that is not zero.
    summary: u64,
    /// The bucket that the clock is in, counted from zero.
    current: u64,
    /// The rest of that bucket, in reverse order: instant, rank and entry.
    present: Vec<(u64, u64, u32)>,
    /// Entries beyond the ring.
    far: Option<Box<Wheel>>,
}

impl<E: Copy> Calendar<E> {
    pub(crate) fn new() -> Self {
        Self {
            slab: Vec::new(),
            free: NONE,
            heads: vec![NONE; BUCKETS as usize],
            occupied: [0; (BUCKETS / 64) as usize],
            summary: 0,
            current: 0,
            present: Vec::new(),
            far: None,
        }
    }

    /// Removes all entries and sets the clock to zero; keeps the memory.
    pub(crate) fn clear(&mut self) {
        while let Some(bucket) = self.next_bucket() {
            self.heads[(bucket % BUCKETS) as usize] = NONE;
            self.vacate(bucket);
        }
        self.slab.clear();
        self.free = NONE;
        self.current = 0;
        self.present.clear();
        self.far = None;
    }

    /// Adds an event. `at` must not be before the last popped event.
    #[inline(always)]
    pub(crate) fn push(&mut self, at: u64, rank: u64, event: E) {
        let entry = Entry { at, rank, event, next: NONE };
        let index = match self.slab.get_mut(self.free as usize) {
            Some(slot) => {
                let index = self.free;
                self.free = slot.next;
                *slot = entry;
                index
            }
            None => {
                self.slab.push(entry);
                self.slab.len() as u32 - 1
            }
        };
        let bucket = at >> BUCKET_BITS;
        if bucket > self.current && entry.half() <= (self.current >> HALF_BITS) + 1 {
            self.enter(bucket, index);
        } else {
            self.push_outside_ring(index);
        }
    }

    /// Inserts an entry outside the ring: into the rest of the present bucket, or into the wheel.
    #[inline(never)]
    fn push_outside_ring(&mut self, index: u32) {
        let Entry { at, rank, .. } = self.slab[index as usize];
        if at >> BUCKET_BITS <= self.current {
            let place = self.present.partition_point(|later| (later.0, later.1) > (at, rank));
            self.present.insert(place, (at, rank, index));
        } else {
            let near = (self.current >> HALF_BITS) + 1;
            self.far.get_or_insert_with(|| Box::new(Wheel::new(near))).push(&mut self.slab, index);
        }
    }

    /// Inserts an entry into the ring.
    #[inline(always)]
    fn enter(&mut self, bucket: u64, index: u32) {
        let place = bucket % BUCKETS;
        let head = &mut self.heads[place as usize];
        self.slab[index as usize].next = *head;
        *head = index;
        self.occupied[(place / 64) as usize] |= 1 << (place % 64);
        self.summary |= 1 << (place / 64);
    }

    #[inline(always)]
    fn vacate(&mut self, bucket: u64) {
        let place = bucket % BUCKETS;
        let word = &mut self.occupied[(place / 64) as usize];
        *word &= !(1 << (place % 64));
        if *word == 0 {
            self.summary &= !(1 << (place / 64));
        }
    }

    /// Removes the next event, with its instant.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<(u64, E)> {
        if let Some((at, _, index)) = self.present.pop() {
            return Some((at, self.release(index)));
        }
        let bucket = match self.next_bucket() {
            Some(bucket) => bucket,
            None => self.leap()?,
        };
        self.move_to(bucket);
        self.vacate(bucket);
        let head = std::mem::replace(&mut self.heads[(bucket % BUCKETS) as usize], NONE);
        let Entry { at, next, .. } = self.slab[head as usize];
        if next == NONE {
            return Some((at, self.release(head)));
        }
        let (at, index) = self.sort(head);
        Some((at, self.release(index)))
    }

    /// Sorts a list of two or more entries into `present`, and removes the first of them.
    #[inline(never)]
    fn sort(&mut self, head: u32) -> (u64, u32) {
        let mut index = head;
        while index != NONE {
            let entry = &self.slab[index as usize];
            self.present.push((entry.at, entry.rank, index));
            index = entry.next;
        }
        self.present.sort_unstable_by(|one, other| other.cmp(one));
        let (at, _, index) = self.present.pop().expect("an occupied bucket has a first entry");
        (at, index)
    }

    #[inline(always)]
    fn release(&mut self, index: u32) -> E {
        let entry = &mut self.slab[index as usize];
        entry.next = self.free;
        self.free = index;
        entry.event
    }

    /// The next bucket after the present one that is not empty.
    #[inline(always)]
    fn next_bucket(&self) -> Option<u64> {
        if self.summary == 0 {
            return None;
        }
        let start = (self.current + 1) % BUCKETS;
        let (word, bit) = ((start / 64) as u32, start % 64);
        let here = self.occupied[word as usize] >> bit;
        let distance = if here != 0 {
            u64::from(here.trailing_zeros())
        } else {
            // The following words, wrapping around to the lower bits of this one.
            let words = BUCKETS as u32 / 64;
            let turned = (self.summary >> (word + 1)) | (self.summary << (words - word - 1)) & ((1 << words) - 1);
            let skipped = turned.trailing_zeros();
            let found = self.occupied[((word + 1 + skipped) % words) as usize];
            64 - bit + u64::from(skipped) * 64 + u64::from(found.trailing_zeros())
        };
        Some(self.current + 1 + distance)
    }

    /// Moves the clock into a bucket, and entries of the next half into the ring.
    #[inline(always)]
    fn move_to(&mut self, bucket: u64) {
        let entered = bucket >> HALF_BITS != self.current >> HALF_BITS;
        self.current = bucket;
        if entered {
            self.enter_half(bucket >> HALF_BITS);
        }
    }

    #[inline(never)]
    fn enter_half(&mut self, half: u64) {
        if let Some(mut far) = self.far.take() {
            far.advance(&mut self.slab, half + 1);
            self.insert_released(far);
        }
    }

    /// With an empty ring: moves the clock right before the first entry of the wheel, and returns the bucket of that entry.
    #[inline(never)]
    fn leap(&mut self) -> Option<u64> {
        let mut far = self.far.take()?;
        let half = far.leap(&mut self.slab);
        if let Some(half) = half {
            self.current = self.current.max(((half - 1) << HALF_BITS) - 1);
        }
        self.insert_released(far);
        self.next_bucket()
    }

    /// Moves the entries that the wheel released into the ring.
    fn insert_released(&mut self, mut far: Box<Wheel>) {
        let mut index = far.take_released();
        while index != NONE {
            let Entry { at, next, .. } = self.slab[index as usize];
            self.enter(at >> BUCKET_BITS, index);
            index = next;
        }
        self.far = Some(far);
    }
}
