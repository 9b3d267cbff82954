//! The client as a machine.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{Boot, Effects, Input, Label, LocalInstant, Machine, NodeId, Timer};

use crate::config::{Config, Layout};
use crate::fact::EdgeFact;
use crate::message::{CacheOperation, EdgeMessage, Key, Version, label};
use crate::pace::Ticks;
use crate::roamer::{ClientView, Read, Roamer, written_key};

/// The next read tick.
const READ: Timer = Timer(0);
/// The next write tick.
const WRITE: Timer = Timer(1);
/// The timeout of the read in progress.
const GIVE_UP: Timer = Timer(2);

/// Reads from the edge it visits and writes to the source, roaming between edges (EDGE-08).
///
/// It moves to another edge after every roam interval.
///
/// Reads and writes tick at constant rates, each with a random phase. At most one read is in progress; a tick during a read is
/// skipped. [`client`](crate::client()) is the same as an async function.
#[derive(Debug)]
pub struct Client {
    config: Arc<Config>,
    roamer: Roamer,
    reads: Ticks,
    writes: Ticks,
    view: ClientView,
}

impl Client {
    /// Creates a client. Its index in the group selects its home edge.
    pub fn boot(config: &Arc<Config>, layout: Layout, boot: &Boot) -> Self {
        Self {
            config: Arc::clone(config),
            roamer: Roamer::new(config, layout, boot.index()),
            reads: Ticks::at(config.reads_per_client_per_sec),
            writes: Ticks::at(config.writes_per_client_per_sec),
            view: ClientView::default(),
        }
    }

    fn start(&mut self, effects: &mut Effects<EdgeMessage>) {
        self.reads.begin(effects.roll("read-phase", 0));
        self.writes.begin(effects.roll("write-phase", 0));
        arm_tick(READ, &self.reads, Duration::ZERO, effects);
        arm_tick(WRITE, &self.writes, Duration::ZERO, effects);
    }

    fn read(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        let operation = self.reads.take();
        arm_tick(READ, &self.reads, now, effects);
        if self.view.reading.is_some() || self.roamer.skips(operation) {
            return effects.view_unchanged();
        }
        let read = self.roamer.read(operation, now, effects.entropy());
        self.view.reading = Some(read);
        effects.send(read.edge, EdgeMessage::ReadRequest { operation, key: read.key });
        effects.set_timer(GIVE_UP, self.roamer.read_timeout());
    }

    /// Accepts the answer to the read in progress.
    ///
    /// Ignores answers to reads that were given up, and those from before a crash.
    fn on_read_reply(
        &mut self,
        from: NodeId,
        answered: (CacheOperation, Key),
        version: Version,
        now: Duration,
        effects: &mut Effects<EdgeMessage>,
    ) {
        let is_answered = |read: &mut Read| self.roamer.is_answer(read, from, answered.0, answered.1);
        let Some(read) = self.view.reading.take_if(is_answered) else {
            if self.roamer.late_answers_cancel_timeout() {
                effects.cancel_timer(GIVE_UP);
            }
            return effects.view_unchanged();
        };
        effects.cancel_timer(GIVE_UP);
        if !self.roamer.accept(&read, version) {
            return self.escape(read, now, effects);
        }
        let Read { operation, edge, key, acked } = read;
        effects.emit(EdgeFact::Observed { operation, edge, key, version, acked });
    }

    /// Gives up the read in progress and moves to another edge at once, if there is one (EDGE-D21).
    fn give_up(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        let Some(read) = self.view.reading.take() else { return effects.view_unchanged() };
        self.escape(read, now, effects);
    }

    fn escape(&mut self, read: Read, now: Duration, effects: &mut Effects<EdgeMessage>) {
        effects.emit(EdgeFact::Unavailable { operation: read.operation, edge: read.edge });
        self.roamer.escape(read, now, effects.entropy());
    }

    fn write(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        let operation = self.writes.take();
        arm_tick(WRITE, &self.writes, now, effects);
        let key = written_key(&self.config, operation, effects.entropy());
        effects.send(Layout::SOURCE, EdgeMessage::WriteRequest { operation, key });
        effects.view_unchanged();
    }

    fn on_write_ack(&mut self, operation: CacheOperation, key: Key, version: Version, effects: &mut Effects<EdgeMessage>) {
        self.roamer.acknowledge(key, version);
        effects.emit(EdgeFact::WriteAcked { operation, key, version });
        effects.view_unchanged();
    }
}

/// Sets the timer of the next tick, if there is one.
fn arm_tick(timer: Timer, ticks: &Ticks, now: Duration, effects: &mut Effects<EdgeMessage>) {
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
                self.on_read_reply(from, (operation, key), version, now, effects);
            }
            Input::Message { message: EdgeMessage::WriteAck { operation, key, version }, .. } => {
                self.on_write_ack(operation, key, version, effects);
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
