//! A client that roams across edges, as a machine.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{Effects, Input, Label, LocalInstant, Machine, NodeId, NodeInfo, Timer};

use crate::config::{Config, Layout};
use crate::fact::EdgeFact;
use crate::message::{EdgeMessage, Key, Operation, Version, label};
use crate::pace::Ticks;
use crate::roamer::{ClientView, Read, Roamer, written_key};

/// The next tick of reading.
const READ: Timer = Timer(0);
/// The next tick of writing.
const WRITE: Timer = Timer(1);
/// The read under way took too long.
const GIVE_UP: Timer = Timer(2);

/// Reads at the edge it is at, writes at the source, and moves on after every roam interval (EDGE-08).
///
/// Reads and writes tick at steady rates with a phase of each client's own. At most one read is under way: a tick that finds one
/// does nothing. [`client`](crate::client()) does the same as an async function.
#[derive(Debug)]
pub struct Client {
    config: Arc<Config>,
    roamer: Roamer,
    reads: Ticks,
    writes: Ticks,
    view: ClientView,
}

impl Client {
    /// The client in that seat: its index in the group decides which edge is its home.
    pub fn boot(config: &Arc<Config>, layout: Layout, seat: &NodeInfo) -> Self {
        Self {
            config: Arc::clone(config),
            roamer: Roamer::new(config, layout, seat.index()),
            reads: Ticks::at(config.reads_per_client_per_sec),
            writes: Ticks::at(config.writes_per_client_per_sec),
            view: ClientView::default(),
        }
    }

    fn start(&mut self, effects: &mut Effects<EdgeMessage>) {
        self.reads.begin(effects.roll("read-phase", 0));
        self.writes.begin(effects.roll("write-phase", 0));
        await_tick(READ, &self.reads, Duration::ZERO, effects);
        await_tick(WRITE, &self.writes, Duration::ZERO, effects);
    }

    fn read(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        let operation = self.reads.take();
        await_tick(READ, &self.reads, now, effects);
        if self.view.reading.is_some() {
            return effects.view_unchanged();
        }
        let read = self.roamer.read(operation, now, effects.entropy());
        self.view.reading = Some(read);
        effects.send(read.edge, EdgeMessage::ReadRequest { operation, key: read.key });
        effects.set_timer(GIVE_UP, self.roamer.patience());
    }

    /// Takes the answer to the read under way; one that comes after it was given up, or from before a crash, tells nothing.
    fn observe(
        &mut self,
        from: NodeId,
        answered: (Operation, Key),
        version: Version,
        now: Duration,
        effects: &mut Effects<EdgeMessage>,
    ) {
        let is_answered = |read: &mut Read| self.roamer.is_answer(read, from, answered.0, answered.1);
        let Some(read) = self.view.reading.take_if(is_answered) else {
            if self.roamer.is_calmed_by_late_answers() {
                effects.cancel_timer(GIVE_UP);
            }
            return effects.view_unchanged();
        };
        effects.cancel_timer(GIVE_UP);
        if !self.roamer.accept(&read, version) {
            return self.flee(read, now, effects);
        }
        let Read { operation, edge, key, acked } = read;
        effects.emit(EdgeFact::Observed { operation, edge, key, version, acked });
    }

    /// Gives up the read under way and moves to another edge at once, if there is one (EDGE-D21).
    fn give_up(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        let Some(read) = self.view.reading.take() else { return effects.view_unchanged() };
        self.flee(read, now, effects);
    }

    fn flee(&mut self, read: Read, now: Duration, effects: &mut Effects<EdgeMessage>) {
        effects.emit(EdgeFact::Unavailable { operation: read.operation, edge: read.edge });
        self.roamer.flee(read, now, effects.entropy());
    }

    fn write(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        let operation = self.writes.take();
        await_tick(WRITE, &self.writes, now, effects);
        let key = written_key(&self.config, operation, effects.entropy());
        effects.send(Layout::SOURCE, EdgeMessage::WriteRequest { operation, key });
        effects.view_unchanged();
    }

    fn acknowledge(&mut self, operation: Operation, key: Key, version: Version, effects: &mut Effects<EdgeMessage>) {
        self.roamer.acknowledge(key, version);
        effects.emit(EdgeFact::WriteAcked { operation, key, version });
        effects.view_unchanged();
    }
}

/// Lets the next tick come, if there is one.
fn await_tick(timer: Timer, ticks: &Ticks, now: Duration, effects: &mut Effects<EdgeMessage>) {
    if let Some(due) = ticks.due() {
        effects.set_timer(timer, due.saturating_sub(now));
    }
}

impl Machine for Client {
    type Message = EdgeMessage;
    type View = ClientView;

    fn step(&mut self, now: LocalInstant, input: Input<EdgeMessage>, effects: &mut Effects<EdgeMessage>) {
        let now = now.since_zero();
        match input {
            Input::Start => self.start(effects),
            Input::Timer(READ) => self.read(now, effects),
            Input::Timer(WRITE) => self.write(now, effects),
            Input::Timer(GIVE_UP) => self.give_up(now, effects),
            Input::Message { from, message: EdgeMessage::ReadReply { operation, key, version } } => {
                self.observe(from, (operation, key), version, now, effects);
            }
            Input::Message { message: EdgeMessage::WriteAck { operation, key, version }, .. } => {
                self.acknowledge(operation, key, version, effects);
            }
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &ClientView {
        &self.view
    }

    fn label(message: &EdgeMessage) -> Label {
        label(message)
    }
}

#[cfg(test)]
mod tests;
