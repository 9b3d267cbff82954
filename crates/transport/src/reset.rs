//! Why a session is gone.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a session is gone for one of its ends. What was under way in it may have been taken in by the other side, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResetReason {
    /// The other node is there, and nobody listens.
    Refused,
    /// No answer came for as long as the link's patience lasts: the other node is down, cut off, or never took the session.
    TimedOut,
    /// The other side says that it knows nothing of the session: it gave up, or began another life.
    Reset,
    /// A message came that this side does not understand.
    Undecodable,
}

impl ResetReason {
    /// The reason of that number, as in the records of resets.
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
