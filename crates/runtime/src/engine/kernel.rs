//! Clock, queue, timers, health and records: what hosts and devices share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_vocabulary::{Change, Health, Incarnation, LocalInstant, NodeClock, NodeId, VirtualInstant, WallTime};

use super::budget::{Budget, Exhausted};
use super::queue::{DeviceId, Event, EventQueue, Order, Rank, Target, When};
use super::record::{Digest, Record, RecordKind, Ring};
use super::timers::{Surfaced, Timer, TimerSlot, Timers};
use crate::chance::{Address, Entropy, Roll, Seed, SeedSchedule, Stream};

const ENTROPY: Stream = Stream::named("entropy");
const START: Stream = Stream::named("start");
const ORDER: Stream = Stream::named("order");

/// What the kernel asks about a node at every step; small, since a large cluster's must share the cache with its messages.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// The declared name as an address.
    address: Address,
    clock: NodeClock,
    incarnation: Incarnation,
    health: Health,
    /// Its first life began.
    has_lived: bool,
}

/// The part of a simulation that hosts and devices are handed at every step.
pub struct Kernel {
    now: VirtualInstant,
    queue: EventQueue,
    sequence: u64,
    seeds: SeedSchedule,
    /// The seed in force, and the instant from which the schedule must be asked again.
    seed: Seed,
    seed_until: VirtualInstant,
    nodes: Vec<Node>,
    names: Vec<Arc<str>>,
    /// Timers that came due while their node was paused.
    held: BTreeMap<NodeId, Vec<TimerSlot>>,
    timers: Timers,
    digest: Digest,
    ring: Ring,
    /// Every record since it was asked for.
    kept: Option<Vec<Record>>,
    steps: u64,
    changes: Vec<Change>,
    budget: Budget,
    exhausted: Option<Exhausted>,
}

impl Kernel {
    pub(crate) fn new(seeds: SeedSchedule, budget: Budget) -> Self {
        let mut kernel = Self {
            now: VirtualInstant::ZERO,
            queue: EventQueue::default(),
            sequence: 0,
            seed: seeds.at(VirtualInstant::ZERO),
            seeds,
            seed_until: VirtualInstant::ZERO,
            nodes: Vec::new(),
            names: Vec::new(),
            held: BTreeMap::new(),
            timers: Timers::default(),
            digest: Digest::default(),
            ring: Ring::new(),
            kept: None,
            steps: 0,
            changes: Vec::new(),
            budget,
            exhausted: None,
        };
        kernel.look_up_seed();
        kernel
    }

