//! Fates: the results of what links do.

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
