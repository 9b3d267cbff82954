//! A client that roams across edges.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{Effects, Input, Label, LocalInstant, Machine, NodeId, Seat, Timer};

use crate::config::{Config, Layout};
use crate::fact::EdgeFact;
use crate::message::{EdgeMessage, Key, Operation, Version, label};
use crate::pace::Pace;

/// The next tick of reading.
const READ: Timer = Timer(0);
/// The next tick of writing.
const WRITE: Timer = Timer(1);
/// The read under way took too long.
const GIVE_UP: Timer = Timer(2);

/// A read is given up after so many times the delay between a client and an edge: one way there, one back, and patience.
const PATIENCE_DELAYS: u32 = 10;
/// With links of no delay at all a client still waits for so long.
const PATIENCE_AT_LEAST: Duration = Duration::from_millis(10);

/// Reads at the edge it is at, writes at the source, and moves on after every roam interval (EDGE-08).
///
/// Reads and writes tick at steady rates with a phase of each client's own. At most one read is under way: a tick that finds one
/// does nothing. Ticks are the numbers by which keys are rolled, so that a slow read moves no later choice; visits are numbered by
/// the time since boot, so that a move out of turn moves no later visit.
#[derive(Debug)]
pub struct Client {
    config: Arc<Config>,
    layout: Layout,
    /// The edge of a client that never roams.
    home: u32,
    /// The visit that was broken off because its edge did not answer, and where the client is instead.
    escape: Option<(u64, u32)>,
    /// The tick of reading that comes next.
    reads: Ticks,
    /// The tick of writing that comes next.
    writes: Ticks,
    /// The highest version of each key that the source acknowledged to this client.
    acked: BTreeMap<Key, Version>,
    view: ClientView,
}

/// What checks see of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientView {
    /// The read under way.
    pub reading: Option<Read>,
}

/// A read under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Which read of the client.
    pub operation: Operation,
    /// The edge that was asked.
    pub edge: NodeId,
    /// The key to read.
    pub key: Key,
    /// The highest version of the key that was acknowledged to this client when it asked; 0 for none.
    pub acked: Version,
}

/// Steady ticks, of which one comes next.
#[derive(Debug)]
struct Ticks {
    pace: Pace,
    next: u64,
}

impl Ticks {
    fn at(rate_per_sec: f64) -> Self {
        Self { pace: Pace { start: Duration::ZERO, rate_per_sec }, next: 0 }
    }

    /// Lets the first tick come at a roll of its own within one interval.
    fn start(&mut self, timer: Timer, phase: &str, effects: &mut Effects<EdgeMessage>) {
        if let Some(interval) = self.pace.interval() {
            self.pace.start = effects.roll(phase, 0).within(interval);
            effects.arm(timer, self.pace.start);
        }
    }

    /// Takes the tick that came, and lets the next one come.
    fn take(&mut self, now: Duration, timer: Timer, effects: &mut Effects<EdgeMessage>) -> u64 {
        let tick = self.next;
        self.next += 1;
        if let Some(due) = self.pace.tick(self.next) {
            effects.arm(timer, due.saturating_sub(now));
        }
        tick
    }
}

impl Client {
    /// The client in that seat: its index in the group decides which edge is its home.
    pub fn boot(config: &Arc<Config>, layout: Layout, seat: &Seat) -> Self {
        Self {
            config: Arc::clone(config),
            layout,
            home: seat.index() % layout.edges,
            escape: None,
            reads: Ticks::at(config.reads_per_client_per_sec),
            writes: Ticks::at(config.writes_per_client_per_sec),
            acked: BTreeMap::new(),
            view: ClientView::default(),
        }
    }

    /// The number of the visit at `now`; a client that never roams is on its first visit for ever.
    fn visit(&self, now: Duration) -> u64 {
        now.as_nanos().checked_div(self.config.roam_interval.as_nanos()).map_or(0, |visit| visit as u64)
    }