    pub(crate) fn add_node(&mut self, name: &str) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("node ids are 32 bits wide"));
        self.names.push(name.into());
        self.nodes.push(Node {
            address: Address::new().name(name),
            clock: NodeClock::new(VirtualInstant::ZERO, WallTime::ZERO),
            incarnation: Incarnation(0),
            health: Health::Down,
            has_lived: false,
        });
        id
    }

    /// The present instant.
    #[inline]
    pub fn now(&self) -> VirtualInstant {
        self.now
    }

    /// What the node's monotonic clock says now.
    #[inline]
    pub fn local_now(&self, node: NodeId) -> LocalInstant {
        self.nodes[node.index()].clock.local(self.now)
    }

    /// What the node's wall clock says now.
    #[inline]
    pub fn wall_now(&self, node: NodeId) -> WallTime {
        self.nodes[node.index()].clock.wall(self.now)
    }

    /// How many nodes there are; ids run from 0.
    pub fn node_count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// The node's declared name.
    pub fn name(&self, node: NodeId) -> &Arc<str> {
        &self.names[node.index()]
    }

    /// The node's declared name as an address of chance.
    #[inline]
    pub fn address(&self, node: NodeId) -> Address {
        self.nodes[node.index()].address
    }

    /// The node's health.
    #[inline]
    pub fn health(&self, node: NodeId) -> Health {
        self.nodes[node.index()].health
    }

    /// Whether the node's first life began.
    pub(crate) fn has_lived(&self, node: NodeId) -> bool {
        self.nodes[node.index()].has_lived
    }

    /// Which life the node is in, or was in last.
    #[inline]
    pub fn incarnation(&self, node: NodeId) -> Incarnation {
        self.nodes[node.index()].incarnation
    }

    /// The life that a node begins next: the first one, or the one after its last.
    pub(crate) fn next_incarnation(&self, node: NodeId) -> Incarnation {
        let Node { incarnation, has_lived, .. } = self.nodes[node.index()];
        if has_lived { incarnation.next() } else { incarnation }
    }

    /// Steps so far: inputs that hosts took.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The running hash of everything so far.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The last things that happened.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Why the run must end, once a budget is spent.
    pub fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted
    }

    /// The budgets of this run.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Says that a budget is spent; the run ends before its next step. The first one said is kept.
    pub fn exhaust(&mut self, exhausted: Exhausted) {
        self.exhausted.get_or_insert(exhausted);
    }

    /// The roll about `address` in `stream`, under the seed in force now.
    #[inline]
    pub fn roll(&self, stream: Stream, address: Address) -> Roll {
        self.seed.roll(stream, address)
    }

    /// Lets `seed` decide from `from` on. What was decided before stays as it was.
    pub fn reseed_at(&mut self, from: VirtualInstant, seed: Seed) {
        self.seeds.reseed_at(from, seed);
        self.look_up_seed();
    }

    /// The seeds of this run.
    pub fn seeds(&self) -> &SeedSchedule {
        &self.seeds
    }

    fn look_up_seed(&mut self) {
        let before = self.seed;
        self.seed = self.seeds.at(self.now);
        let later = self.seeds.entries().iter().map(|(from, _)| *from).find(|from| *from > self.now);
        self.seed_until = later.unwrap_or(VirtualInstant::from_nanoseconds(u64::MAX));
        if self.seed != before {
            let cluster = NodeId(u32::MAX);
            self.record(Record { label: self.seed.0, ..Record::of(self.now, RecordKind::Reseed, cluster) });
        }
    }

    /// Folds what happened into the digest and keeps it among the last events.
    #[inline]
    pub fn record(&mut self, record: Record) {
        self.digest.fold(&record);
        self.ring.push(record);
        if let Some(kept) = &mut self.kept {
            kept.push(record);
        }
    }

    /// Keeps every record from here on, for comparing two runs. Memory grows with every event.
    pub fn keep_records(&mut self) {
        self.kept.get_or_insert_default();
    }

    /// The records kept so far, in order.
    pub fn records(&self) -> &[Record] {
        self.kept.as_deref().unwrap_or_default()
    }

    /// Says that the present step changed something.
    #[inline]
    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// What changed since this was last emptied, in order.
    pub fn changes(&mut self) -> &mut Vec<Change> {
        &mut self.changes
    }

    /// Has `device` fire at `at` with `slot`; an instant in the past means now.
    #[inline]
    pub fn schedule(&mut self, at: VirtualInstant, order: Order, device: DeviceId, slot: u32) {
        self.push(at, order, Target::Device(device), slot);
    }

    /// Hands `slot` to whoever drives the engine at `at`, before everything else of that instant.
    pub fn schedule_driver(&mut self, at: VirtualInstant, slot: u32) {
        self.push(at, Order::FIRST, Target::Driver, slot);
    }

    #[inline]
    fn push(&mut self, at: VirtualInstant, order: Order, target: Target, slot: u32) -> u64 {
        self.sequence += 1;
        let when = When { at: at.max(self.now), order, sequence: self.sequence };
        self.queue.push(Event { when, target, slot });
        self.sequence
    }

    /// Arms a timer of `node`, called `token` by it, to come due after so much local time.
    pub fn arm(&mut self, node: NodeId, token: u64, after: Duration) -> TimerSlot {
        let Node { incarnation, clock, .. } = self.nodes[node.index()];
        let due = clock.due(self.now, after);
        let slot = self.timers.insert(Timer { node, incarnation, token, due: Some(due), queued_at: due, queued_sequence: 0 });
        self.queue_timer(slot, due);
        slot
    }

    /// Moves an armed timer to come due after so much local time from now.
    ///
    /// To a later instant this is one store: the queue entry stays and moves itself when it surfaces.
    #[inline]
    pub fn rearm(&mut self, slot: TimerSlot, after: Duration) {
        let timer = self.timers.get_mut(slot);
        let due = self.nodes[timer.node.index()].clock.due(self.now, after);
        timer.due = Some(due);
        if due < timer.queued_at {
            self.queue_timer(slot, due);
        }
    }

    /// Disarms a timer; its slot must not be used again.
    #[inline]
    pub fn disarm(&mut self, slot: TimerSlot) {
        self.timers.get_mut(slot).due = None;
    }

    fn queue_timer(&mut self, slot: TimerSlot, at: VirtualInstant) {
        let Timer { node, token, .. } = *self.timers.get(slot);
        // The instant is part of it: two nodes that always tick together take turns in going first.
        let about = self.address(node).number(token).number(at.as_nanoseconds());
        let order = Order::new(Rank::DEFAULT, self.roll(ORDER, about).0);
        let sequence = self.push(at, order, Target::Timer, slot.0);
        let timer = self.timers.get_mut(slot);
        timer.queued_at = at;
        timer.queued_sequence = sequence;
    }

    /// The timer that a surfaced queue entry makes due: its node and the node's name for it.
    pub(crate) fn surface(&mut self, slot: TimerSlot, sequence: u64) -> Option<(NodeId, u64)> {
        match self.timers.surface(slot, sequence, self.now) {
            Surfaced::Nobody => None,
            Surfaced::Later(due) => {
                self.queue_timer(slot, due);
                None
            }
            Surfaced::Due => {
                let Timer { node, incarnation, token, .. } = *self.timers.get(slot);
                let owner = self.nodes[node.index()];
                if owner.incarnation != incarnation || matches!(owner.health, Health::Down | Health::Killed) {
                    self.timers.release(slot);
                    None
                } else if owner.health == Health::Paused {
                    self.held.entry(node).or_default().push(slot);
                    None
                } else {
                    self.timers.release(slot);
                    self.record(Record { label: token, ..Record::of(self.now, RecordKind::Timer, node) });
                    Some((node, token))
                }
            }
        }
    }

    /// Takes the next event that is due by `until`, and moves the clock to it.
    #[inline]
    pub(crate) fn next(&mut self, until: VirtualInstant) -> Option<Event> {
        if self.queue.next_at()? > until {
            return None;
        }
        let event = self.queue.pop()?;
        self.advance(event.when.at);
        Some(event)
    }

    /// Moves the clock; nothing may be due before `to`.
    #[inline]
    pub(crate) fn advance(&mut self, to: VirtualInstant) {
        debug_assert!(to >= self.now, "time does not run backwards");
        self.now = to;
        if to >= self.seed_until {
            self.look_up_seed();
        }
    }

    /// The instant of the next event, if anything is to happen at all.
    pub fn next_at(&mut self) -> Option<VirtualInstant> {
        self.queue.next_at()
    }

    /// How many events are waiting in the queue.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    #[inline]
    pub(crate) fn count_step(&mut self) {
        self.steps += 1;
        if self.steps >= self.budget.steps {
            self.exhaust(Exhausted::Steps(self.budget.steps));
        }
    }

    /// Where a node's first life begins: an addressed offset below `spread`.
    pub(crate) fn schedule_start(&mut self, node: NodeId, spread: Duration) {
        let address = self.address(node);
        let offset = self.roll(START, address).within(spread);
        let order = Order::new(Rank::DEFAULT, self.roll(ORDER, address).0);
        self.push(VirtualInstant::ZERO + offset, order, Target::Start, node.0);
    }

    /// Begins a life: the first, or the next one.
    pub(crate) fn begin_life(&mut self, node: NodeId, incarnation: Incarnation) -> Entropy {
        let now = self.now;
        let state = &mut self.nodes[node.index()];
        state.incarnation = incarnation;
        state.health = Health::Up;
        state.has_lived = true;
        state.clock = NodeClock::new(now, WallTime::ZERO);
        let address = state.address.number(u64::from(incarnation.0));
        self.record(Record { detail: incarnation.0, ..Record::of(now, RecordKind::Boot, node) });
        self.change(Change::Health(node, Health::Up, incarnation));
        Entropy::from_key(self.roll(ENTROPY, address).0)
    }

    /// Gives a node another health, records it, and takes back the timers that waited for a paused node.
    pub(crate) fn set_health(&mut self, node: NodeId, health: Health, kind: RecordKind) {
        let now = self.now;
        let state = &mut self.nodes[node.index()];
        state.health = health;
        let incarnation = state.incarnation;
        for slot in self.held.remove(&node).unwrap_or_default() {
            if health == Health::Up {
                self.queue_timer(slot, now);
            } else {
                self.timers.release(slot);
            }
        }
        self.record(Record::of(now, kind, node));
        self.change(Change::Health(node, health, incarnation));
    }
}
