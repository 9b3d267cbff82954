//! A replica as a machine.

use cluster_sim_node::{Effects, Input, Label, LocalInstant, Machine, NodeId, Timer};

use crate::message::{KvMessage, label};
use crate::replica::{Event, KvReplicaView, Replica};

const DEADLINE: Timer = Timer(0);

impl Machine for Replica {
    type Message = KvMessage;
    type View = KvReplicaView;

    fn step(&mut self, now: LocalInstant, input: Input<KvMessage>, effects: &mut Effects<KvMessage>) {
        let event = match input {
            Input::Start => Event::Start,
            Input::Message { from, message } => Event::Message(from, message),
            Input::Timer(_) => Event::Tick,
            _ => return effects.view_unchanged(),
        };
        let (view, armed) = (*self.view(), self.deadline().filter(|_| event != Event::Tick));
        let mut sends: Vec<(NodeId, KvMessage)> = Vec::new();
        self.handle(now, event, &mut sends);
        sends.into_iter().for_each(|(to, message)| effects.send(to, message));
        match self.deadline() {
            deadline if deadline == armed => {}
            Some(deadline) => effects.set_timer(DEADLINE, deadline.saturating_since(now)),
            None => effects.cancel_timer(DEADLINE),
        }
        if *self.view() == view {
            effects.view_unchanged();
        }
    }

    fn view(&self) -> &KvReplicaView {
        Replica::view(self)
    }

    fn label(message: &KvMessage) -> Label {
        label(message)
    }
}
