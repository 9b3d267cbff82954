//! A protocol as a machine.

use cluster_sim_node::{Boot, Effects, Input, Label, LocalInstant, Machine, Timer};

use crate::config::Config;
use crate::message::{LedgerMessage, label};
use crate::protocol::{ClockReadings, Identity, Outbox, Protocol, ProtocolEvent};

const DEADLINE: Timer = Timer(0);

/// A machine that drives a protocol: `Hosted<LedgerStore>`, `Hosted<Client>`.
///
/// [`run`](crate::run()) is the same as an async function.
#[derive(Debug)]
pub struct Hosted<P: Protocol> {
    protocol: P,
    view: P::View,
    armed: Option<LocalInstant>,
    outbox: Outbox,
}

impl<P: Protocol> Hosted<P> {
    /// Creates the machine of a life.
    pub fn boot(config: Config, boot: &Boot) -> Self {
        let identity = Identity { id: boot.id(), life: boot.incarnation(), entropy: boot.entropy() };
        Self { protocol: P::boot(config, identity), view: P::View::default(), armed: None, outbox: Outbox::default() }
    }
}

impl<P: Protocol> Machine for Hosted<P> {
    type Message = LedgerMessage;
    type View = P::View;

    fn step(&mut self, now: LocalInstant, input: Input<LedgerMessage>, effects: &mut Effects<LedgerMessage>) {
        let event = match input {
            Input::Start => ProtocolEvent::Start,
            Input::Message { from, message } => ProtocolEvent::Message { from, message },
            Input::Timer(_) => {
                self.armed = None;
                ProtocolEvent::Tick
            }
            Input::Disk(_, result) => ProtocolEvent::Disk(result),
            _ => return effects.view_unchanged(),
        };
        self.protocol.handle(ClockReadings { now, wall: effects.wall() }, event, &mut self.outbox);
        self.outbox.sends.drain(..).for_each(|(to, message)| effects.send(to, message));
        self.outbox.facts.drain(..).for_each(|fact| effects.emit(fact));
        if let Some(operation) = self.protocol.next_operation() {
            effects.disk(0_u64, operation);
        }
        let deadline = self.protocol.deadline();
        if deadline != self.armed {
            match deadline {
                Some(deadline) => effects.set_timer(DEADLINE, deadline.saturating_since(now)),
                None => effects.cancel_timer(DEADLINE),
            }
            self.armed = deadline;
        }
        let view = self.protocol.view();
        if view == self.view {
            effects.view_unchanged();
        }
        self.view = view;
    }

    fn view(&self) -> &P::View {
        &self.view
    }

    fn label(message: &LedgerMessage) -> Label {
        label(message)
    }
}
