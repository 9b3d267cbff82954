//! The seeds of a campaign that run twice, although they pass.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Distance between two seeds of the sample.
const EVERY: u64 = 256;
/// A campaign runs at most one seed in this many a second time.
const SHARE: u64 = 50;

/// The sample of a range of seeds: the first, the last, and one in 256, as far as these are at most 2 % of the range.
///
/// So a range of fewer than 50 seeds has none, and one of fewer than 100 only its first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sample {
    /// Empty if the campaign takes no sample.
    seeds: Range<u64>,
}

impl Sample {
    pub(super) fn of(seeds: &Range<u64>) -> Self {
        Self { seeds: seeds.clone() }
    }

    /// The sample without a seed.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// Whether the seed is in the sample.
    pub(super) fn has(&self, seed: u64) -> bool {
        let count = self.seeds.end.saturating_sub(self.seeds.start);
        let Some(index) = seed.checked_sub(self.seeds.start).filter(|index| *index < count) else { return false };
        match count / SHARE {
            0 => false,
            1 => index == 0,
            _ => index % EVERY == 0 || index == count - 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(seeds: Range<u64>) -> Vec<u64> {
        let sample = Sample::of(&seeds);
        seeds.filter(|seed| sample.has(*seed)).collect()
    }

    #[test]
    fn the_first_the_last_and_one_in_256_are_sampled() {
        assert_eq!(sampled(1_000..1_600), [1_000, 1_256, 1_512, 1_599]);
        assert_eq!(sampled(7..107), [7, 106]);
        assert!(!Sample::of(&(0..1_000)).has(1_024));
        assert!(!Sample::none().has(0));
    }

    #[test]
    fn a_sample_is_at_most_two_percent_of_its_range() {
        for count in (0..600).chain([10_000]) {
            let sampled = sampled(3..3 + count).len() as u64;
            assert!(sampled * SHARE <= count, "{sampled} of {count}");
            assert_eq!(sampled > 0, count >= SHARE, "{count}");
        }
    }
}
