//! The key distribution in a scenario file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The greatest exponent of a file: from 10 on practically every access is to the first key.
const EXPONENT_MAX: f64 = 10.0;

/// How often each key is read and written (EDGE-D23): `"uniform"` or `"zipf:0.99"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Keys {
    /// Every key equally often.
    Uniform,
    /// Key k in proportion to 1 / (k + 1)^exponent.
    Zipf(f64),
}

impl fmt::Display for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform => write!(formatter, "uniform"),
            Self::Zipf(exponent) => write!(formatter, "zipf:{exponent}"),
        }
    }
}

impl FromStr for Keys {
    type Err = UnknownKeys;

    fn from_str(text: &str) -> Result<Self, UnknownKeys> {
        let zipf = || text.strip_prefix("zipf:")?.parse().ok().filter(|exponent| (0.0..=EXPONENT_MAX).contains(exponent));
        match text {
            "uniform" => Ok(Self::Uniform),
            _ => zipf().map(Self::Zipf).ok_or(UnknownKeys),
        }
    }
}

impl TryFrom<String> for Keys {
    type Error = UnknownKeys;

    fn try_from(text: String) -> Result<Self, UnknownKeys> {
        text.parse()
    }
}

impl From<Keys> for String {
    fn from(keys: Keys) -> Self {
        keys.to_string()
    }
}

/// A text that is not a key distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key distribution")]
#[non_exhaustive]
pub struct UnknownKeys;

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("uniform", Keys::Uniform)]
    #[case("zipf:0.99", Keys::Zipf(0.99))]
    #[case("zipf:0", Keys::Zipf(0.0))]
    fn edge_d23_a_distribution_round_trips_through_its_text(#[case] text: &str, #[case] keys: Keys) {
        assert_eq!(text.parse(), Ok(keys));
        assert_eq!(keys.to_string(), text);
    }

    #[rstest]
    fn edge_d17_other_text_is_not_a_distribution(
        #[values("", "Uniform", "zipf", "zipf:", "zipf:-1", "zipf:NaN", "zipf:inf", "zipf:11")] text: &str,
    ) {
        assert_eq!(text.parse::<Keys>(), Err(UnknownKeys));
    }
}
