//! A closed loop: a client asks the next question once it is answered, and repeats one that is not.

use std::marker::PhantomData;

use cluster_sim::node::Label;
use cluster_sim::prelude::*;
use serde::{Deserialize, Serialize};

use crate::units::milliseconds;

/// How long a client waits for an answer before it asks again.
const RETRY_AFTER: Duration = milliseconds(60);

/// A question or its answer.
///
/// Its serialized content depends only on what it is about. The time of the send and its ordinal on the link are not serialized;
/// the two bad labels use them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Echo {
    /// Number of the question among those of its client.
    pub question: u64,
    /// How often the question was asked before.
    pub attempt: u32,
    /// Whether this is the answer.
    pub is_answer: bool,
    #[serde(skip)]
    sent_at: LocalInstant,
    #[serde(skip)]
    ordinal: u64,
}

/// How a message is identified among the others of its link.
pub trait Labels: 'static {
    /// Labels a message.
    fn label(echo: &Echo) -> Label;
}

/// Labels a message by kind and correlation id: a retry has the label of the first attempt.
#[derive(Debug)]
pub struct ByCorrelation;

/// Labels a message by when it was sent: the label changes with timing.
#[derive(Debug)]
pub struct BySendTime;

/// Labels a message by how many were sent on its link before.
#[derive(Debug)]
pub struct ByOrdinal;

fn key(echo: &Echo, id: u64) -> Label {
    Label::Key { kind: u32::from(echo.is_answer), id }
}

impl Labels for ByCorrelation {
    fn label(echo: &Echo) -> Label {
        key(echo, echo.question)
    }
}

impl Labels for BySendTime {
    fn label(echo: &Echo) -> Label {
        key(echo, echo.sent_at.as_nanoseconds())
    }
}

impl Labels for ByOrdinal {
    fn label(echo: &Echo) -> Label {
        key(echo, echo.ordinal)
    }
}

/// The fact that a client received an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Number of the question.
    pub question: u64,
    /// How often the client asked again.
    pub attempt: u32,
}

struct Client<L> {
    question: u64,
    attempt: u32,
    sent: u64,
    labels: PhantomData<L>,
}

impl<L> Client<L> {
    fn ask(&mut self, now: LocalInstant, effects: &mut Effects<Echo>) {
        let Self { question, attempt, sent, .. } = *self;
        effects.send(NodeId(0), Echo { question, attempt, is_answer: false, sent_at: now, ordinal: sent });
        effects.set_timer(Timer(0), RETRY_AFTER);
        self.sent += 1;
    }
}

impl<L: Labels> Machine for Client<L> {
    type Message = Echo;
    type View = u64;

    fn step(&mut self, now: LocalInstant, input: Input<Echo>, effects: &mut Effects<Echo>) {
        match input {
            Input::Message { message, .. } if message.question == self.question => {
                effects.emit(Answered { question: self.question, attempt: self.attempt });
                self.question += 1;
                self.attempt = 0;
                self.ask(now, effects);
            }
            // A second answer to an earlier question.
            Input::Message { .. } => {}
            Input::Timer(_) => {
                self.attempt += 1;
                self.ask(now, effects);
            }
            _ => self.ask(now, effects),
        }
    }

    fn view(&self) -> &u64 {
        &self.question
    }

    fn label(message: &Echo) -> Label {
        L::label(message)
    }
}

struct Server<L> {
    sent: Vec<u64>,
    labels: PhantomData<L>,
}

impl<L: Labels> Machine for Server<L> {
    type Message = Echo;
    type View = ();

    fn step(&mut self, now: LocalInstant, input: Input<Echo>, effects: &mut Effects<Echo>) {
        if let Input::Message { from, message } = input {
            self.sent.resize(self.sent.len().max(from.index() + 1), 0);
            let ordinal = self.sent[from.index()];
            self.sent[from.index()] += 1;
            effects.send(from, Echo { is_answer: true, sent_at: now, ordinal, ..message });
        }
    }

    fn view(&self) -> &() {
        &()
    }

    fn label(message: &Echo) -> Label {
        L::label(message)
    }
}

/// One server, `clients` clients, and one more client, `guest/0`.
///
/// The links of the guest are classes by themselves: `to guest` and `from guest`.
pub fn echo<L: Labels>(clients: u32, link: &LinkModel) -> Scenario {
    let client = |_: &Boot| Client::<L> { question: 0, attempt: 0, sent: 0, labels: PhantomData };
    Scenario::new("echo")
        .machines("server", 1, |_: &Boot| Server::<L> { sent: Vec::new(), labels: PhantomData })
        .machines("client", clients, client)
        .machines("guest", 1, client)
        .default_links(link.clone())
        .links("server", "guest", "to guest", link.clone())
        .links("guest", "server", "from guest", link.clone())
}
