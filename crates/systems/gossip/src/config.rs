//! The rounds of a gossip system and its planted bug.

use std::time::Duration;

use crate::bug::Bug;

/// The rounds of each node, and a bug to plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The time between two rounds of a node.
    pub interval: Duration,
    /// The number of rounds in which a node has a new value, from the first round of its life; at least 1.
    pub rounds_with_news: u64,
    /// The planted bug; `None` for a correct system.
    pub bug: Option<Bug>,
}

impl Default for Config {
    /// A round every 50 ms, new values in the first ten.
    fn default() -> Self {
        Self { interval: Duration::from_millis(50), rounds_with_news: 10, bug: None }
    }
}

impl Config {
    /// Returns the new value of node number `index` in a round; `None` in rounds without one.
    ///
    /// It is larger than all values of earlier rounds, and no other node has it: `round` in the upper 32 bits, `index` in the
    /// lower.
    pub fn news(&self, round: u64, index: u32) -> Option<u64> {
        (round < self.rounds_with_news).then(|| round << 32 | u64::from(index))
    }

    /// Returns the largest value that a group of `nodes` ever has.
    ///
    /// # Panics
    /// If there is no node, or no round with new values.
    pub fn last(&self, nodes: u32) -> u64 {
        self.news(self.rounds_with_news - 1, nodes - 1).expect("the last round with new values has one")
    }
}
