//! The seeds of a campaign, given out in their order.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which seeds are still to be run.
///
/// Seeds are taken in their order, and none is left out below the one at which a campaign ends. So what it shows is the same however many
/// take from it.
#[derive(Debug)]
pub(super) struct Seeds {
    next: AtomicU64,
    /// No seed from here on is worth a start: the range ends here, or enough was found below.
    end: AtomicU64,
}

impl Seeds {
    pub(super) fn new(seeds: &Range<u64>) -> Self {
        Self { next: AtomicU64::new(seeds.start), end: AtomicU64::new(seeds.end.max(seeds.start)) }
    }

    /// The next seed, if one is left.
    pub(super) fn take(&self) -> Option<u64> {
        self.take_some(1).map(|some| some.start)
    }

    /// The next seeds, so many at the most, if any is left.
    pub(super) fn take_some(&self, max: u64) -> Option<Range<u64>> {
        let end = self.end.load(Ordering::SeqCst);
        let after = |next: u64| (next < end).then(|| end.min(next.saturating_add(max)));
        let start = self.next.fetch_update(Ordering::SeqCst, Ordering::SeqCst, after).ok()?;
        Some(start..end.min(start.saturating_add(max)))
    }

    /// Lets no seed begin from that one on.
    pub(super) fn end_at(&self, seed: u64) {
        self.end.fetch_min(seed, Ordering::SeqCst);
    }

    /// Where the campaign ends: no seed beyond this one counts.
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_taken_once_and_in_order_up_to_the_end_of_all_numbers() {
        let seeds = Seeds::new(&(u64::MAX - 3..u64::MAX));
        let taken: Vec<u64> = (0..9).filter_map(|_| seeds.take()).collect();
        assert_eq!(taken, [u64::MAX - 3, u64::MAX - 2, u64::MAX - 1]);
    }

    #[test]
    fn several_seeds_at_a_time_leave_none_out() {
        let seeds = Seeds::new(&(0..10));
        let taken: Vec<_> = (0..4).map(|_| seeds.take_some(4)).collect();
        assert_eq!(taken, [Some(0..4), Some(4..8), Some(8..10), None]);
    }

    #[test]
    fn seeds_from_the_end_on_are_not_begun_and_the_least_end_counts() {
        let seeds = Seeds::new(&(0..100));
        assert_eq!([seeds.take(), seeds.take(), seeds.take()], [Some(0), Some(1), Some(2)]);
        seeds.end_at(2);
        assert_eq!((seeds.take(), seeds.end()), (None, 2));
        seeds.end_at(0);
        seeds.end_at(1);
        assert_eq!((seeds.take(), seeds.end()), (None, 0));
    }
}
