//! Counts messages by their fate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::loss::{LossCause, by_name};

/// Counts every message of a run so far by its fate, datagrams and session messages alike.
///
/// Invariant: `sent + copied = delivered + in_flight + lost()`, also for the messages of sessions alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Messages that nodes sent; a broadcast counts once for each receiver.
    pub sent: u64,
    /// Further copies that the network made of sent messages.
    pub copied: u64,
    /// Messages that reached a node.
    pub delivered: u64,
    /// Messages on a link, or waiting in the inbox of a paused node.
    pub in_flight: u64,
    /// Lost messages, by cause; a cause is found by its name: `traffic.dropped["loss"]`.
    #[serde(with = "by_name")]
    pub dropped: BTreeMap<LossCause, u64>,
    /// The part of these counts that went through sessions; left out of data without sessions.
    #[serde(default, skip_serializing_if = "SessionTraffic::is_empty")]
    pub sessions: SessionTraffic,
}

impl Traffic {
    /// Sums up lost messages over all causes.
    pub fn lost(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Whether every message is accounted for.
    pub fn is_balanced(&self) -> bool {
        self.sent + self.copied == self.delivered + self.in_flight + self.lost() && self.sessions.is_balanced()
    }
}

/// A number of messages and their encoded length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Number of messages.
    pub messages: u64,
    /// Sum of their lengths, in bytes.
    pub bytes: u64,
}

impl Volume {
    /// Counts one message of `bytes` bytes.
    pub fn add(&mut self, bytes: u32) {
        self.messages += 1;
        self.bytes += u64::from(bytes);
    }

    /// Removes one message of `bytes` bytes that was counted before.
    pub fn remove(&mut self, bytes: u32) {
        self.messages -= 1;
        self.bytes -= u64::from(bytes);
    }

    fn plus(self, other: Self) -> Self {
        Self { messages: self.messages + other.messages, bytes: self.bytes + other.bytes }
    }
}

/// Counts the messages and bytes that went through sessions so far.
///
/// Invariant, in messages and in bytes: `sent = delivered + in_flight + lost`. Transmission attempts are counted separately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTraffic {
    /// Sessions that nodes requested.
    pub connects: u64,
    /// Sessions that the other side accepted.
    pub accepted: u64,
    /// Ends that broke: refused, timed out, or reset.
    pub resets: u64,
    /// Messages that sessions accepted from their senders.
    pub sent: Volume,
    /// Messages that their receivers received.
    pub delivered: Volume,
    /// Messages on a link, waiting for retransmission, or waiting to be received.
    pub in_flight: Volume,
    /// Messages lost with their session; [`Traffic::dropped`] has their causes.
    pub lost: Volume,
    /// Transmissions of messages and of the close that follows the last one, retransmissions included.
    pub attempts: u64,
    /// Transmissions after the first one.
    pub retransmissions: u64,
}

impl SessionTraffic {
    /// Whether no session was ever requested.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether every message and every byte is accounted for.
    pub fn is_balanced(&self) -> bool {
        self.sent == self.delivered.plus(self.in_flight).plus(self.lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_message_or_byte_breaks_the_balance() {
        let load = |messages, bytes| Volume { messages, bytes };
        let whole = SessionTraffic { sent: load(3, 30), delivered: load(2, 15), lost: load(1, 15), ..SessionTraffic::default() };
        assert!(whole.is_balanced() && !whole.is_empty());
        assert!(!SessionTraffic { delivered: load(2, 14), ..whole.clone() }.is_balanced());
        let traffic = |sessions| Traffic { sent: 3, delivered: 3, sessions, ..Traffic::default() };
        assert!(traffic(whole.clone()).is_balanced());
        assert!(!traffic(SessionTraffic { lost: load(0, 15), ..whole }).is_balanced());
    }
}
