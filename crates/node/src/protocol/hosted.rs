//! A protocol as a machine.

use cluster_sim_transport::Label;
use cluster_sim_types::{LocalInstant, WallTime};

use super::{ClockReadings, Protocol, ProtocolEvent, ProtocolIdentity, ProtocolOutbox};
use crate::boot::Boot;
use crate::effects::Effects;
use crate::machine::{Input, Machine};
use crate::timer::Timer;

const DEADLINE: Timer = Timer(0);

/// A machine that drives a [`Protocol`].
///
/// [`run_protocol`](crate::run_protocol) is the same as an async function.
#[derive(Debug)]
pub struct Hosted<P: Protocol> {
    protocol: P,
    view: P::View,
    armed: Option<LocalInstant>,
    outbox: ProtocolOutbox<P::Message>,
}

impl<P: Protocol> Hosted<P> {
    /// Creates the machine of a life.
    pub fn boot(config: P::Config, boot: &Boot) -> Self {
        let operations = boot.operations(0..P::operations(&config)).collect();
        let identity = ProtocolIdentity { id: boot.id(), life: boot.incarnation(), entropy: boot.entropy(), operations };
        Self { protocol: P::boot(config, identity), view: P::View::default(), armed: None, outbox: ProtocolOutbox::default() }
    }
}

impl<P: Protocol> Machine for Hosted<P> {
    type Message = P::Message;
    type View = P::View;

    fn step(&mut self, now: LocalInstant, input: Input<P::Message>, effects: &mut Effects<P::Message>) {
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
        let wall = if P::READS_WALL { effects.wall() } else { WallTime::ZERO };
        self.protocol.handle(ClockReadings { now, wall }, event, &mut self.outbox);
        self.outbox.sends.drain(..).for_each(|(to, message)| effects.send(to, message));
        self.outbox.facts.drain(..).for_each(|fact| effects.emit_boxed(fact));
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

    fn label(message: &P::Message) -> Label {
        P::label(message)
    }
}
