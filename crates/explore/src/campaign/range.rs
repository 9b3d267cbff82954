//! [`SeedRange`]: parses and prints a range of seeds.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use cluster_sim_runtime::Seed;

/// Hexadecimal digits of a git hash.
const HASH_DIGITS: usize = 40;

/// A range of seeds that is not empty.
///
/// Parses `first..end` with an excluded end, each written as a [`Seed`], a count of seeds from 0, or a git hash of 40 digits, which
/// is the one seed of that hash. Prints seeds from 2³² on in hexadecimal.
///
/// ```
/// use cluster_sim::explore::SeedRange;
///
/// assert_eq!("5..64".parse::<SeedRange>()?.seeds(), 5..64);
/// assert_eq!("0x2a..0x2b".parse::<SeedRange>()?.seeds(), 42..43);
/// assert_eq!("1024".parse::<SeedRange>()?.seeds(), 0..1024);
/// assert_eq!("00000000000002690000000000000000deadbeef".parse::<SeedRange>()?.seeds(), 617..618);
/// # Ok::<(), cluster_sim::explore::InvalidSeedRange>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedRange(Range<u64>);

impl SeedRange {
    /// Wraps a range for printing; unlike a parsed one it may be empty.
    pub(super) fn of(seeds: &Range<u64>) -> Self {
        Self(seeds.clone())
    }

    /// Returns the range.
    pub fn seeds(&self) -> Range<u64> {
        self.0.clone()
    }

    /// Returns `count` seeds from `first` on, at least one; shifted down where they would pass `u64::MAX`.
    pub fn from(first: Seed, count: u32) -> Self {
        let count = u64::from(count.max(1));
        let first = first.0.min(u64::MAX - count);
        Self(first..first + count)
    }
}

impl fmt::Display for SeedRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.0;
        if end < 1 << 32 { write!(formatter, "{start}..{end}") } else { write!(formatter, "{}..{}", Seed(start), Seed(end)) }
    }
}

impl FromStr for SeedRange {
    type Err = InvalidSeedRange;

    fn from_str(text: &str) -> Result<Self, InvalidSeedRange> {
        let seed = |text: &str| text.parse::<Seed>().map(|seed| seed.0);
        let range = match text.split_once("..") {
            Some((start, end)) => seed(start).and_then(|start| Ok(start..seed(end)?)),
            // A number of seeds has fewer digits.
            None if text.len() == HASH_DIGITS => seed(text).map(|one| one..one.saturating_add(1)),
            None => seed(text).map(|count| 0..count),
        };
        let range = range.ok().filter(|range| !range.is_empty());
        range.map(Self).ok_or_else(|| InvalidSeedRange { text: text.to_owned() })
    }
}

/// A text that is not a seed range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no range of seeds with one in it; use the first seed and the one after the last, such as 0..1024 or 0x2a..0x2b, or how many, or a git hash"
)]
pub struct InvalidSeedRange {
    /// The text as given.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    fn an_invalid_range_is_named_with_its_cure(
        #[values("", "..", "5..", "..5", "5..5", "6..5", "0", "-1", "a..b", "0..=5", "ffffffffffffffff000000000000000000000000")]
        text: &str,
    ) {
        let message = text.parse::<SeedRange>().unwrap_err().to_string();
        assert!(message.starts_with(&format!("{text:?}")) && message.contains("0..1024"), "{message}");
    }

    #[test]
    fn a_printed_range_parses_to_itself() {
        for range in ["0..64", "5..6", "0x9f263273e34a7ab1..0x9f263273e34a7eb1"] {
            assert_eq!(range.parse::<SeedRange>().unwrap().to_string(), range);
        }
    }

    #[test]
    fn a_range_past_the_last_seed_is_shifted_down() {
        assert_eq!(SeedRange::from(Seed(7), 3).seeds(), 7..10);
        assert_eq!(SeedRange::from(Seed(u64::MAX), 3).seeds(), u64::MAX - 3..u64::MAX);
    }
}
