//! The server, as a machine.

use std::collections::BTreeMap;

use cluster_sim_node::{Effects, Input, Label, LocalInstant, Machine, NodeId};

use crate::bug::Bug;
use crate::config::Config;
use crate::message::{EchoMessage, Question, label};

/// Answers every question with what it said, as often as it is asked.
#[derive(Debug, Default)]
pub struct Server {
    echo: Echo,
    view: ServerView,
}

/// What a server says back, whichever way it is written.
#[derive(Debug, Default)]
pub(crate) struct Echo {
    bug: Option<Bug>,
    /// What it said to whom before, where it is broken.
    said: BTreeMap<(NodeId, u32, u64), u64>,
}

impl Echo {
    pub(crate) fn new(config: Config) -> Self {
        Self { bug: config.bug, said: BTreeMap::new() }
    }

    /// What to answer to one who asks for `body` to be said back.
    pub(crate) fn say(&mut self, client: NodeId, question: Question, body: u64) -> u64 {
        match self.bug {
            Some(Bug::AnswersEarlierLife) => *self.said.entry((client, question.life.0 % 2, question.number)).or_insert(body),
            _ => body,
        }
    }
}

impl Server {
    /// A server; of the config only its bug matters to it.
    pub fn boot(config: Config) -> Self {
        Self { echo: Echo::new(config), view: ServerView::default() }
    }
}

/// What checks see of a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServerView {
    /// Questions that it answered in this life.
    pub answered: u64,
}

impl Machine for Server {
    type Message = EchoMessage;
    type View = ServerView;

    fn step(&mut self, _now: LocalInstant, input: Input<EchoMessage>, effects: &mut Effects<EchoMessage>) {
        if let Input::Message { from, message: EchoMessage::Ask { question, body } } = input {
            self.view.answered += 1;
            let body = self.echo.say(from, question, body);
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
