//! One operation of a client: what it asked for, when, and what it heard.

use serde::{Deserialize, Serialize};

use crate::VirtualInstant;

/// A client that waits for each answer before it goes on: it has at most one call at a time.
///
/// A call without an answer stays open for ever, so its process never calls again; the client goes on as another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Process(pub u32);

/// A moment of a history: the instant, and the place among its events, since instants can be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Moment {
    /// The instant, in nanoseconds since the start of the run or recording.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The number of events recorded before it.
    pub order: u32,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion<A> {
    /// It happened between its invocation and this moment, with this answer.
    Ok {
        /// The answer.
        answer: A,
        /// When the client heard it.
        at: Moment,
    },
    /// It did not happen and never will.
    Fail {
        /// When the client heard so.
        at: Moment,
    },
    /// It is not known whether it happened.
    ///
    /// It did at any time after its invocation, does later than the history ends, or never.
    Open,
}

/// A call of a client and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation<O, A> {
    /// The process that called.
    pub process: Process,
    /// The operation that it asked for.
    pub op: O,
    /// When it called.
    pub invoked: Moment,
    /// How the call ended.
    pub outcome: Completion<A>,
}

impl<O, A> Operation<O, A> {
    /// Returns the answer of an operation that happened for certain.
    pub fn answer(&self) -> Option<&A> {
        match &self.outcome {
            Completion::Ok { answer, .. } => Some(answer),
            Completion::Fail { .. } | Completion::Open => None,
        }
    }

    /// Returns when its client heard how it ended; `None` while it is open.
    pub fn completed(&self) -> Option<Moment> {
        match &self.outcome {
            Completion::Ok { at, .. } | Completion::Fail { at } => Some(*at),
            Completion::Open => None,
        }
    }

    /// Whether it happened, or may have.
    pub fn may_have_happened(&self) -> bool {
        !matches!(self.outcome, Completion::Fail { .. })
    }
}
