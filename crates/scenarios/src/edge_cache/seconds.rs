//! Seconds in a scenario file.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// Seconds in a scenario file; whole seconds are written without a decimal point.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Deserialize)]
#[serde(transparent)]
pub struct Seconds(pub f64);

impl Seconds {
    /// Converts to a duration.
    ///
    /// # Panics
    /// If the seconds are negative or not finite, which the checks of a file refuse.
    pub(crate) fn duration(self) -> Duration {
        Duration::from_secs_f64(self.0)
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Every whole number in the accepted range is exact in both types.
        if self.0.fract() == 0.0 && (0.0..1e15).contains(&self.0) {
            serializer.serialize_u64(self.0 as u64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("30", "30")]
    #[case("30.0", "30")]
    #[case("0.25", "0.25")]
    #[case("-1", "-1.0")]
    fn edge_d19_whole_seconds_are_written_without_a_point(#[case] text: &str, #[case] expected: &str) {
        let seconds: Seconds = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&seconds).unwrap(), expected);
    }
}
