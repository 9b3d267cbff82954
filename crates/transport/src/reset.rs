//! Reasons for the reset of a session.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The reason why a session broke at one endpoint.
///
/// The peer may or may not have read the messages that were in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResetReason {
    /// The peer is up, but nothing listens on the port.
    Refused,
    /// No answer came within `LinkModel::session_timeout`: the peer is down, cut off, or never accepted.
    TimedOut,
    /// The peer has no such session: it released or aborted its endpoint, or restarted.
    Reset,
    /// A message arrived that cannot be decoded as the receiver's message type.
    Undecodable,
}

impl ResetReason {
    /// Returns the reason with this number, as recorded in the detail of a reset.
    pub fn numbered(number: u32) -> Option<Self> {
        [Self::Refused, Self::TimedOut, Self::Reset, Self::Undecodable].get(number as usize).copied()
    }
}

impl fmt::Display for ResetReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Refused => "refused",
            Self::TimedOut => "timed out",
            Self::Reset => "reset by the other side",
            Self::Undecodable => "not understood",
        })
    }
}
