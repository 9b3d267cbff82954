//! Choices of a seed for the plans of scenarios.

use std::time::Duration;

use cluster_sim::Seed;
use cluster_sim::node::{Address, Stream};

/// The choices of one seed, each by its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance(pub(super) Seed);

impl Chance {
    /// A number below a bound.
    pub(super) fn below(self, name: &str, number: u64, bound: u64) -> u64 {
        self.0.roll(Stream::named("stream-queue"), Address::new().name(name).number(number)).below(bound)
    }

    /// A time of `from` to `to` milliseconds.
    pub(super) fn millis(self, name: &str, number: u64, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(name, number, to - from))
    }
}
