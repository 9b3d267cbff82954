//! Seeds, and the schedule of seeds of a run.

use std::fmt;
use std::str::FromStr;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

/// Determines everything random in a run. Prints as `0x…`.
///
/// Parses decimal (`617`), hexadecimal (`0x269`) and a 40-digit git hash, of which the first 16 digits count: a pipeline gets a
/// fresh and recognisable seed for each commit.
///
/// ```
/// use cluster_sim_runtime::Seed;
///
/// let seed: Seed = "617".parse()?;
/// assert_eq!(seed.to_string(), "0x269");
/// assert_eq!("0x269".parse(), Ok(seed));
/// let revision: Seed = "9f263273e34a7ab1c3a1f3a1b8d9e0f1a2b3c4d5".parse()?;
/// assert_eq!(revision.to_string(), "0x9f263273e34a7ab1");
/// # Ok::<(), cluster_sim_runtime::InvalidSeed>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl fmt::Display for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#x}", self.0)
    }
}

impl FromStr for Seed {
    type Err = InvalidSeed;

    fn from_str(text: &str) -> Result<Self, InvalidSeed> {
        let parsed = if let Some(digits) = text.strip_prefix("0x") {
            u64::from_str_radix(digits, 16).ok()
        } else if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            u64::from_str_radix(&text[..16], 16).ok()
        } else {
            text.parse().ok()
        };
        parsed.map(Self).ok_or_else(|| InvalidSeed { text: text.to_owned() })
    }
}

/// Rejects a text that is not a seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a seed; use a decimal number, 0x and up to 16 hex digits, or a 40-digit git hash")]
pub struct InvalidSeed {
    /// The text as given.
    pub text: String,
}

/// The seeds of one run: usually one, with further ones from later instants on.
///
/// A later entry keeps the past of a run and explores another future.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeedSchedule(Vec<(VirtualInstant, Seed)>);

impl SeedSchedule {
    /// Creates a schedule with one seed for the whole run.
    pub fn new(seed: Seed) -> Self {
        Self(vec![(VirtualInstant::ZERO, seed)])
    }

    /// Adds `seed` from `from` on and removes entries from then on.
    pub fn reseed_at(&mut self, from: VirtualInstant, seed: Seed) {
        self.0.retain(|(start, _)| *start < from);
        self.0.push((from, seed));
    }

    /// Returns the seed in force at `now`, that of the last entry not later than `now`.
    pub fn at(&self, now: VirtualInstant) -> Seed {
        let later = self.0.partition_point(|(from, _)| *from <= now);
        // The first entry starts at zero, or replaced one that did: one entry is never later than `now`.
        self.0[later.max(1) - 1].1
    }

    /// Returns the entries in order of time; the first one starts with the run.
    pub fn entries(&self) -> &[(VirtualInstant, Seed)] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_invalid_seed_is_rejected_with_its_text_and_a_fix() {
        for text in ["", "seven", "0x", "0x11112222333344445", "-1", "18446744073709551616"] {
            let message = text.parse::<Seed>().unwrap_err().to_string();
            assert!(message.starts_with(&format!("{text:?}")) && message.contains("decimal"), "{message}");
        }
    }

    #[test]
    fn a_printed_seed_parses_again() {
        for seed in [Seed(0), Seed(42), Seed(u64::MAX)] {
            assert_eq!(seed.to_string().parse(), Ok(seed));
        }
    }

    #[test]
    fn the_last_entry_not_later_than_now_is_in_force() {
        let at = |seconds| VirtualInstant::ZERO + Duration::from_secs(seconds);
        let mut schedule = SeedSchedule::new(Seed(1));
        schedule.reseed_at(at(5), Seed(2));
        schedule.reseed_at(at(9), Seed(3));
        assert_eq!([0, 4, 5, 8, 9, 100].map(|seconds| schedule.at(at(seconds)).0), [1, 1, 2, 2, 3, 3]);
        schedule.reseed_at(at(5), Seed(4));
        assert_eq!([4, 5, 9].map(|seconds| schedule.at(at(seconds)).0), [1, 4, 4]);
    }
}
