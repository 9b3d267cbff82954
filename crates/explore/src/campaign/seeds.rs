//! Hands out the seeds of a campaign in order.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// The seeds left to run.
///
/// Seeds are taken in order, and every seed below the end is taken, so the result does not depend on the number of workers.
#[derive(Debug)]
pub(super) struct Seeds {
    next: AtomicU64,
    /// Seeds from here on do not start: the range ends, or enough failures are known below.
    end: AtomicU64,
}

impl Seeds {
    pub(super) fn new(seeds: &Range<u64>) -> Self {
        Self { next: AtomicU64::new(seeds.start), end: AtomicU64::new(seeds.end.max(seeds.start)) }
    }

    /// Takes the next seed.
    pub(super) fn take(&self) -> Option<u64> {
        self.take_some(1).map(|some| some.start)
    }

    /// Takes the next seeds, at most `max`.
    pub(super) fn take_some(&self, max: u64) -> Option<Range<u64>> {
        let end = self.end.load(Ordering::SeqCst);
        let after = |next: u64| (next < end).then(|| end.min(next.saturating_add(max)));
        let start = self.next.fetch_update(Ordering::SeqCst, Ordering::SeqCst, after).ok()?;
        Some(start..end.min(start.saturating_add(max)))
    }

    /// Lets no seed from `seed` on start.
    pub(super) fn end_at(&self, seed: u64) {
        self.end.fetch_min(seed, Ordering::SeqCst);
    }

    /// The last seed that counts.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_taken_once_and_in_order() {
        let seeds = Seeds::new(&(u64::MAX - 3..u64::MAX));
        let taken: Vec<u64> = (0..9).filter_map(|_| seeds.take()).collect();
        assert_eq!(taken, [u64::MAX - 3, u64::MAX - 2, u64::MAX - 1]);
    }

    #[test]
    fn batches_of_seeds_skip_none() {
        let seeds = Seeds::new(&(0..10));
        let taken: Vec<_> = (0..4).map(|_| seeds.take_some(4)).collect();
        assert_eq!(taken, [Some(0..4), Some(4..8), Some(8..10), None]);
    }

    #[test]
    fn no_seed_from_the_smallest_end_on_starts() {
        let seeds = Seeds::new(&(0..100));
        assert_eq!([seeds.take(), seeds.take(), seeds.take()], [Some(0), Some(1), Some(2)]);
        seeds.end_at(2);
        assert_eq!((seeds.take(), seeds.end()), (None, 2));
        seeds.end_at(0);
        seeds.end_at(1);
        assert_eq!((seeds.take(), seeds.end()), (None, 0));
    }
}
