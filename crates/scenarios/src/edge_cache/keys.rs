//! Which keys are read and written how often, as a scenario file says it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The greatest exponent a file may ask for: from 10 on practically every access is to the first key.
const EXPONENT_MAX: f64 = 10.0;

/// Which keys are read and written how often (EDGE-D23): `"uniform"` or `"zipf:0.99"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Keys {
    /// All alike.
    Uniform,
    /// Key k as often as 1 / (k + 1)^exponent.
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

/// A text that names no distribution of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no distribution of keys")]
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
    fn edge_d23_a_distribution_survives_printing(#[case] text: &str, #[case] keys: Keys) {
        assert_eq!(text.parse(), Ok(keys));
        assert_eq!(keys.to_string(), text);
    }

    #[rstest]
    fn edge_d17_what_is_no_distribution_is_refused(
        #[values("", "Uniform", "zipf", "zipf:", "zipf:-1", "zipf:NaN", "zipf:inf", "zipf:11")] text: &str,
    ) {
        assert_eq!(text.parse::<Keys>(), Err(UnknownKeys));
    }
}
