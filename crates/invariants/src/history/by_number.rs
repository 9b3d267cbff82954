//! Values by small numbers.

use std::mem::take;

use rustc_hash::FxHashMap;

/// The places that the array has at first.
const FIRST: usize = 16;

/// A value for each number, at first the default: in an array for numbers as small as there are many, in a map for others.
///
/// Nodes and processes of a run are numbered from 0. A file may number its processes otherwise, and is read in memory of its size.
#[derive(Debug, Clone, Default)]
pub(super) struct ByNumber<T> {
    places: Vec<T>,
    /// Of numbers beyond the array.
    others: FxHashMap<u32, T>,
}

impl<T: Default> ByNumber<T> {
    /// Returns the value of a number, to be changed.
    #[inline]
    pub(super) fn of(&mut self, number: u32) -> &mut T {
        let place = number as usize;
        if place < self.places.len() { &mut self.places[place] } else { self.add(number) }
    }

    #[cold]
    fn add(&mut self, number: u32) -> &mut T {
        let doubled = (self.places.len() * 2).max(FIRST);
        if number as usize >= doubled {
            return self.others.entry(number).or_default();
        }
        for place in self.places.len()..doubled {
            self.places.push(self.others.remove(&(place as u32)).unwrap_or_default());
        }
        &mut self.places[number as usize]
    }

    /// Takes the value of a number; it is the default then.
    #[inline]
    pub(super) fn take(&mut self, number: u32) -> T {
        match self.places.get_mut(number as usize) {
            Some(value) => take(value),
            None => self.others.remove(&number).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_numbers_keep_their_values() {
        let mut values = ByNumber::default();
        let numbers = [20, 0, 3, 40, 15, 16, 31, u32::MAX, 32, 63];
        for number in numbers {
            assert_eq!(*values.of(number), 0);
            *values.of(number) = u64::from(number) + 1;
        }
        assert_eq!((values.places.len(), values.others.len()), (64, 1), "20 and 40 moved to the array as it grew");
        for number in numbers {
            assert_eq!((values.take(number), values.take(number)), (u64::from(number) + 1, 0));
        }
        assert!(values.others.is_empty());
    }

    #[test]
    fn a_large_number_alone_takes_no_array() {
        let mut values = ByNumber::default();
        *values.of(60_000) = 1_u8;
        assert_eq!((values.places.len(), values.take(60_000)), (0, 1));
    }
}
