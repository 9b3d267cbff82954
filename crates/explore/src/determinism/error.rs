//! [`DeterminismError`]: two runs that could not be compared.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::child::ChildError;

/// Two runs that could not be compared.
///
/// Nothing is known about either run, so this is not a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeterminismError {
    /// The thread of the other run could not be started.
    #[error("a fresh thread could not be started: {reason}; end other threads and processes first")]
    NotStarted {
        /// The operating system's error.
        reason: String,
    },
    /// Code panicked in the thread of the other run where a run records no finding.
    #[error("the run in a fresh thread broke off: {reason}")]
    BrokeOff {
        /// The panic message.
        reason: String,
    },
    /// The run in the other thread sent nothing for `timeout`.
    #[error(
        "the run in a fresh thread gave no sign of life for {}s; look for a step or a check that does not end",
        .timeout.as_secs_f64()
    )]
    Silent {
        /// Real time waited.
        timeout: Duration,
    },
    /// The test ended without a run.
    #[error("the test ended without the run that it was asked for; start it by `trial.start` or `trial.run` each time")]
    NoRun,
    /// The process of the other run did not do its work.
    #[error(transparent)]
    Child(#[from] ChildError),
}
