//! What clients say about themselves.

use crate::message::Question;

/// Something that happened to a client, stated at that instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EchoFact {
    /// It sent a question, for the first time or again.
    Asked {
        /// Which question.
        question: Question,
        /// What it asked.
        body: u64,
        /// How often it had asked that before.
        attempt: u32,
    },
    /// It took an answer.
    Answered {
        /// The question that it took for answered.
        question: Question,
        /// What it was told.
        body: u64,
    },
}
