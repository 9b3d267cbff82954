//! Two runs that could not be compared.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::protocol::ProducerMessage;
use crate::report::OtherRun;

/// How much of a word is quoted.
const QUOTED_CHARACTERS_MAX: usize = 200;

/// Two runs that could not be compared: nothing is known about either, and that is no pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeterminismError {
    /// The second run could not be started.
    #[error("{other_run} could not be started: {reason}")]
    NotStarted {
        /// Where it was to run.
        other_run: OtherRun,
        /// What the system said.
        reason: String,
    },
    /// The calling thread has no name, so that no other process can be told which test to run.
    #[error("this thread has no name by which another process could find the test again; make the call in the test's own thread")]
    NoName,
    /// The other process ended before it came to the call.
    #[error("another process was started as `{command}` and ended ({status}) before it came to this call{}", output_suffix(.output))]
    NeverReached {
        /// How it was started.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines it printed.
        output: String,
    },
    /// The other process came to another call instead.
    #[error(
        "another process came to the call {found} instead of {expected}; a test must make its calls in the same order each time"
    )]
    OtherCall {
        /// The call that was to be compared.
        expected: String,
        /// The call it came to.
        found: String,
    },
    /// The second run ended in the middle: the process was ended from outside, or code panicked where a run makes no finding of it.
    #[error("the run in {other_run} broke off: {reason}{}", output_suffix(.output))]
    BrokeOff {
        /// Where it ran.
        other_run: OtherRun,
        /// The panic, or how the process ended.
        reason: String,
        /// The last lines that the process printed.
        output: String,
    },
    /// The second run gave no sign of life for so long.
    #[error("the run in {other_run} gave no sign of life for {}s; look for a step or a check that does not end{}", .timeout.as_secs_f64(), output_suffix(.output))]
    Silent {
        /// Where it ran.
        other_run: OtherRun,
        /// How long it was waited for.
        timeout: Duration,
        /// The last lines that the process printed.
        output: String,
    },
    /// The other process said something that only another version of this crate, or somebody else, can have said.
    #[error("another process sent an unexpected message: {message}")]
    Garbled {
        /// What it said.
        message: String,
    },
}

impl DeterminismError {
    /// Somebody said a word that is none of those that may come now.
    pub(super) fn garbled(message: &ProducerMessage) -> Self {
        Self::Garbled { message: format!("{message:?}").chars().take(QUOTED_CHARACTERS_MAX).collect() }
    }
}

/// What a process said last, on lines of its own.
fn output_suffix(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!("; last output:\n{output}") }
}
