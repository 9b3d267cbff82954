//! [`ChildError`]: why a child process did not do its work.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ChildExit;

/// Characters quoted of an unexpected message.
const QUOTED_CHARACTERS_MAX: usize = 200;

/// A child process that did not do its work.
///
/// It is a worker of a sweep, or the second process of a determinism check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChildError {
    /// The process could not be started.
    #[error("another process could not be started as `{command}`: {reason}; check that the program exists and may be run")]
    NotStarted {
        /// The command.
        command: String,
        /// The operating system's error.
        reason: String,
    },
    /// The calling thread has no name by which another process could find the test.
    #[error("this thread has no name by which another process could find the test again; make the call in the test's own thread")]
    NoName,
    /// The process ended before it reached the call that it was started for.
    #[error(
        "another process was started as `{command}` and ended ({exit}) before it came to this call; see what it printed{}",
        suffix(.output)
    )]
    NeverReached {
        /// The command that started it.
        command: String,
        /// How it ended.
        exit: ChildExit,
        /// The last lines it printed.
        output: String,
    },
    /// The process reached another call instead.
    #[error(
        "another process came to the call {found} instead of {expected}; a test must make its calls in the same order each time"
    )]
    OtherCall {
        /// The call of this process.
        expected: String,
        /// The call that it reached.
        found: String,
    },
    /// The process speaks another version of the protocol.
    #[error("another process speaks version {found} of the protocol, this one version {expected}; build both from one version")]
    OtherVersion {
        /// The version of this process.
        expected: u32,
        /// The version of the child.
        found: String,
    },
    /// The process sent nothing for `timeout`, and was killed.
    #[error(
        "another process gave no sign of life for {}s; look for a step or a check that does not end{}",
        .timeout.as_secs_f64(), suffix(.output)
    )]
    Silent {
        /// Real time waited.
        timeout: Duration,
        /// The last lines it printed.
        output: String,
    },
    /// The process ended in the middle of its work.
    #[error("another process ended ({exit}) in the middle of its work; look for what ends it{}", suffix(.output))]
    Exited {
        /// How it ended.
        exit: ChildExit,
        /// The last lines it printed.
        output: String,
    },
    /// The process ended in the middle of a message.
    #[error("another process ended ({exit}) in the middle of the message {message}; look for what ends it{}", suffix(.output))]
    CutOff {
        /// How it ended.
        exit: ChildExit,
        /// The beginning of the message.
        message: String,
        /// The last lines it printed.
        output: String,
    },
    /// Code panicked in the process where a run records no finding.
    #[error("code of another process panicked outside of the run: {message}; a check or a fact may panic when it is printed")]
    Panicked {
        /// The panic message.
        message: String,
    },
    /// The process sent a message that the protocol does not allow here.
    ///
    /// Other code may have printed a line with the mark of messages.
    #[error("another process sent an unexpected message: {message}; no code but the simulator may print lines that begin so")]
    Garbled {
        /// The message.
        message: String,
    },
}

impl ChildError {
    /// Makes the error for a message that the protocol does not allow here.
    pub(crate) fn garbled(message: &impl std::fmt::Debug) -> Self {
        Self::Garbled { message: format!("{message:?}").chars().take(QUOTED_CHARACTERS_MAX).collect() }
    }
}

/// The captured output as the end of an error message; empty if there is none.
fn suffix(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!("; last output:\n{output}") }
}
