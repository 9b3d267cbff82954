//! A monotonic clock that drifts: a line through simulated time, exact in integers.

use crate::VirtualInstant;

/// The rate of a clock that runs true: nanoseconds it advances in a second of simulated time.
pub const TRUE_RATE: u64 = 1_000_000_000;

const SCALE: u128 = TRUE_RATE as u128;

/// The present line of a clock: what it reads from an instant on, at a constant rate.
///
/// Readings are kept in billionths of a nanosecond, so a [turn](Self::turn) to another rate loses nothing. The clock never runs
/// backwards.
///
/// ```
/// use cluster_sim_types::{ClockLine, VirtualInstant};
///
/// let at = VirtualInstant::from_nanoseconds;
/// let mut clock = ClockLine::starting(at(1_000), 1_000_000_000);
/// clock.turn(at(2_000), 500_000_000);
/// assert_eq!(clock.read(at(2_500)), 1_250);
/// assert_eq!(clock.reaches(1_250), Some(at(2_500)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockLine {
    /// Where the line begins.
    from: VirtualInstant,
    /// The reading there, in billionths of a nanosecond.
    base: u128,
    /// Billionths of a nanosecond by which it advances in a nanosecond.
    rate: u64,
}

impl ClockLine {
    /// Starts a clock that reads zero at `from` and runs at `rate` nanoseconds a second.
    ///
    /// With a rate of zero it is frozen.
    pub const fn starting(from: VirtualInstant, rate: u64) -> Self {
        Self { from, base: 0, rate }
    }

    /// Runs at `rate` nanoseconds a second from `now` on; the reading does not jump.
    pub fn turn(&mut self, now: VirtualInstant, rate: u64) {
        *self = Self { from: now, base: self.scaled(now), rate };
    }

    /// Returns the rate, in nanoseconds a second.
    pub const fn rate(&self) -> u64 {
        self.rate
    }

    fn scaled(&self, now: VirtualInstant) -> u128 {
        let elapsed = now.as_nanoseconds().saturating_sub(self.from.as_nanoseconds());
        // At most 2^128: a base below 2^94 after 584 years, and a rate below 2^64.
        self.base.saturating_add(u128::from(elapsed) * u128::from(self.rate))
    }

    /// Reads the clock in whole nanoseconds, rounded down; before the line begins it reads as there.
    pub fn read(&self, now: VirtualInstant) -> u64 {
        u64::try_from(self.scaled(now) / SCALE).unwrap_or(u64::MAX)
    }

    /// Returns the first instant of the line at which the clock reads at least `reading`.
    ///
    /// `None` if that never comes: the clock is frozen, or it comes after the end of representable time.
    pub fn reaches(&self, reading: u64) -> Option<VirtualInstant> {
        let missing = (u128::from(reading) * SCALE).saturating_sub(self.base);
        if missing == 0 {
            return Some(self.from);
        }
        if self.rate == 0 {
            return None;
        }
        let elapsed = missing.div_ceil(u128::from(self.rate));
        let at = u128::from(self.from.as_nanoseconds()) + elapsed;
        u64::try_from(at).ok().map(VirtualInstant::from_nanoseconds)
    }

    /// Whether the clock has run true since `booted`, and still does.
    pub fn is_true_since(&self, booted: VirtualInstant) -> bool {
        let elapsed = self.from.as_nanoseconds().saturating_sub(booted.as_nanoseconds());
        self.rate == TRUE_RATE && self.base == u128::from(elapsed) * SCALE
    }
}
