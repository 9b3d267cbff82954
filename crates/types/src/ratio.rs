//! Shares and probabilities, exact to one part in a billion.

use std::fmt;

use serde::{Deserialize, Serialize};

const BILLION: u64 = 1_000_000_000;

/// A share from 0 to 1 in parts per billion, compared without floats.
///
/// Serializes as a plain number: `0.05`.
///
/// ```
/// use cluster_sim_types::Ratio;
///
/// let loss = Ratio::new(0.05)?;
/// assert_eq!(loss.parts_per_billion(), 50_000_000);
/// assert!(Ratio::new(1.5).is_err());
/// # Ok::<(), cluster_sim_types::InvalidRatio>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Ratio(u32);

impl Ratio {
    /// 0: never holds.
    pub const ZERO: Self = Self(0);
    /// 1: always holds.
    pub const ONE: Self = Self(BILLION as u32);

    /// Rounds `share` to the nearest part per billion.
    ///
    /// # Errors
    /// If `share` is not a finite number from 0 to 1.
    pub fn new(share: f64) -> Result<Self, InvalidRatio> {
        if share.is_finite() && (0.0..=1.0).contains(&share) {
            Ok(Self((share * BILLION as f64).round() as u32))
        } else {
            Err(InvalidRatio { share })
        }
    }

    /// Converts whole percent, exactly; usable in a `const`.
    ///
    /// # Panics
    /// If `percent` is above 100; in a `const`, that is a compile error.
    pub const fn percent(percent: u32) -> Self {
        assert!(percent <= 100, "a ratio is at most 100 percent");
        Self(percent * 10_000_000)
    }

    /// Returns parts per billion, from 0 to 1,000,000,000.
    pub const fn parts_per_billion(self) -> u64 {
        self.0 as u64
    }

    /// Whether a uniformly distributed 64-bit number falls within this share of its range.
    ///
    /// False for every number at 0, true for every number at 1.
    pub const fn holds(self, uniform: u64) -> bool {
        ((uniform >> 32) * BILLION) >> 32 < self.0 as u64
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> Self {
        f64::from(ratio.0) / BILLION as f64
    }
}

impl TryFrom<f64> for Ratio {
    type Error = InvalidRatio;

    fn try_from(share: f64) -> Result<Self, InvalidRatio> {
        Self::new(share)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", f64::from(*self))
    }
}

/// A number outside 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InvalidRatio {
    /// The number as given.
    pub share: f64,
}

impl fmt::Display for InvalidRatio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is not a share; use a number from 0 to 1", self.share)
    }
}

impl std::error::Error for InvalidRatio {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_never_holds_and_one_always_does() {
        for uniform in [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
            assert!(!Ratio::ZERO.holds(uniform));
            assert!(Ratio::ONE.holds(uniform));
        }
    }

    #[test]
    fn a_quarter_holds_for_the_lowest_quarter_of_numbers() {
        let quarter = Ratio::new(0.25).unwrap();
        assert!(quarter.holds(u64::MAX / 4 - (1 << 33)));
        assert!(!quarter.holds(u64::MAX / 4 + (1 << 33)));
    }

    #[test]
    fn a_number_outside_0_to_1_is_rejected_with_its_value() {
        for share in [-0.1, 1.0001, f64::NAN, f64::INFINITY] {
            let message = Ratio::new(share).unwrap_err().to_string();
            assert!(message.starts_with(&share.to_string()) && message.ends_with("from 0 to 1"), "{message}");
        }
    }

    #[test]
    fn whole_percent_are_exact_and_usable_in_a_const() {
        const LOSS: Ratio = Ratio::percent(5);
        assert_eq!(LOSS, Ratio::new(0.05).unwrap());
        assert_eq!((Ratio::percent(0), Ratio::percent(100)), (Ratio::ZERO, Ratio::ONE));
        for percent in 0..=100 {
            assert_eq!(Ratio::percent(percent).parts_per_billion(), u64::from(percent) * 10_000_000);
            assert_eq!(Ratio::percent(percent), Ratio::new(f64::from(percent) / 100.0).unwrap());
        }
    }

    #[test]
    #[should_panic(expected = "a ratio is at most 100 percent")]
    fn more_than_100_percent_panics() {
        let _ = Ratio::percent(101);
    }
}
