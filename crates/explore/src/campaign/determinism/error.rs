//! [`DeterminismError`]: two runs that could not be compared.

use std::time::Duration;

use cluster_sim_simulation::OtherRun;

use serde::{Deserialize, Serialize};

use super::protocol::ProducerMessage;

/// Characters quoted of an unexpected message.
const QUOTED_CHARACTERS_MAX: usize = 200;

/// Two runs that could not be compared.
///
/// Nothing is known about either run, so this is not a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeterminismError {
    /// The other run could not be started.
    #[error("{other_run} could not be started: {reason}")]
    NotStarted {
        /// Where it was to run.
        other_run: OtherRun,
        /// The operating system's error.
        reason: String,
    },
    /// The calling thread has no name by which another process could find the test.
    #[error("this thread has no name by which another process could find the test again; make the call in the test's own thread")]
    NoName,
    /// The other process ended before it reached the call.
    #[error("another process was started as `{command}` and ended ({status}) before it came to this call{}", output_suffix(.output))]
    NeverReached {
        /// The command that started it.
        command: String,
        /// Its exit status.
        status: String,
        /// The last lines it printed.
        output: String,
    },
    /// The other process reached another call instead.
    #[error(
        "another process came to the call {found} instead of {expected}; a test must make its calls in the same order each time"
    )]
    OtherCall {
        /// The call to compare.
        expected: String,
        /// The call that it reached.
        found: String,
    },
    /// The other run ended early: its process was killed, or code panicked where a run records no finding.
    #[error("the run in {other_run} broke off: {reason}{}", output_suffix(.output))]
    BrokeOff {
        /// Where it ran.
        other_run: OtherRun,
        /// The panic message, or the exit status of the process.
        reason: String,
        /// The last lines that the process printed.
        output: String,
    },
    /// The other run sent nothing for `timeout`.
    #[error("the run in {other_run} gave no sign of life for {}s; look for a step or a check that does not end{}", .timeout.as_secs_f64(), output_suffix(.output))]
    Silent {
        /// Where it ran.
        other_run: OtherRun,
        /// Real time waited.
        timeout: Duration,
        /// The last lines that the process printed.
        output: String,
    },
    /// The other process sent a message that the protocol does not allow here.
    ///
    /// Either another version of this crate sent it, or other code printed a line with the protocol's mark.
    #[error("another process sent an unexpected message: {message}")]
    Garbled {
        /// The message.
        message: String,
    },
}

impl DeterminismError {
    /// Makes the error for a message that the protocol does not allow here.
    pub(super) fn garbled(message: &ProducerMessage) -> Self {
        Self::Garbled { message: format!("{message:?}").chars().take(QUOTED_CHARACTERS_MAX).collect() }
    }
}

/// The captured output as the end of an error message; empty if there is none.
fn output_suffix(output: &str) -> String {
    if output.is_empty() { String::new() } else { format!("; last output:\n{output}") }
}
