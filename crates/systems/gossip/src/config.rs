//! How often nodes speak, and for how long there is news.

use std::time::Duration;

use crate::bug::Bug;

/// How often nodes speak, and for how long there is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The time between two rounds of a node.
    pub interval: Duration,
    /// The rounds of a life in which a node has news of its own, from its first on; at least one.
    pub rounds_with_news: u64,
    /// What is broken on purpose; nothing where the system is to work.
    pub bug: Option<Bug>,
}

impl Default for Config {
    /// A round every 50 ms, news in the first ten.
    fn default() -> Self {
        Self { interval: Duration::from_millis(50), rounds_with_news: 10, bug: None }
    }
}

impl Config {
    /// The news of node number `index` in that round: newer than everything of earlier rounds, and nobody else's. Nothing if it has none.
    pub fn news(&self, round: u64, index: u32) -> Option<u64> {
        (round < self.rounds_with_news).then(|| round << 32 | u64::from(index))
    }

    /// The newest that so many nodes will ever have, once each of them had all of its news.
    ///
    /// # Panics
    /// If there is no node, or no round with news.
    pub fn last(&self, nodes: u32) -> u64 {
        self.news(self.rounds_with_news - 1, nodes - 1).expect("the last round with news is one")
    }
}
