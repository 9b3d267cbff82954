//! [`ChildExit`]: how a child process ended.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a child process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChildExit {
    /// It ended by itself, with this exit status.
    Status(i32),
    /// A signal of the operating system ended it, as in `6 (SIGABRT)`.
    Signal(String),
    /// It closed its pipes and went on, so this process killed it.
    Killed {
        /// Real time waited.
        after: Duration,
    },
    /// The operating system does not tell.
    Unknown(String),
}

impl ChildExit {
    /// Whether a signal ended it that asks a process to end, and reaches all of its group.
    pub(crate) fn is_interrupt(&self) -> bool {
        let is_one = |signal: &str| ["(SIGINT)", "(SIGTERM)", "(SIGHUP)"].iter().any(|name| signal.ends_with(name));
        matches!(self, Self::Signal(signal) if is_one(signal))
    }

    pub(super) fn of(status: ExitStatus) -> Self {
        match status.code() {
            Some(code) => Self::Status(code),
            None => {
                let text = status.to_string();
                // Core dumps depend on the machine.
                let text = text.strip_suffix(" (core dumped)").unwrap_or(&text);
                text.strip_prefix("signal: ")
                    .map_or_else(|| Self::Unknown(text.to_owned()), |signal| Self::Signal(signal.to_owned()))
            }
        }
    }
}

impl fmt::Display for ChildExit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(formatter, "exit status {code}"),
            Self::Signal(signal) => write!(formatter, "signal {signal}"),
            Self::Killed { after } => {
                write!(formatter, "killed {}s after it closed its pipes", after.as_secs_f64())
            }
            Self::Unknown(reason) => formatter.write_str(reason),
        }
    }
}
