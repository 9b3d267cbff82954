//! Bounds on the resources of a run.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bounds on one run; a run that exceeds one ends as exhausted, never as passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Steps: inputs that nodes take. Default 1,000,000,000.
    pub steps: u64,
    /// Virtual time. Default 366 days, enough for a year in production.
    #[serde(rename = "virtual_time_ns", with = "crate::nanoseconds")]
    pub virtual_time: Duration,
    /// Messages in flight at one time. Default 10,000,000.
    pub messages_in_flight: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: 1_000_000_000, virtual_time: Duration::from_secs(366 * 24 * 60 * 60), messages_in_flight: 10_000_000 }
    }
}

/// Names the exhausted budget, with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Exhausted {
    /// Took this many steps.
    Steps(u64),
    /// Reached this much virtual time.
    VirtualTime(#[serde(with = "crate::nanoseconds")] Duration),
    /// Had more than this many messages in flight.
    MessagesInFlight(u64),
}

impl fmt::Display for Exhausted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(steps) => {
                write!(formatter, "the budget of {steps} steps is spent; raise `Budget::steps` or shorten the run")
            }
            Self::VirtualTime(time) => {
                write!(formatter, "the budget of {}s of virtual time is spent; raise `Budget::virtual_time`", time.as_secs_f64())
            }
            Self::MessagesInFlight(messages) => {
                write!(
                    formatter,
                    "more than {messages} messages were in flight; raise `Budget::messages_in_flight` or find the flooding node"
                )
            }
        }
    }
}
