//! What a run may use up.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bounds on one run; past one of them it ends as exhausted, never as held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Steps: inputs that nodes take. Default 1,000,000,000.
    pub steps: u64,
    /// Messages under way at once. Default 10,000,000.
    pub messages_in_flight: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: 1_000_000_000, messages_in_flight: 10_000_000 }
    }
}

/// Which budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exhausted {
    /// So many steps were taken.
    Steps(u64),
    /// More than so many messages were under way.
    MessagesInFlight(u64),
}

impl fmt::Display for Exhausted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(steps) => {
                write!(formatter, "the budget of {steps} steps is spent; raise `Budget::steps` or shorten the run")
            }
            Self::MessagesInFlight(messages) => {
                write!(
                    formatter,
                    "more than {messages} messages were in flight; raise `Budget::messages_in_flight` or find who floods"
                )
            }
        }
    }
}
