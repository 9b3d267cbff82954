//! What clients and server say to each other.

use std::fmt;

use cluster_sim_node::{Incarnation, Label};
use serde::{Deserialize, Serialize};

/// Which question of a client, in which of its lives: by this a client knows the answer.
///
/// The life is part of it, since an answer to an earlier life may still arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The life that asks.
    pub life: Incarnation,
    /// How many questions were asked before in that life.
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
    /// Client to server: say this back to me.
    Ask {
        /// Which question of the client; a retry keeps it.
        question: Question,
        /// What to say.
        body: u64,
    },
    /// Server to client: this is what you asked.
    Answer {
        /// Which question of the client.
        question: Question,
        /// What it said.
        body: u64,
    },
}

/// What names a message for chance: its kind, and the question it is about.
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
    fn a_label_says_what_a_message_is_about_and_not_what_it_says() {
        let question = |life, number| Question { life: Incarnation(life), number };
        let ask = |question, body| label(&EchoMessage::Ask { question, body });
        assert_eq!(ask(question(0, 3), 1), ask(question(0, 3), 2));
        assert_ne!(ask(question(0, 3), 1), ask(question(0, 4), 1));
        assert_ne!(ask(question(0, 3), 1), ask(question(1, 3), 1));
        assert_ne!(ask(question(0, 3), 1), label(&EchoMessage::Answer { question: question(0, 3), body: 1 }));
    }
}
