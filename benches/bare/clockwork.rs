//! The parts that both floors share: clock, messages in flight, timers, trace.

use std::time::Duration;

use cluster_sim_runtime::fold;

use super::calendar::Calendar;
use super::chance::Chance;

/// A question, or a datagram without an answer.
pub(crate) const REQUEST: u32 = 1;
/// An answer.
pub(crate) const REPLY: u32 = 2;

/// A message of 16 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet {
    pub(crate) kind: u32,
    pub(crate) sequence: u32,
    pub(crate) body: u64,
}

/// A fired timer, in place of the kind of a packet.
pub(crate) const TIMER: u32 = 0;
/// The boot of a node with empty state.
pub(crate) const BOOT: u32 = 3;
/// The crash of a node.
const CRASH: u32 = 4;

/// An event of a node, or of the slot of a timer. Small and flat, so that a copy is three words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    /// The node or the slot.
    pub(crate) to: u32,
    pub(crate) from: u32,
    pub(crate) packet: Packet,
}

impl Event {
    #[inline]
    fn of(kind: u32, to: u32) -> Self {
        Self { to, from: to, packet: Packet { kind, sequence: 0, body: 0 } }
    }
}

/// The most timers of a node: the slot of a timer is the number of its node times this, plus its token.
pub(crate) const TOKENS: u32 = 2;

/// A timer: its deadline, and the instant of its entry in the queue.
#[derive(Debug, Clone, Copy)]
struct Timer {
    due: u64,
    queued: u64,
}

/// The instant that is never reached.
const NEVER: u64 = u64::MAX;

/// Clock, queue, timers and trace of one simulation.
#[derive(Debug)]
pub(crate) struct Clockwork<C> {
    pub(crate) chance: C,
    now: u64,
    queue: Calendar<Event>,
    timers: Vec<Timer>,
    up: Vec<bool>,
    trace: u64,
    events: u64,
}

impl<C: Chance> Clockwork<C> {
    pub(crate) fn new(chance: C) -> Self {
        Self { chance, now: 0, queue: Calendar::new(), timers: Vec::new(), up: Vec::new(), trace: 0, events: 0 }
    }

    /// Prepares a run from another seed, for nodes with these names; keeps the memory.
    pub(crate) fn begin(&mut self, seed: u64, names: &[String]) {
        self.chance.begin(seed, names);
        self.now = 0;
        self.queue.clear();
        self.timers.clear();
        self.timers.resize(names.len() * TOKENS as usize, Timer { due: NEVER, queued: NEVER });
        self.up.clear();
        self.up.resize(names.len(), true);
        self.trace = 0;
        self.events = 0;
    }

    /// The digest and the number of events.
    pub(crate) fn outcome(&self) -> (u64, u64) {
        (self.trace, self.events)
    }

    /// The time since the start of the run.
    #[inline]
    pub(crate) fn now(&self) -> Duration {
        Duration::from_nanos(self.now)
    }

    /// Sends a message.
    #[inline(always)]
    pub(crate) fn send(&mut self, from: u32, to: u32, packet: Packet) {
        let word = self.chance.word(packet.kind, packet.sequence);
        let (at, rank) = self.chance.arrival(self.now, from, to, word);
        self.queue.push(at, rank, Event { to, from, packet });
    }

    /// Sets a timer to fire after a time; moves it if it is set.
    #[inline]
    pub(crate) fn arm(&mut self, slot: u32, after: Duration) {
        let due = self.now + after.as_nanos() as u64;
        let timer = &mut self.timers[slot as usize];
        timer.due = due;
        if due < timer.queued {
            self.queue_timer(slot, due);
        }
    }

    /// Cancels a timer. Its entry stays in the queue for the next time it is set.
    #[inline]
    pub(crate) fn disarm(&mut self, slot: u32) {
        self.timers[slot as usize].due = NEVER;
    }

    #[inline]
    fn queue_timer(&mut self, slot: u32, at: u64) {
        self.timers[slot as usize].queued = at;
        let rank = self.chance.timer_rank(slot / TOKENS, u64::from(slot % TOKENS), at);
        self.queue.push(at, rank, Event::of(TIMER, slot));
    }

    /// Crashes a node at `at` and boots it after `span`, each before all other events of its instant.
    pub(crate) fn crash(&mut self, node: u32, at: Duration, span: Duration) {
        for (at, kind) in [(at, CRASH), (at + span, BOOT)] {
            self.queue.push(at.as_nanos() as u64, 0, Event::of(kind, node));
        }
    }

    /// Advances to the next event of a node that is not after `until`.
    #[inline(always)]
    pub(crate) fn next(&mut self, until: u64) -> Option<Event> {
        loop {
            let (at, event) = self.queue.pop()?;
            if at > until {
                return None;
            }
            self.now = at;
            let Event { to, from, packet } = event;
            match packet.kind {
                TIMER => {
                    if self.fires(to) {
                        let node = to / TOKENS;
                        self.record(node, node, u64::from(to % TOKENS));
                        return Some(event);
                    }
                }
                REQUEST | REPLY => {
                    if self.up[to as usize] {
                        self.record(to, from, self.chance.word(packet.kind, packet.sequence));
                        return Some(event);
                    }
                }
                kind => {
                    self.up[to as usize] = kind == BOOT;
                    if kind == BOOT {
                        return Some(event);
                    }
                }
            }
        }
    }

    /// Whether the timer of a popped entry fires; if the timer was moved, moves its entry.
    #[inline]
    fn fires(&mut self, slot: u32) -> bool {
        let Timer { due, queued } = self.timers[slot as usize];
        if queued != self.now {
            // It was set to an earlier instant and so has a second entry.
            return false;
        }
        self.timers[slot as usize].queued = NEVER;
        if due == self.now {
            self.timers[slot as usize].due = NEVER;
            return true;
        }
        if due != NEVER {
            self.queue_timer(slot, due);
        }
        false
    }

    #[inline(always)]
    fn record(&mut self, node: u32, peer: u32, word: u64) {
        self.trace = traced(self.trace, self.now, node, peer, word);
        self.events += 1;
    }
}

/// Folds an event into the trace: a message `word` from `peer` reached `node`, or timer `word` of the node, then also the peer, fired.
#[inline]
pub(crate) fn traced(trace: u64, at: u64, node: u32, peer: u32, word: u64) -> u64 {
    fold(trace ^ at, word ^ (u64::from(node) << 32 | u64::from(peer)).rotate_left(17))
}
