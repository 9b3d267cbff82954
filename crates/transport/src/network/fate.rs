//! What became of a message, and the name of what decided it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a link does with one message, decided when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It arrives after so much time, unless a cut or its receiver's end prevents it.
    Carried {
        /// The time it takes, in nanoseconds.
        #[serde(rename = "after_ns")]
        after: u64,
        /// Further copies that arrive by themselves.
        copies: u8,
    },
    /// It is lost by what has this number among the network's causes.
    Lost {
        /// The number of the cause; `Network::cause` names it.
        cause: u32,
    },
}

impl Fate {
    /// The time the message takes, if it is carried.
    pub fn after(self) -> Option<Duration> {
        match self {
            Self::Carried { after, .. } => Some(Duration::from_nanos(after)),
            Self::Lost { .. } => None,
        }
    }
}

/// One fate that was decided, and what it was decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FateRecord {
    /// The address: from, to, label, repeat.
    pub address: u64,
    /// What was decided.
    pub fate: Fate,
}

/// The causes that every network has, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Cause {
    /// The link's own loss.
    Loss,
    /// The inbox of a paused node is full.
    InboxFull,
    /// The receiver is down, or has not started yet.
    NodeDown,
    /// The receiver is gone for good.
    NodeKilled,
    /// The receiver's inbox went with its life.
    InboxLost,
    /// The receiver has another life now, and the link does not carry across lives.
    StaleIncarnation,
    /// The receiver does not understand the message.
    Undecodable,
    /// Nobody bound the port that it is for, or the port was unbound before it was taken.
    PortClosed,
}

/// The names of the causes that every network has, in the order of their numbers.
const COMMON: [&str; 8] =
    ["loss", "inbox_full", "node_down", "node_killed", "inbox_lost", "stale_incarnation", "undecodable", "port_closed"];

/// The first number of a cause with a name of its own, so that a further common cause changes no digest.
const FIRST_NAMED: usize = 64;

/// Counts losses under the name of what caused them.
#[derive(Debug, Default)]
pub(super) struct Losses {
    common: [u64; COMMON.len()],
    named: Vec<(String, u64)>,
}

impl Losses {
    /// The number of the cause of that name; causes of one name are counted together.
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

    /// Every cause that ate at least one message, by name.
    pub(super) fn by_name(&self) -> BTreeMap<String, u64> {
        let common = COMMON.iter().copied().zip(self.common);
        let named = self.named.iter().map(|(name, count)| (name.as_str(), *count));
        common.chain(named).filter(|(_, count)| *count > 0).map(|(name, count)| (name.to_owned(), count)).collect()
    }
}
