//! The far future: a hierarchical timing wheel of lists, with 64 slots per level.

use super::calendar::{Entry, NONE};

const SLOT_BITS: u32 = 6;
const SLOTS: usize = 1 << SLOT_BITS;
/// Enough levels for every 64-bit instant, in halves of a ring.
const LEVELS: usize = 7;

/// Entries by their half of a ring, on the level of the highest digit in which that differs from the present half.
#[derive(Debug)]
pub(super) struct Wheel {
    heads: [[u32; SLOTS]; LEVELS],
    occupied: [u64; LEVELS],
    /// The half up to which all entries were released.
    now: u64,
    /// The list of released entries.
    released: u32,
}

impl Wheel {
    /// An empty wheel; entries of half `now` or before do not belong in it.
    pub(super) fn new(now: u64) -> Self {
        Self { heads: [[NONE; SLOTS]; LEVELS], occupied: [0; LEVELS], now, released: NONE }
    }

    /// Adds an entry of the slab.
    pub(super) fn push<E>(&mut self, slab: &mut [Entry<E>], index: u32) {
        let entry = &mut slab[index as usize];
        let differing = entry.half() ^ self.now;
        if differing == 0 {
            entry.next = self.released;
            self.released = index;
            return;
        }
        let level = (63 - differing.leading_zeros()) / SLOT_BITS;
        let slot = (entry.half() >> (level * SLOT_BITS)) as usize % SLOTS;
        let head = &mut self.heads[level as usize][slot];
        entry.next = *head;
        *head = index;
        self.occupied[level as usize] |= 1 << slot;
    }

    /// Advances to half `now` and releases its entries; no earlier slot may be occupied.
    pub(super) fn advance<E>(&mut self, slab: &mut [Entry<E>], now: u64) {
        if now <= self.now {
            return;
        }
        let differing = now ^ self.now;
        self.now = now;
        let highest = ((63 - differing.leading_zeros()) / SLOT_BITS) as usize;
        for level in (0..=highest).rev() {
            let slot = (now >> (level as u32 * SLOT_BITS)) as usize % SLOTS;
            if self.occupied[level] >> slot & 1 == 1 {
                self.occupied[level] &= !(1 << slot);
                let mut index = std::mem::replace(&mut self.heads[level][slot], NONE);
                while index != NONE {
                    let next = slab[index as usize].next;
                    self.push(slab, index);
                    index = next;
                }
            }
        }
    }

    /// Advances to the first half with entries, releases them, and returns that half; `None` if the wheel is empty.
    pub(super) fn leap<E>(&mut self, slab: &mut [Entry<E>]) -> Option<u64> {
        while self.released == NONE {
            let level = self.occupied.iter().position(|slots| *slots != 0)? as u32;
            let slot = u64::from(self.occupied[level as usize].trailing_zeros());
            let below = (1_u64 << (level * SLOT_BITS)) - 1;
            let digit = ((1 << SLOT_BITS) - 1) << (level * SLOT_BITS);
            self.advance(slab, self.now & !below & !digit | slot << (level * SLOT_BITS));
        }
        Some(self.now)
    }

    /// Takes the list of released entries.
    pub(super) fn take_released(&mut self) -> u32 {
        std::mem::replace(&mut self.released, NONE)
    }
}
