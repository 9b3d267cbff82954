//! The rounds of a gossip system and its planted bug.

use std::time::Duration;

use crate::bug::Bug;
use crate::message::Newest;

/// The rounds of each node, and a bug to plant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// The time between two rounds of a node.
    pub interval: Duration,
    /// The number of rounds in which a node has a new value, from the first round of its life; at least 1.
    pub rounds_with_news: u64,
    /// The number of nodes that take turns in having news.
    ///
    /// With 0 every node has a new value in each of those rounds.
    pub turns: u64,
    /// The planted bug; `None` for a correct system.
    pub bug: Option<Bug>,
}

impl Default for Config {
    /// A round every 50 ms, new values of every node in the first ten.
    fn default() -> Self {
        Self { interval: Duration::from_millis(50), rounds_with_news: 10, turns: 0, bug: None }
    }
}

impl Config {
    /// Returns the new value of a node in a round, while it knows `newest`; `None` in rounds without one.
    ///
    /// No other node has it: it is `index` in the lower 32 bits. Its upper 32 bits make it larger than all values of the node's
    /// earlier rounds. Without turns they are `round`. With turns they follow those of `newest`, so that even the news of a node
    /// that restarted is news to all.
    ///
    /// With turns, a round belongs to one node, and after as many rounds as there are nodes one belongs to all of them.
    pub fn news(&self, round: u64, index: u32, newest: Newest) -> Option<u64> {
        let own = |clock: u64| clock << 32 | u64::from(index);
        let has_turn = |turn: u64| turn == u64::from(index) || turn == self.turns;
        match self.turns {
            _ if round >= self.rounds_with_news => None,
            0 => Some(own(round)),
            turns => has_turn(round % (turns + 1)).then(|| own((newest.0 >> 32) + 1)),
        }
    }

    /// Returns the largest value that a group of `nodes` ever has, if they do not take turns.
    ///
    /// # Panics
    /// If there is no node, or no round with new values.
    pub fn last(&self, nodes: u32) -> u64 {
        let without_turns = Self { turns: 0, ..*self };
        without_turns.news(self.rounds_with_news - 1, nodes - 1, Newest(0)).expect("the last round with new values has one")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_take_turns_and_then_all_have_news() {
        let config = Config { turns: 3, ..Config::default() };
        let with_news = |round| (0..3).filter(|index| config.news(round, *index, Newest(0)).is_some()).collect::<Vec<u32>>();
        let rounds: Vec<_> = (0..12).map(with_news).collect();
        assert_eq!(rounds[..8], [vec![0], vec![1], vec![2], vec![0, 1, 2], vec![0], vec![1], vec![2], vec![0, 1, 2]]);
        assert!(rounds[10..].iter().all(Vec::is_empty), "ten rounds have news");
    }

    #[test]
    fn news_of_a_turn_is_newer_than_all_that_its_node_knows() {
        let config = Config { turns: 3, ..Config::default() };
        assert_eq!(config.news(1, 1, Newest(7 << 32 | 2)), Some(8 << 32 | 1));
        assert_eq!(Config::default().news(1, 1, Newest(7 << 32 | 2)), Some(1 << 32 | 1), "without turns it is that of the round");
    }
}
