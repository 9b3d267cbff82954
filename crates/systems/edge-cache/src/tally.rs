//! Exact counts of whole numbers, and their percentiles.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Nearest-rank percentiles and the maximum of a set of whole numbers; all 0 for an empty set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The median.
    pub p50: u64,
    /// The 95th percentile.
    pub p95: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The maximum.
    pub max: u64,
}

/// Counts how often each number occurs.
///
/// For sets with few different numbers, such as distances in versions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    counts: BTreeMap<u64, u64>,
    total: u64,
}

impl Tally {
    pub(crate) fn record(&mut self, number: u64) {
        *self.counts.entry(number).or_default() += 1;
        self.total += 1;
    }

    pub(crate) fn spread(&self) -> Spread {
        Spread {
            p50: self.percentile(50),
            p95: self.percentile(95),
            p99: self.percentile(99),
            max: self.counts.last_key_value().map_or(0, |(number, _)| *number),
        }
    }

    /// Returns the lowest number that `percent` percent of all do not exceed.
    fn percentile(&self, percent: u64) -> u64 {
        let rank = (self.total * percent).div_ceil(100);
        let mut counted = 0;
        let found = self.counts.iter().find(|(_, count)| {
            counted += **count;
            counted >= rank
        });
        found.map_or(0, |(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(numbers: impl IntoIterator<Item = u64>) -> Spread {
        let mut tally = Tally::default();
        numbers.into_iter().for_each(|number| tally.record(number));
        tally.spread()
    }

    #[test]
    fn percentiles_use_the_nearest_rank() {
        assert_eq!(spread([]), Spread::default());
        assert_eq!(spread([7]), Spread { p50: 7, p95: 7, p99: 7, max: 7 });
        assert_eq!(spread((1..=20).rev()), Spread { p50: 10, p95: 19, p99: 20, max: 20 });
        assert_eq!(spread(1..=100), Spread { p50: 50, p95: 95, p99: 99, max: 100 });
        assert_eq!(spread([1; 99].into_iter().chain([500])), Spread { p50: 1, p95: 1, p99: 1, max: 500 });
    }
}
