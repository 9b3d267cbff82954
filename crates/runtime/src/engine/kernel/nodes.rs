//! Per-node state of the kernel: names, lives, health.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_types::{Change, Health, Incarnation, NodeClock, NodeId, VirtualInstant};

use super::Kernel;
use crate::engine::decisions::{Choice, Site};
use crate::engine::failpoints::CrashMoment;
use crate::engine::queue::{Order, Rank, Target};
use crate::engine::record::{Record, RecordKind};
use crate::random::{Address, Entropy, Stream};

const ENTROPY: Stream = Stream::named("entropy");
const START: Stream = Stream::named("start");

/// State that every step reads; small, so that a large cluster shares the cache with its messages.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Node {
    /// The declared name, as an address.
    pub(super) address: Address,
    pub(super) clock: NodeClock,
    pub(super) incarnation: Incarnation,
    pub(super) condition: Condition,
    pub(super) first_boot: FirstBoot,
    /// Whether the main function of its present life returned.
    pub(super) has_returned: bool,
    /// Whether its clocks are in the table of those that are not true.
    pub(super) is_skewed: bool,
}

/// The health of a node, and whether faults stand between it and its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    Up,
    /// It is up, and each of its inputs passes the faults in force first.
    Gated,
    Paused,
    Down,
    Killed,
}

impl Condition {
    #[inline]
    fn health(self) -> Health {
        match self {
            Self::Up | Self::Gated => Health::Up,
            Self::Paused => Health::Paused,
            Self::Down => Health::Down,
            Self::Killed => Health::Killed,
        }
    }

    fn of(health: Health, is_gated: bool) -> Self {
        match health {
            Health::Up if is_gated => Self::Gated,
            Health::Up => Self::Up,
            Health::Paused => Self::Paused,
            Health::Down => Self::Down,
            _ => Self::Killed,
        }
    }

    /// Whether the life of the node goes on.
    #[inline]
    pub(crate) fn is_alive(self) -> bool {
        self <= Self::Paused
    }
}

/// The first boot of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum FirstBoot {
    /// It comes at its time.
    Scheduled,
    /// A fault that came before holds it back.
    Held {
        by: Hold,
        /// Whether its time has come.
        is_due: bool,
    },
    /// The node has lived.
    Done,
}

/// A fault that holds back the first boot of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Hold {
    Crash,
    Pause,
}

