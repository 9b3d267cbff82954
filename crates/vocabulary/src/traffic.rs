//! How many messages went where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The fate of every message of a run so far.
///
/// Always: `sent + copied = delivered + in_flight + lost()`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Messages that nodes sent, one for each receiver.
    pub sent: u64,
    /// Further copies that the network made of them.
    pub copied: u64,
    /// Messages that reached a node.
    pub delivered: u64,
    /// Messages under way, or waiting in the inbox of a paused node.
    pub in_flight: u64,
    /// Messages that were lost, under the name of what ate them.
    pub dropped: BTreeMap<String, u64>,
}

impl Traffic {
    /// Messages that were lost, whatever the cause.
    pub fn lost(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Whether every message is accounted for.
    pub fn is_balanced(&self) -> bool {
        self.sent + self.copied == self.delivered + self.in_flight + self.lost()
    }
}
