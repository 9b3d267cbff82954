//! A saturating counter.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Counts occurrences; saturates at 2^64 - 1.
///
/// Serializes as a plain number.
///
/// ```
/// use cluster_sim_metrics::Counter;
///
/// let mut retries = Counter::new();
/// retries.increment();
/// retries.add(2);
/// assert_eq!(retries.get(), 3);
/// assert_eq!(retries.to_string(), "3");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counter(u64);

impl Counter {
    /// Starts at zero.
    pub const fn new() -> Self {
        Self(0)
    }

    /// Adds one.
    #[inline]
    pub const fn increment(&mut self) {
        self.add(1);
    }

    /// Adds `count`.
    #[inline]
    pub const fn add(&mut self, count: u64) {
        self.0 = self.0.saturating_add(count);
    }

    /// Returns the count.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_counter_saturates() {
        let mut counter = Counter::new();
        counter.add(u64::MAX - 1);
        counter.increment();
        assert_eq!(counter.get(), u64::MAX);
        counter.increment();
        counter.add(7);
        assert_eq!(counter.get(), u64::MAX);
    }
}
