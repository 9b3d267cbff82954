//! The server, as a machine.

use cluster_sim_node::{Effects, Input, Label, LocalInstant, Machine};

use crate::message::{EchoMessage, label};

/// Answers every question with what it said, as often as it is asked.
#[derive(Debug, Default)]
pub struct Server {
    view: ServerView,
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
