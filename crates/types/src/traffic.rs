//! How many messages went where.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::loss::{LossCause, by_name};

/// The fate of every message of a run so far, whether it was sent by itself or in a session.
///
/// Always: `sent + copied = delivered + in_flight + lost()`, and the same for the messages of sessions alone.
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
    /// Messages that were lost, by cause; a cause is found by its name: `traffic.dropped["loss"]`.
    #[serde(with = "by_name")]
    pub dropped: BTreeMap<LossCause, u64>,
    /// What of this went through sessions; left out of data where there was no session.
    #[serde(default, skip_serializing_if = "SessionTraffic::is_empty")]
    pub sessions: SessionTraffic,
}

impl Traffic {
    /// Messages that were lost, whatever the cause.
    pub fn lost(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Whether every message is accounted for.
    pub fn is_balanced(&self) -> bool {
        self.sent + self.copied == self.delivered + self.in_flight + self.lost() && self.sessions.is_balanced()
    }
}

/// A number of messages and the bytes they would take on a wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// How many messages.
    pub messages: u64,
    /// How many bytes in all.
    pub bytes: u64,
}

impl Volume {
    /// Counts one message of so many bytes.
    pub fn add(&mut self, bytes: u32) {
        self.messages += 1;
        self.bytes += u64::from(bytes);
    }

    /// Takes back one message of so many bytes, which was counted before.
    pub fn remove(&mut self, bytes: u32) {
        self.messages -= 1;
        self.bytes -= u64::from(bytes);
    }

    fn plus(self, other: Self) -> Self {
        Self { messages: self.messages + other.messages, bytes: self.bytes + other.bytes }
    }
}

/// What went through the sessions of a run so far.
///
/// Always, in messages and in bytes: `sent = delivered + in_flight + lost`. What it cost to carry them is counted apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTraffic {
    /// Sessions that nodes asked for.
    pub connects: u64,
    /// Sessions that were accepted by the other side.
    pub accepted: u64,
    /// Ends that were broken: refused, timed out, reset.
    pub resets: u64,
    /// Messages that sessions took over from their senders.
    pub sent: Volume,
    /// Messages that their receivers took in.
    pub delivered: Volume,
    /// Messages that are under way, wait to be sent again, or wait to be taken in.
    pub in_flight: Volume,
    /// Messages that went with their session; their causes are among [`Traffic::dropped`].
    pub lost: Volume,
    /// Times a message, or the end that follows the last one, was put on its link: the first time and all others.
    pub attempts: u64,
    /// Times one of them was put on its link again.
    pub retransmissions: u64,
}

impl SessionTraffic {
    /// Whether there was no session at all.
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
    fn a_message_or_a_byte_that_is_nowhere_is_noticed() {
        let load = |messages, bytes| Volume { messages, bytes };
        let whole = SessionTraffic { sent: load(3, 30), delivered: load(2, 15), lost: load(1, 15), ..SessionTraffic::default() };
        assert!(whole.is_balanced() && !whole.is_empty());
        assert!(!SessionTraffic { delivered: load(2, 14), ..whole.clone() }.is_balanced());
        let traffic = |sessions| Traffic { sent: 3, delivered: 3, sessions, ..Traffic::default() };
        assert!(traffic(whole.clone()).is_balanced());
        assert!(!traffic(SessionTraffic { lost: load(0, 15), ..whole }).is_balanced());
    }
}
