//! What the two sides say to each other, whatever carries it.
//!
//! The side elsewhere tells: after each window a checkpoint, in the end its report. The side here compares, and answers each checkpoint:
//! agreed, or the log of that window, please. Each side keeps a window until it is agreed on, so that the log is that of the very run
//! that differs: a run that leaks, done again, would be a third one.

use cluster_sim_runtime::Seed;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DeterminismError;
use super::checkpoint::Checkpoint;
use super::log_line::Line;

/// What the side elsewhere says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ProducerMessage {
    /// It came to the call in which the runs are compared; only said by a process.
    Reached(Call),
    /// It still takes steps.
    Alive,
    /// Another window is full.
    Checkpoint(Checkpoint),
    /// The log of the oldest window that is not agreed on.
    Log(Vec<Line>),
    /// Every window is agreed on; this is the report.
    Report(Value),
    /// It panicked where a run makes no finding of it, and ends; only said by a process.
    Panicked(String),
}

/// What the side elsewhere is asked for; who hears nothing more is to stop.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum VerifierOrder {
    /// Its oldest window is that of the other run too.
    Agreed,
    /// Its oldest window is not; it is to say what is in it.
    Log,
}

/// Which of the calls that a program makes compares which run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::campaign) struct Call {
    /// The file and line of the call.
    pub(in crate::campaign) place: String,
    pub(in crate::campaign) scenario: String,
    pub(in crate::campaign) seed: Seed,
    /// A hash of what the scenario declares, but for the code in it.
    pub(in crate::campaign) declared: u64,
}

/// The side elsewhere, as the side here sees it. Dropping it tells that side to stop.
pub(super) trait ProducerHandle: Sized {
    /// Waits for the next word.
    ///
    /// # Errors
    /// If there will be none, or none came for too long.
    fn recv(&mut self) -> Result<ProducerMessage, DeterminismError>;

    /// Asks for something. Whether anybody is left to answer shows when the answer is waited for.
    fn request(&mut self, order: VerifierOrder);

    /// Waits for the end of the side elsewhere, after all was said.
    ///
    /// # Errors
    /// If it does not end well, or not at all.
    fn join(self) -> Result<(), DeterminismError>;

    /// Has the side elsewhere stop, whatever it is at.
    fn abandon(self);

    /// Has the side elsewhere stop, and says more of why it failed, if more is known then.
    fn explain(self, error: DeterminismError) -> DeterminismError;
}

/// The side here is gone; the other one may stop.
#[derive(Debug)]
pub(super) struct Disconnected;

/// The side here, as the side elsewhere sees it.
pub(super) trait VerifierHandle {
    /// Says a word.
    ///
    /// # Errors
    /// If nobody listens any more.
    fn send(&mut self, message: ProducerMessage) -> Result<(), Disconnected>;

    /// Waits for the next order.
    ///
    /// # Errors
    /// If none will come.
    fn recv_order(&mut self) -> Result<VerifierOrder, Disconnected>;
}
