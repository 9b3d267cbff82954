//! A closed loop: clients that ask on when they are answered, and again when they are not.

use std::marker::PhantomData;

use cluster_sim::Label;
use cluster_sim::prelude::*;
use serde::{Deserialize, Serialize};

/// How long a client waits for an answer before it asks again.
const BOUNDED_WAITS: Duration = Duration::from_millis(60);

/// A question or its answer.
///
/// What it says hangs on nothing but what it is about. When it was sent and as which of its link travels beside it, for the labels that
/// are not to be recommended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Echo {
    /// Which question of its client this is about.
    pub(crate) question: u64,
    /// How often it was asked before.
    pub(crate) attempt: u32,
    /// Whether this is the answer.
    pub(crate) is_answer: bool,
    #[serde(skip)]
    sent_at: LocalInstant,
    #[serde(skip)]
    ordinal: u64,
}

/// How messages are named among those of their link.
pub(crate) trait Labels: 'static {
    /// The label of that message.
    fn label(echo: &Echo) -> Label;
}

/// By what a message is about: kind and correlation id.
pub(crate) struct ByCorrelation;

/// By when it was sent: content that changes with timing.
pub(crate) struct BySendTime;

/// By how many were sent on its link before.
pub(crate) struct ByOrdinal;

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

/// A fact: a client got its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// Which question.
    pub(crate) question: u64,
    /// How often it had to ask again.
    pub(crate) attempt: u32,
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
        effects.set_timer(Timer(0), BOUNDED_WAITS);
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
            // The answer to an earlier attempt, long since answered.
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

/// One server, so many clients, and a guest that is a client too, whose links are classes of their own: `to guest`, `from guest`.
pub(crate) fn echo<L: Labels>(clients: u32, link: &LinkModel) -> Scenario {
    let client = |_: &NodeInfo| Client::<L> { question: 0, attempt: 0, sent: 0, labels: PhantomData };
    Scenario::new("echo")
        .machines("server", 1, |_: &NodeInfo| Server::<L> { sent: Vec::new(), labels: PhantomData })
        .machines("client", clients, client)
        .machines("guest", 1, client)
        .default_links(link.clone())
        .links("server", "guest", "to guest", link.clone())
        .links("guest", "server", "from guest", link.clone())
}

/// That long.
pub(crate) fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
