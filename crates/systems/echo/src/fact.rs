//! Facts that clients report.

use crate::message::Question;

/// An event of a client, reported at the instant it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EchoFact {
    /// It sent a question, for the first time or again.
    Asked {
        /// The question.
        question: Question,
        /// The number that the server is to return.
        body: u64,
        /// The number of earlier sends of this question.
        attempt: u32,
    },
    /// It accepted an answer.
    Answered {
        /// The question named by the answer.
        question: Question,
        /// The number in the answer.
        body: u64,
    },
}
