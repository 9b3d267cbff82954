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
pub struct Decided {
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
}

/// Counts losses under the name of what caused them.
#[derive(Debug)]
pub(super) struct Losses {
    names: Vec<String>,
    counts: Vec<u64>,
}

impl Losses {
    pub(super) fn new() -> Self {
        let names = ["loss", "inbox_full", "node_down", "node_killed", "inbox_lost", "stale_incarnation", "undecodable"];
        Self { names: names.map(str::to_owned).to_vec(), counts: vec![0; names.len()] }
    }

    /// The number of the cause of that name; causes of one name are counted together.
    pub(super) fn named(&mut self, name: &str) -> u32 {
        let known = self.names.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.counts.push(0);
            self.names.len() - 1
        });
        index as u32
    }

    pub(super) fn name(&self, cause: u32) -> &str {
        &self.names[cause as usize]
    }

    pub(super) fn count(&mut self, cause: u32) {
        self.counts[cause as usize] += 1;
    }

    /// Every cause that ate at least one message, by name.
    pub(super) fn by_name(&self) -> BTreeMap<String, u64> {
        self.names.iter().cloned().zip(self.counts.iter().copied()).filter(|(_, count)| *count > 0).collect()
    }
}