    /// The number of the edge where it is at `now`.
    fn edge(&self, now: Duration, effects: &Effects<EdgeMessage>) -> u32 {
        let visit = self.visit(now);
        match self.escape {
            Some((broken_off, edge)) if broken_off == visit => edge,
            _ if self.config.roam_interval.is_zero() => self.home,
            _ => effects.roll("roam", visit).below(u64::from(self.layout.edges)) as u32,
        }
    }

    fn read(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        let operation = self.reads.take(now, READ, effects);
        if self.view.reading.is_some() {
            return effects.unchanged();
        }
        let key = self.config.key(effects.roll("read-key", operation));
        let edge = self.layout.edge(self.edge(now, effects));
        let acked = self.acked.get(&key).copied().unwrap_or(0);
        self.view.reading = Some(Read { operation, edge, key, acked });
        effects.send(edge, EdgeMessage::ReadRequest { operation, key });
        effects.arm(GIVE_UP, (self.config.client_delay * PATIENCE_DELAYS).max(PATIENCE_AT_LEAST));
    }

    /// Takes the answer to the read under way; one that comes after it was given up, or from before a crash, tells nothing.
    fn observe(&mut self, from: NodeId, answered: (Operation, Key), version: Version, effects: &mut Effects<EdgeMessage>) {
        let is_answered = |read: &mut Read| (read.operation, read.key) == answered && read.edge == from;
        let Some(Read { operation, edge, key, acked }) = self.view.reading.take_if(is_answered) else {
            return effects.unchanged();
        };
        effects.disarm(GIVE_UP);
        effects.emit(EdgeFact::Observed { operation, edge, key, version, acked });
    }

    /// Gives up the read under way and moves to another edge at once, if there is one (EDGE-D21).
    fn give_up(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        let Some(Read { operation, edge, .. }) = self.view.reading.take() else { return effects.unchanged() };
        effects.emit(EdgeFact::Unavailable { operation, edge });
        let here = self.edge(now, effects);
        // It may have moved on since it asked: then it is away from the silent edge already.
        if self.layout.edge(here) == edge && self.layout.edges > 1 {
            let others = u64::from(self.layout.edges) - 1;
            let other = effects.roll("escape", operation).below(others) as u32;
            self.escape = Some((self.visit(now), if other < here { other } else { other + 1 }));
        }
    }

    fn write(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        let operation = self.writes.take(now, WRITE, effects);
        let key = self.config.key(effects.roll("write-key", operation));
        effects.send(Layout::SOURCE, EdgeMessage::WriteRequest { operation, key });
        effects.unchanged();
    }

    fn acknowledge(&mut self, operation: Operation, key: Key, version: Version, effects: &mut Effects<EdgeMessage>) {
        let acked = self.acked.entry(key).or_default();
        *acked = version.max(*acked);
        effects.emit(EdgeFact::WriteAcked { operation, key, version });
        effects.unchanged();
    }
}

impl Machine for Client {
    type Message = EdgeMessage;
    type View = ClientView;

    fn step(&mut self, now: LocalInstant, input: Input<EdgeMessage>, effects: &mut Effects<EdgeMessage>) {
        let now = now.since_zero();
        match input {
            Input::Start => {
                self.reads.start(READ, "read-phase", effects);
                self.writes.start(WRITE, "write-phase", effects);
            }
            Input::Timer(READ) => self.read(now, effects),
            Input::Timer(WRITE) => self.write(now, effects),
            Input::Timer(GIVE_UP) => self.give_up(now, effects),
            Input::Message { from, message: EdgeMessage::ReadReply { operation, key, version } } => {
                self.observe(from, (operation, key), version, effects);
            }
            Input::Message { message: EdgeMessage::WriteAck { operation, key, version }, .. } => {
                self.acknowledge(operation, key, version, effects);
            }
            _ => effects.unchanged(),
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
