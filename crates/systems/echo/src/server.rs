//! The server as a machine.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_node::{Effects, Input, Label, LocalInstant, Machine, NodeId};

use crate::bug::Bug;
use crate::config::Config;
use crate::message::{EchoMessage, Question, label};

/// Answers every question, repeated ones too, with the number it contains.
#[derive(Debug, Default)]
pub struct Server {
    echo: Echo,
    view: ServerView,
}

/// The answering logic, shared by both styles.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    bug: Option<Bug>,
    /// Answers by client, parity of the client's life and number, for [`Bug::AnswersEarlierLife`].
    cached: BTreeMap<(NodeId, u32, u64), u64>,
    /// The questions that were answered, for [`Bug::AnswersOnce`].
    answered: BTreeSet<(NodeId, u32, u64)>,
    /// The answers that wait for others, for [`Bug::AnswersInBatches`].
    batch: Vec<(NodeId, EchoMessage)>,
}

/// The number of answers that [`Bug::AnswersInBatches`] sends together.
const BATCH: usize = 4;

impl Echo {
    pub(crate) fn new(config: Config) -> Self {
        Self { bug: config.bug, ..Self::default() }
    }

    /// Sends the answer to a question, or what a planted bug makes of it.
    pub(crate) fn answer(&mut self, client: NodeId, question: Question, body: u64, mut send: impl FnMut(NodeId, EchoMessage)) {
        let asked = (client, question.life.0, question.number);
        let body = match self.bug {
            Some(Bug::AnswersEarlierLife) => *self.cached.entry((client, question.life.0 % 2, question.number)).or_insert(body),
            Some(Bug::AnswersOnce) if !self.answered.insert(asked) => return,
            _ => body,
        };
        let answer = EchoMessage::Answer { question, body };
        if self.bug != Some(Bug::AnswersInBatches) {
            return send(client, answer);
        }
        self.batch.push((client, answer));
        if self.batch.len() == BATCH {
            self.batch.drain(..).for_each(|(client, answer)| send(client, answer));
        }
    }
}

impl Server {
    /// Creates a server. Only `config.bug` matters to it.
    pub fn boot(config: Config) -> Self {
        Self { echo: Echo::new(config), view: ServerView::default() }
    }
}

/// The view of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServerView {
    /// Questions answered in this life.
    pub answered: u64,
}

impl Machine for Server {
    type Message = EchoMessage;
    type View = ServerView;

    fn step(&mut self, _now: LocalInstant, input: Input<EchoMessage>, effects: &mut Effects<EchoMessage>) {
        if let Input::Message { from, message: EchoMessage::Ask { question, body } } = input {
            self.view.answered += 1;
            self.echo.answer(from, question, body, |client, answer| effects.send(client, answer));
        }
    }

    fn view(&self) -> &ServerView {
        &self.view
    }

    fn label(message: &EchoMessage) -> Label {
        label(message)
    }
}
