//! Messages between clients and the server.

use std::fmt;

use cluster_sim_node::{Incarnation, Label};
use serde::{Deserialize, Serialize};

/// The identity of a question among those of one client.
///
/// It contains the life, because an answer to an earlier life may still arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The client's life.
    pub life: Incarnation,
    /// The number of the question within that life, from 0.
    pub number: u64,
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of life {}", self.number, self.life.0)
    }
}

/// A question or its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EchoMessage {
    /// From client to server: return `body`.
    Ask {
        /// The question; retries repeat it.
        question: Question,
        /// The number to return.
        body: u64,
    },
    /// From server to client: the answer.
    Answer {
        /// The question.
        question: Question,
        /// The number of the question.
        body: u64,
    },
}

/// Labels a message by kind and question, so its fate does not depend on the body.
pub fn label(message: &EchoMessage) -> Label {
    let (kind, question) = match *message {
        EchoMessage::Ask { question, .. } => (0, question),
        EchoMessage::Answer { question, .. } => (1, question),
    };
    Label::Key { kind, id: u64::from(question.life.0) << 32 | question.number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_depends_on_kind_and_question_but_not_body() {
        let question = |life, number| Question { life: Incarnation(life), number };
        let ask = |question, body| label(&EchoMessage::Ask { question, body });
        assert_eq!(ask(question(0, 3), 1), ask(question(0, 3), 2));
        assert_ne!(ask(question(0, 3), 1), ask(question(0, 4), 1));
        assert_ne!(ask(question(0, 3), 1), ask(question(1, 3), 1));
        assert_ne!(ask(question(0, 3), 1), label(&EchoMessage::Answer { question: question(0, 3), body: 1 }));
    }
}
