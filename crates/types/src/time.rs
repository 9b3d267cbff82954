//! Three kinds of instants that do not mix: simulated, local, and wall time.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Saturates beyond 584 years.
#[inline]
fn nanoseconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(duration.subsec_nanos()))
}

/// Writes seconds with six decimals, the form of every report: `3.240000s`.
fn write_seconds(nanoseconds: u64, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(formatter, "{}.{:06}s", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000 / 1_000)
}

macro_rules! instant {
    ($(#[$documentation:meta])* $name:ident, $zero:literal) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            #[doc = $zero]
            pub const ZERO: Self = Self(0);

            /// Returns the instant `nanoseconds` after zero.
            pub const fn from_nanoseconds(nanoseconds: u64) -> Self {
                Self(nanoseconds)
            }

            /// Returns the nanoseconds since zero.
            pub const fn as_nanoseconds(self) -> u64 {
                self.0
            }

            /// Returns the time since zero.
            pub const fn since_zero(self) -> Duration {
                Duration::from_nanos(self.0)
            }

            /// Adds `nanoseconds`; saturates at the end of representable time.
            #[must_use]
            pub const fn after_nanoseconds(self, nanoseconds: u64) -> Self {
                Self(self.0.saturating_add(nanoseconds))
            }

            /// Returns the time since `earlier`; zero if `earlier` is later than this.
            pub fn saturating_since(self, earlier: Self) -> Duration {
                Duration::from_nanos(self.0.saturating_sub(earlier.0))
            }
        }

        impl Add<Duration> for $name {
            type Output = Self;

            /// Saturates at the end of representable time, 584 years.
            fn add(self, duration: Duration) -> Self {
                Self(self.0.saturating_add(nanoseconds(duration)))
            }
        }

        impl Sub for $name {
            type Output = Duration;

            /// # Panics
            /// If `earlier` is later than `self`.
            fn sub(self, earlier: Self) -> Duration {
                Duration::from_nanos(self.0.checked_sub(earlier.0).expect("the earlier instant is not the later one"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_seconds(self.0, formatter)
            }
        }
    };
}

instant! {
    /// An instant of simulated time, in nanoseconds since the start of the run.
    ///
    /// Checks and reports use it; nodes never see it and read their own clocks.
    VirtualInstant, "The start of the run."
}

instant! {
    /// A reading of a node's monotonic clock, in nanoseconds since the boot of its present life.
    LocalInstant, "The moment the node booted."
}

instant! {
    /// A reading of a node's wall clock, in nanoseconds since 1970-01-01T00:00:00Z without leap seconds.
    WallTime, "1970-01-01T00:00:00Z."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_print_as_seconds_with_microseconds() {
        let instant = VirtualInstant::ZERO + Duration::from_micros(3_240_001);
        assert_eq!(instant.to_string(), "3.240001s");
    }

    #[test]
    fn adding_beyond_the_end_of_time_saturates() {
        let end = VirtualInstant::from_nanoseconds(u64::MAX);
        assert_eq!(end + Duration::from_secs(1), end);
        assert_eq!(VirtualInstant::ZERO + Duration::MAX, end);
    }

    #[test]
    #[should_panic(expected = "the earlier instant is not the later one")]
    fn subtracting_a_later_instant_panics() {
        let _ = LocalInstant::ZERO - LocalInstant::from_nanoseconds(1);
    }
}
