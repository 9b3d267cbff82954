//! What lies far ahead: a hierarchical wheel of lists, 64 slots to a level.

use super::calendar::{Entry, NONE};

const SLOT_BITS: u32 = 6;
const SLOTS: usize = 1 << SLOT_BITS;
/// Enough for every instant of 64 bits, in halves of a ring.
const LEVELS: usize = 7;

/// Entries by the half of a ring that they fall into: on the level of the highest digit in which that differs from the present one.
#[derive(Debug)]
pub(super) struct Wheel {
    heads: [[u32; SLOTS]; LEVELS],
    occupied: [u64; LEVELS],
    /// The half up to which everything was let go of.
    now: u64,
    /// What was let go of and not yet taken.
    due: u32,
}

impl Wheel {
    /// Empty; what falls into `now` or before does not belong in it.
    pub(super) fn new(now: u64) -> Self {
        Self { heads: [[NONE; SLOTS]; LEVELS], occupied: [0; LEVELS], now, due: NONE }
    }

    /// Adds an entry of the slab.
    pub(super) fn push<E>(&mut self, slab: &mut [Entry<E>], index: u32) {
        let entry = &mut slab[index as usize];
        let differing = entry.half() ^ self.now;
        if differing == 0 {
            entry.next = self.due;
            self.due = index;
            return;
        }
        let level = (63 - differing.leading_zeros()) / SLOT_BITS;
        let slot = (entry.half() >> (level * SLOT_BITS)) as usize % SLOTS;
        let head = &mut self.heads[level as usize][slot];
        entry.next = *head;
        *head = index;
        self.occupied[level as usize] |= 1 << slot;
    }

    /// Moves on to the half `now`, over nothing that is occupied but what lies in it, and lets go of what does.
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

    /// Moves on to the first half that holds anything, lets go of what does, and answers with that half; nothing if it is empty.
    pub(super) fn leap<E>(&mut self, slab: &mut [Entry<E>]) -> Option<u64> {
        while self.due == NONE {
            let level = self.occupied.iter().position(|slots| *slots != 0)? as u32;
            let slot = u64::from(self.occupied[level as usize].trailing_zeros());
            let below = (1_u64 << (level * SLOT_BITS)) - 1;
            let digit = ((1 << SLOT_BITS) - 1) << (level * SLOT_BITS);
            self.advance(slab, self.now & !below & !digit | slot << (level * SLOT_BITS));
        }
        Some(self.now)
    }

    /// The list of what was let go of.
    pub(super) fn take_due(&mut self) -> u32 {
        std::mem::replace(&mut self.due, NONE)
    }
}
