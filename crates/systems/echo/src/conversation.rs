//! The rule that an answer is the answer to what was asked.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, VirtualInstant, World};
use cluster_sim_metrics::{Counter, Histogram};
use serde::Serialize;
use serde_json::{Value, json};

use crate::fact::EchoFact;
use crate::message::Question;

/// Holds every answer that a client takes against the question that it asked last, and measures how long it waited.
#[derive(Debug, Default)]
pub struct Conversation {
    /// What each client asked last and waits for.
    asked: BTreeMap<NodeId, Asked>,
    questions: Counter,
    retries: Counter,
    answers: Counter,
    answer_time: Histogram,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    question: Question,
    body: u64,
    at: VirtualInstant,
}

/// What a [`Conversation`] measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Measured {
    /// Questions that were asked for the first time.
    pub questions: Counter,
    /// How often one was asked again.
    pub retries: Counter,
    /// Questions that were answered.
    pub answers: Counter,
    /// From the first attempt to the answer, in milliseconds.
    pub answer_time_ms: AnswerTime,
}

/// How long answers took, in milliseconds; nothing where there were none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct AnswerTime {
    /// Half of them took no longer.
    pub p50_ms: Option<f64>,
    /// Ninety-nine in a hundred took no longer.
    pub p99_ms: Option<f64>,
    /// None took longer.
    pub max_ms: Option<f64>,
}

impl Conversation {
    fn asked(&mut self, client: NodeId, asked: Asked, attempt: u32) {
        if attempt == 0 {
            self.questions.increment();
            self.asked.insert(client, asked);
        } else {
            self.retries.increment();
        }
    }

    fn answered(&mut self, client: NodeId, question: Question, body: u64, world: &World<'_>) -> Verdict {
        self.answers.increment();
        let name = world.name(client);
        match self.asked.remove(&client) {
            None => Verdict::violated([client], format!("{name} took an answer to question {question} and waited for none")),
            Some(asked) if (asked.question, asked.body) != (question, body) => Verdict::violated(
                [client],
                format!(
                    "{name} asked question {} with {:x}, and took {body:x} for the answer to {question}",
                    asked.question, asked.body
                ),
            ),
            Some(asked) => {
                self.answer_time.record(world.now() - asked.at);
                Verdict::Holds
            }
        }
    }

    fn measurements(&self) -> Measured {
        let milliseconds = |time: Option<Duration>| time.map(|time| time.as_nanos() as f64 / 1e6);
        Measured {
            questions: self.questions,
            retries: self.retries,
            answers: self.answers,
            answer_time_ms: AnswerTime {
                p50_ms: milliseconds(self.answer_time.percentile(50.0)),
                p99_ms: milliseconds(self.answer_time.percentile(99.0)),
                max_ms: milliseconds(self.answer_time.max()),
            },
        }
    }
}

impl Invariant for Conversation {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact::<EchoFact>() {
            Some(EchoFact::Asked { question, body, attempt }) => {
                let asked = Asked { question: *question, body: *body, at: world.now() };
                self.asked(change.node(), asked, *attempt);
                Verdict::Holds
            }
            Some(EchoFact::Answered { question, body }) => self.answered(change.node(), *question, *body, world),
            None => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.answers.get()
    }

    fn measured(&self) -> Value {
        json!(self.measurements())
    }
}
