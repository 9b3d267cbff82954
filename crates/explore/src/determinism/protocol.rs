//! Messages between producer and verifier, in a thread or between processes.
//!
//! The producer sends a checkpoint after each window, and its report at the end. The verifier answers each checkpoint: agreed, or
//! send the log of that window.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::DeterminismError;
use super::checkpoint::Checkpoint;
use super::log_line::Line;
pub(super) use crate::child::Disconnected;

/// A message of the producer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ProducerMessage {
    /// It still takes steps.
    Alive,
    /// Another window is full.
    Checkpoint(Checkpoint),
    /// The log of the oldest window that is not agreed on.
    Log(Vec<Line>),
    /// The report; every window is agreed on.
    Report(Value),
}

/// An order of the verifier; the producer stops when it can receive none.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum VerifierOrder {
    /// The oldest window is equal in both runs.
    Agreed,
    /// The oldest window differs; the producer sends its log.
    Log,
}

/// The producer, as the verifier sees it. Dropping it makes the producer stop.
pub(super) trait ProducerHandle: Sized {
    /// Waits for the next message.
    ///
    /// # Errors
    /// If the producer is gone, or sent nothing for too long.
    fn recv(&mut self) -> Result<ProducerMessage, DeterminismError>;

    /// Sends an order. If the producer is gone, the next `recv` fails.
    fn request(&mut self, order: VerifierOrder);

    /// Waits for the end of the producer, after its report.
    ///
    /// # Errors
    /// If it fails, or does not end.
    fn join(self) -> Result<(), DeterminismError>;

    /// Makes the producer stop.
    fn abandon(self);

    /// Makes the producer stop, and adds to the error what its end shows.
    fn explain(self, error: DeterminismError) -> DeterminismError;
}

/// The verifier, as the producer sees it.
pub(super) trait VerifierHandle {
    /// Sends a message.
    ///
    /// # Errors
    /// If the verifier is gone.
    fn send(&mut self, message: ProducerMessage) -> Result<(), Disconnected>;

    /// Waits for the next order.
    ///
    /// # Errors
    /// If the verifier is gone.
    fn recv_order(&mut self) -> Result<VerifierOrder, Disconnected>;
}