impl Kernel {
    pub(crate) fn add_node(&mut self, name: Arc<str>) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("node ids are 32 bits wide"));
        self.nodes.push(Node {
            address: Address::new().name(&name),
            clock: NodeClock::new(VirtualInstant::ZERO, self.epoch),
            incarnation: Incarnation(0),
            condition: Condition::Down,
            first_boot: FirstBoot::Scheduled,
            has_returned: false,
            is_skewed: false,
        });
        self.names.push(name);
        self.limits = self.budget.limits(self.nodes.len());
        id
    }

    /// Returns the number of nodes; ids run from 0.
    pub fn node_count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// Returns the node's declared name.
    pub fn name(&self, node: NodeId) -> &Arc<str> {
        &self.names[node.index()]
    }

    /// Returns the node's declared name as the start of an address.
    #[inline]
    pub fn address(&self, node: NodeId) -> Address {
        self.nodes[node.index()].address
    }

    /// Returns the node's health.
    #[inline]
    pub fn health(&self, node: NodeId) -> Health {
        self.condition(node).health()
    }

    #[inline]
    pub(crate) fn condition(&self, node: NodeId) -> Condition {
        self.nodes[node.index()].condition
    }

    /// Whether each input of the node passes faults first.
    #[inline]
    pub fn is_gated(&self, node: NodeId) -> bool {
        self.condition(node) == Condition::Gated
    }

    /// Puts the faults in force between a node and its inputs, or removes them.
    pub(super) fn update_gate(&mut self, node: NodeId) {
        let is_gated = self.has_gate(node);
        let state = &mut self.nodes[node.index()];
        state.condition = Condition::of(state.condition.health(), is_gated);
    }

    fn has_gate(&self, node: NodeId) -> bool {
        self.slow.contains_key(&node)
            || self.cancels.contains_key(&node)
            || self.failpoints.aims_beyond_points() && self.failpoints.is_aimed(node, CrashMoment::Message)
    }

    /// Whether the first life of the node has begun.
    pub fn has_lived(&self, node: NodeId) -> bool {
        self.nodes[node.index()].first_boot == FirstBoot::Done
    }

    /// Whether a crash holds back the first boot of the node.
    pub fn is_held_by_crash(&self, node: NodeId) -> bool {
        self.is_held_by(node, Hold::Crash)
    }

    /// Whether a pause holds back the first boot of the node.
    pub fn is_held_by_pause(&self, node: NodeId) -> bool {
        self.is_held_by(node, Hold::Pause)
    }

    fn is_held_by(&self, node: NodeId, hold: Hold) -> bool {
        let node = &self.nodes[node.index()];
        node.condition == Condition::Down && matches!(node.first_boot, FirstBoot::Held { by, .. } if by == hold)
    }

    /// Holds back the first boot of a node. True if it was to come.
    pub(in crate::engine) fn hold_boot(&mut self, node: NodeId, by: Hold) -> bool {
        let state = &mut self.nodes[node.index()];
        let comes = state.condition == Condition::Down && state.first_boot == FirstBoot::Scheduled;
        if comes {
            state.first_boot = FirstBoot::Held { by, is_due: false };
            let kind = match by {
                Hold::Crash => RecordKind::Crash,
                Hold::Pause => RecordKind::Pause,
            };
            self.record(Record::of(self.now, kind, node));
        }
        comes
    }

    /// Notes that the time of a first boot has come. True if something holds it back.
    pub(in crate::engine) fn boot_is_due(&mut self, node: NodeId) -> bool {
        match &mut self.nodes[node.index()].first_boot {
            FirstBoot::Held { is_due, .. } => {
                *is_due = true;
                true
            }
            FirstBoot::Scheduled | FirstBoot::Done => false,
        }
    }

    /// Stops to hold back a first boot. Returns whether it is due; nothing if this did not hold it back.
    pub(in crate::engine) fn release_boot(&mut self, node: NodeId, hold: Hold) -> Option<bool> {
        let state = &mut self.nodes[node.index()];
        match state.first_boot {
            FirstBoot::Held { by, is_due } if by == hold && state.condition == Condition::Down => {
                state.first_boot = FirstBoot::Scheduled;
                if hold == Hold::Pause {
                    self.record(Record::of(self.now, RecordKind::Resume, node));
                }
                Some(is_due)
            }
            _ => None,
        }
    }

    /// Whether this life of the node continues.
    ///
    /// A crash, a kill, or the return of the main function ends it.
    #[inline]
    pub fn lives(&self, node: NodeId, incarnation: Incarnation) -> bool {
        let node = &self.nodes[node.index()];
        node.incarnation == incarnation && !node.has_returned && node.condition.is_alive()
    }

    /// Whether the main function of an async node returned in its present life.
    pub fn has_returned(&self, node: NodeId) -> bool {
        self.nodes[node.index()].has_returned
    }

    /// Makes the node's handles inert; it stays up with its last view.
    pub(crate) fn main_returned(&mut self, node: NodeId) {
        self.nodes[node.index()].has_returned = true;
    }

    /// Whether the node is in this life and up, and no fault stands between it and its inputs.
    #[inline]
    pub fn takes_freely(&self, node: NodeId, incarnation: Incarnation) -> bool {
        let node = &self.nodes[node.index()];
        node.incarnation == incarnation && node.condition == Condition::Up
    }

    /// Whether the node is up, and no fault stands between it and its inputs.
    #[inline]
    pub fn takes_at_once(&self, node: NodeId) -> bool {
        self.condition(node) == Condition::Up
    }

    /// Returns the node's present life, or its last one.
    #[inline]
    pub fn incarnation(&self, node: NodeId) -> Incarnation {
        self.nodes[node.index()].incarnation
    }

    /// Returns the present or last life of a node; `None` if there is no such node.
    #[inline]
    pub fn incarnation_of(&self, node: NodeId) -> Option<Incarnation> {
        self.nodes.get(node.index()).map(|node| node.incarnation)
    }

    /// Returns the life that the node begins next.
    pub(crate) fn next_incarnation(&self, node: NodeId) -> Incarnation {
        let Node { incarnation, first_boot, .. } = self.nodes[node.index()];
        if first_boot == FirstBoot::Done { incarnation.next() } else { incarnation }
    }

    /// Schedules a node's first boot at an addressed offset below `spread` from `after` on.
    pub(crate) fn schedule_start(&mut self, node: NodeId, after: Duration, spread: Duration) {
        let address = self.address(node);
        let site = Site { choice: Choice::Start, stream: START, address, node, peer: node };
        let offset = self.choose(site, |roll| roll.within(spread).as_nanos() as u64);
        let order = Order::new(Rank::DEFAULT, address);
        self.push((VirtualInstant::ZERO + after).after_nanoseconds(offset), order, Target::Start, node.0);
    }

    /// Begins a life: records it, resets the clock, and returns its entropy.
    pub(crate) fn begin_life(&mut self, node: NodeId, incarnation: Incarnation) -> Entropy {
        let (now, epoch) = (self.now, self.epoch);
        self.forget_stop(node);
        let condition = Condition::of(Health::Up, self.has_gate(node));
        let state = &mut self.nodes[node.index()];
        state.incarnation = incarnation;
        state.condition = condition;
        state.first_boot = FirstBoot::Done;
        state.has_returned = false;
        state.clock = NodeClock::new(now, epoch);
        let mut address = state.address.number(u64::from(incarnation.0));
        if state.is_skewed {
            self.boot_skewed_clock(node);
        }
        if condition == Condition::Gated {
            self.boot_slow(node);
        }
        if self.shared_entropy.is_used() {
            address = self.shared_entropy.source(node, address);
        }
        self.record(Record { detail: incarnation.0, ..Record::of(now, RecordKind::Boot, node) });
        self.change(Change::Health(node, Health::Up, incarnation));
        Entropy::from_key(self.roll(ENTROPY, address).0)
    }

    /// Changes a node's health and records it.
    ///
    /// Timers that waited for a paused node are queued for now if it is up again, and dropped otherwise.
    pub(crate) fn set_health(&mut self, node: NodeId, health: Health, kind: RecordKind) {
        let now = self.now;
        let condition = Condition::of(health, self.has_gate(node));
        let state = &mut self.nodes[node.index()];
        state.condition = condition;
        let incarnation = state.incarnation;
        if state.is_skewed && matches!(health, Health::Down | Health::Killed) {
            self.forget_local_timers(node);
        }
        if matches!(health, Health::Down | Health::Killed) {
            self.forget_stop(node);
            self.calls.end_life(node);
        }
        for slot in self.paused_timers.remove(&node).unwrap_or_default() {
            if health == Health::Up {
                self.queue_timer(slot, now);
            } else {
                self.release_timer(slot);
            }
        }
        if !self.slow.is_empty() {
            match health {
                Health::Up => self.resume_slow(node),
                Health::Paused => {}
                _ => self.drop_waiting(node),
            }
        }
        self.record(Record::of(now, kind, node));
        self.change(Change::Health(node, health, incarnation));
    }

    /// Ends a node's life at the end of the run, without a record.
    pub(crate) fn retire(&mut self, node: NodeId) {
        self.nodes[node.index()].condition = Condition::Killed;
    }
}
