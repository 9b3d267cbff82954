//! Fates of messages, and the named causes of loss.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The result of a send on one link, decided when the message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The message arrives after a delay, unless a cut or the state of the receiver prevents it.
    Carried {
        /// The delay in nanoseconds.
        #[serde(rename = "after_ns")]
        after: u64,
        /// The number of additional copies, each with a delay of its own.
        copies: u8,
    },
    /// The message is lost.
    Lost {
        /// The number of the cause; `Network::cause` returns its name.
        cause: u32,
    },
}

impl Fate {
    /// Returns the delay of a message that is carried.
    pub fn after(self) -> Option<Duration> {
        match self {
            Self::Carried { after, .. } => Some(Duration::from_nanos(after)),
            Self::Lost { .. } => None,
        }
    }
}

/// The fate of one send, with its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FateRecord {
    /// The address of the send: sender, receiver, label, epoch and repeat.
    pub address: u64,
    /// The fate.
    pub fate: Fate,
}

/// The causes that every network has, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Cause {
    /// The loss of the link's model.
    Loss,
    /// The inbox of a paused node, or of a port, is full.
    InboxFull,
    /// The receiver is down or has not booted yet.
    NodeDown,
    /// The receiver is down for good.
    NodeKilled,
    /// The receiver's life ended while the message waited in its inbox.
    InboxLost,
    /// The receiver has restarted since the send, and the link says `StaleDelivery::Drop`.
    StaleIncarnation,
    /// The message cannot be decoded as the receiver's message type.
    Undecodable,
    /// The port is not bound, or was unbound before the message was received.
    PortClosed,
}

/// The names of the common causes, in the order of their numbers.
const COMMON: [&str; 8] =
    ["loss", "inbox_full", "node_down", "node_killed", "inbox_lost", "stale_incarnation", "undecodable", "port_closed"];

/// The first number of a named cause. It leaves room, so that a new common cause changes no digest.
const FIRST_NAMED: usize = 64;

/// Counts losses by cause.
#[derive(Debug, Default)]
pub(super) struct Losses {
    common: [u64; COMMON.len()],
    named: Vec<(String, u64)>,
}

impl Losses {
    /// Returns the number of the cause with this name. Causes of equal name are counted together.
    pub(super) fn named(&mut self, name: &str) -> u32 {
        if let Some(common) = COMMON.iter().position(|known| *known == name) {
            return common as u32;
        }
        let known = self.named.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or_else(|| {
            self.named.push((name.to_owned(), 0));
            self.named.len() - 1
        });
        (FIRST_NAMED + index) as u32
    }

    pub(super) fn name(&self, cause: u32) -> &str {
        let cause = cause as usize;
        COMMON.get(cause).copied().unwrap_or_else(|| &self.named[cause - FIRST_NAMED].0)
    }

    pub(super) fn count(&mut self, cause: u32) {
        let cause = cause as usize;
        match self.common.get_mut(cause) {
            Some(count) => *count += 1,
            None => self.named[cause - FIRST_NAMED].1 += 1,
        }
    }

    /// Returns the count of every cause that lost at least one message, by name.
    pub(super) fn by_name(&self) -> BTreeMap<String, u64> {
        let common = COMMON.iter().copied().zip(self.common);
        let named = self.named.iter().map(|(name, count)| (name.as_str(), *count));
        common.chain(named).filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count)).collect()
    }
}
