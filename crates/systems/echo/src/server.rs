//! The server as a machine.

use std::collections::BTreeMap;

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
}

impl Echo {
    pub(crate) fn new(config: Config) -> Self {
        Self { bug: config.bug, cached: BTreeMap::new() }
    }

    /// Returns the number to answer `client` with.
    pub(crate) fn answer(&mut self, client: NodeId, question: Question, body: u64) -> u64 {
        match self.bug {
            Some(Bug::AnswersEarlierLife) => *self.cached.entry((client, question.life.0 % 2, question.number)).or_insert(body),
            _ => body,
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
            let body = self.echo.answer(from, question, body);
            effects.send(from, EchoMessage::Answer { question, body });
        }
    }

    fn view(&self) -> &ServerView {
        &self.view
    }

    fn label(message: &EchoMessage) -> Label {
        label(message)
    }
}
