//! The rule that an accepted answer matches the client's current question.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, VirtualInstant, World};
use cluster_sim_metrics::{Counter, Histogram};
use serde::Serialize;
use serde_json::{Value, json};

use crate::fact::EchoFact;
use crate::message::Question;

/// Checks that each accepted answer matches the last question, and measures answer times.
///
/// Holds one entry per client. `times_checked` counts accepted answers.
#[derive(Debug, Default)]
pub struct AnswersMatchQuestions {
    /// The unanswered question of each client.
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

/// The measurements of [`AnswersMatchQuestions`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Measured {
    /// Questions asked, without retries.
    pub questions: Counter,
    /// Retries of questions.
    pub retries: Counter,
    /// Answers accepted.
    pub answers: Counter,
    /// The time from the first attempt to the answer.
    pub answer_time_ms: AnswerTime,
}

/// The distribution of answer times in milliseconds; `None` without answers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct AnswerTime {
    /// The median.
    pub p50_ms: Option<f64>,
    /// The 99th percentile.
    pub p99_ms: Option<f64>,
    /// The maximum.
    pub max_ms: Option<f64>,
}

impl AnswersMatchQuestions {
    fn on_asked(&mut self, client: NodeId, asked: Asked, attempt: u32) {
        if attempt == 0 {
            self.questions.increment();
            self.asked.insert(client, asked);
        } else {
            self.retries.increment();
        }
    }

    fn on_answered(&mut self, client: NodeId, question: Question, body: u64, world: &World<'_>) -> Verdict {
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

impl Invariant for AnswersMatchQuestions {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact::<EchoFact>() {
            Some(EchoFact::Asked { question, body, attempt }) => {
                let asked = Asked { question: *question, body: *body, at: world.now() };
                self.on_asked(change.node(), asked, *attempt);
                Verdict::Holds
            }
            Some(EchoFact::Answered { question, body }) => self.on_answered(change.node(), *question, *body, world),
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
