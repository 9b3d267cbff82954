//! Sets of slots.

use std::fmt::Debug;
use std::hash::Hash;

/// A set of slots; a word where 64 suffice.
pub(super) trait Mask: Clone + Eq + Hash + Debug {
    /// Returns an empty set with room for that many slots.
    fn empty(slots: usize) -> Self;
    fn contains(&self, slot: usize) -> bool;
    fn insert(&mut self, slot: usize);
    fn remove(&mut self, slot: usize);
    /// Returns the first slot from `from` on that is in this set and not in `other`.
    fn first_without(&self, other: &Self, from: usize) -> Option<usize>;
    /// Estimates the bytes of a copy.
    fn bytes(&self) -> usize;
}

impl Mask for u64 {
    fn empty(_: usize) -> Self {
        0
    }

    fn contains(&self, slot: usize) -> bool {
        self >> slot & 1 == 1
    }

    fn insert(&mut self, slot: usize) {
        *self |= 1 << slot;
    }

    fn remove(&mut self, slot: usize) {
        *self &= !(1 << slot);
    }

    fn first_without(&self, other: &Self, from: usize) -> Option<usize> {
        let left = (self & !other).checked_shr(from as u32)?;
        (left != 0).then(|| from + left.trailing_zeros() as usize)
    }

    fn bytes(&self) -> usize {
        0
    }
}

impl Mask for Box<[u64]> {
    fn empty(slots: usize) -> Self {
        vec![0; slots.div_ceil(64)].into()
    }

    fn contains(&self, slot: usize) -> bool {
        self[slot / 64].contains(slot % 64)
    }

    fn insert(&mut self, slot: usize) {
        self[slot / 64].insert(slot % 64);
    }

    fn remove(&mut self, slot: usize) {
        self[slot / 64].remove(slot % 64);
    }

    fn first_without(&self, other: &Self, from: usize) -> Option<usize> {
        let first = from / 64;
        (first..self.len()).find_map(|word| {
            let start = if word == first { from % 64 } else { 0 };
            Some(word * 64 + self[word].first_without(&other[word], start)?)
        })
    }

    fn bytes(&self) -> usize {
        size_of_val::<[u64]>(self)
    }
}
