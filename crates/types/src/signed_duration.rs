//! A duration with a sign.

use std::fmt;
use std::ops::Neg;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A span of time forward or back, in nanoseconds; at most 292 years either way.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_types::SignedDuration;
///
/// let back = SignedDuration::back(Duration::from_millis(1_500));
/// assert_eq!(back.to_string(), "-1.500s");
/// assert_eq!(-back, SignedDuration::forward(Duration::from_millis(1_500)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedDuration(i64);

impl SignedDuration {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// A span forward; saturates beyond 292 years.
    pub fn forward(by: Duration) -> Self {
        Self(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX))
    }

    /// A span back; saturates beyond 292 years.
    pub fn back(by: Duration) -> Self {
        -Self::forward(by)
    }

    /// A span of `nanoseconds`; back if that is negative.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Returns the nanoseconds; negative for a span back.
    pub const fn as_nanoseconds(self) -> i64 {
        self.0
    }

    /// Returns its length, without the sign.
    pub const fn length(self) -> Duration {
        Duration::from_nanos(self.0.unsigned_abs())
    }

    /// A span of another length in the same direction; saturates beyond 292 years.
    #[must_use]
    pub fn with_length(self, length: Duration) -> Self {
        if self.0 < 0 { Self::back(length) } else { Self::forward(length) }
    }
}

impl From<Duration> for SignedDuration {
    /// A span forward.
    fn from(by: Duration) -> Self {
        Self::forward(by)
    }
}

impl Neg for SignedDuration {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl fmt::Display for SignedDuration {
    /// Writes seconds with the sign, as in `+1.500s`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        write!(formatter, "{sign}{:.3}s", self.length().as_secs_f64())
    }
}
