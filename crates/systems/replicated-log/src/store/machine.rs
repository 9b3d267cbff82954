//! A protocol as a machine.

use cluster_sim_node::{Boot, Effects, Input, Label, LocalInstant, Machine, Timer};

use super::config::Config;
use super::message::{StoreMessage, label_of};
use super::protocol::{Identified, Protocol, ProtocolEvent, ProtocolOutbox};

const DEADLINE: Timer = Timer(0);

/// A machine that drives a protocol: `Hosted<Server>`, `Hosted<Client>`.
///
/// [`run`](crate::run()) is the same as an async function.
#[derive(Debug)]
pub struct Hosted<P: Protocol> {
    protocol: P,
    view: P::View,
    armed: Option<LocalInstant>,
    outbox: ProtocolOutbox,
}

impl<P: Protocol> Hosted<P> {
    /// Creates the machine of a life.
    pub fn boot(config: Config, boot: &Boot) -> Self {
        let operations = boot.operations(0..P::operations(&config)).collect();
        let identity = Identified { id: boot.id(), life: boot.incarnation(), entropy: boot.entropy(), operations };
        Self { protocol: P::boot(config, identity), view: P::View::default(), armed: None, outbox: ProtocolOutbox::default() }
    }
}

impl<P: Protocol> Machine for Hosted<P> {
    type Message = StoreMessage;
    type View = P::View;

    fn step(&mut self, now: LocalInstant, input: Input<StoreMessage>, effects: &mut Effects<StoreMessage>) {
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
        self.protocol.handle(now, event, &mut self.outbox);
        self.outbox.sends.drain(..).for_each(|(to, message)| effects.send(to, message));
        self.outbox.log_facts.drain(..).for_each(|fact| effects.emit(fact));
        self.outbox.store_facts.drain(..).for_each(|fact| effects.emit(fact));
        self.outbox.calls.drain(..).for_each(|fact| effects.emit(fact));
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
        if *self.protocol.view() == self.view {
            effects.view_unchanged();
        } else {
            self.view.clone_from(self.protocol.view());
        }
    }

    fn view(&self) -> &P::View {
        &self.view
    }

    fn label(message: &StoreMessage) -> Label {
        label_of(message)
    }
}
