//! Clock, queue, timers, health and records: what hosts and devices share.

mod nodes;
mod timing;

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::Arc;
use std::task::Waker;

use cluster_sim_types::{Change, NodeId, VirtualInstant};
use rustc_hash::FxHashMap;

use nodes::Node;

use super::arena::Arena;
use super::budget::{Budget, Exhausted};
use super::decisions::{Choice, Choices, Site};
use super::queue::{DeviceId, Event, EventQueue, Order, Target};
use super::record::{Digest, Record, RecordKind, Ring};
use super::timers::{TimerSlot, Timers};
use crate::engine::heartbeat::{Heartbeat, Position};
use crate::executor::{TaskId, TaskName, Tasks};
use crate::random::{Address, Roll, Seed, SeedSchedule, Stream};

const ORDER: Stream = Stream::named("order");

/// The place of an event among those of its instant.
#[inline]
fn order_of(about: Address) -> Site {
    Site { choice: Choice::Order, stream: ORDER, address: about, node: NodeId::CLUSTER, peer: NodeId::CLUSTER }
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
    pub(crate) choices: Choices,
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
    /// The wakers of sleeps that are polled by something else than a task of ours.
    timer_wakers: FxHashMap<u32, Waker>,
    pub(crate) tasks: Tasks,
    pub(crate) foreign_wakes: u64,
    pub(crate) panicked: Option<TaskName>,
    watch: Option<Arc<Heartbeat>>,
}

impl Kernel {
    pub(crate) fn new(seeds: SeedSchedule, budget: Budget, arena: Arena) -> Self {
        let Arena { queue, timers, ring } = arena.made_ready();
        let mut kernel = Self {
            now: VirtualInstant::ZERO,
            queue,
            sequence: 0,
            seed: seeds.at(VirtualInstant::ZERO),
            seeds,
            seed_until: VirtualInstant::ZERO,
            choices: Choices::default(),
            nodes: Vec::new(),
            names: Vec::new(),
            held: BTreeMap::new(),
            timers,
            digest: Digest::default(),
            ring,
            kept: None,
            steps: 0,
            changes: Vec::new(),
            budget,
            exhausted: None,
            timer_wakers: FxHashMap::default(),
            tasks: Tasks::default(),
            foreign_wakes: 0,
            panicked: None,
            watch: None,
        };
        kernel.look_up_seed();
        kernel
    }

    /// Takes the memory out that the next run can use. Nothing may happen in this one afterwards.
    pub(crate) fn leave(&mut self) -> Arena {
        let arena = Arena { queue: take(&mut self.queue), timers: take(&mut self.timers), ring: take(&mut self.ring) };
        arena.emptied()
    }

    /// The present instant.
    #[inline]
    pub fn now(&self) -> VirtualInstant {
        self.now
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

    /// Says who decides, and whether it is kept. Must come before the first node is added.
    pub fn set_choices(&mut self, choices: Choices) {
        self.choices = choices;
    }

    /// Takes out what was decided. The seed decides from here on.
    pub fn take_choices(&mut self) -> Choices {
        take(&mut self.choices)
    }

    /// Whether the seed decides, and nobody wants to know what: then a roll of the seed is all there is to a choice.
    #[inline(always)]
    pub const fn is_free(&self) -> bool {
        self.choices.is_free()
    }

    /// What comes out at a site: `read` off the roll that decides it.
    #[inline(always)]
    pub fn choose(&mut self, site: Site, read: impl Fn(Roll) -> u64) -> u64 {
        self.choices.choose(self.now, self.seed, site, read)
    }

    /// The roll about `address` in `stream`, under the seed in force now, whoever decides what the simulation leaves to chance.
    #[inline]
    pub fn roll(&self, stream: Stream, address: Address) -> Roll {
        self.seed.roll(stream, address)
    }

    /// Lets `seed` decide from `from` on. What was decided before stays as it was.
    pub fn reseed_at(&mut self, from: VirtualInstant, seed: Seed) {
        self.seeds.reseed_at(from, seed);
        self.look_up_seed();
    }

    /// The seed in force now.
    #[inline]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Leaves word of every step from here on.
    pub fn watch(&mut self, watch: Arc<Heartbeat>) {
        watch.begin_run();
        self.watch = Some(watch);
    }

    /// How many wakes came from another thread of the machine: what they do hangs on its scheduling, and no seed gives it again.
    pub fn foreign_wakes(&self) -> u64 {
        self.foreign_wakes
    }

    /// The task whose poll panicked, if one did.
    pub fn panicked_task(&self) -> Option<&TaskName> {
        self.panicked.as_ref()
    }

    /// The seeds of this run.
    pub fn seeds(&self) -> &SeedSchedule {
        &self.seeds
    }

    #[cold]
    fn look_up_seed(&mut self) {
        let before = self.seed;
        self.seed = self.seeds.at(self.now);
        let later = self.seeds.entries().iter().map(|(from, _)| *from).find(|from| *from > self.now);
        self.seed_until = later.unwrap_or(VirtualInstant::from_nanoseconds(u64::MAX));
        if self.seed != before {
            self.record(Record { label: self.seed.0, ..Record::of(self.now, RecordKind::Reseed, NodeId::CLUSTER) });
        }
    }

    /// Folds what happened into the digest and keeps it among the last events.
    #[inline]
    pub fn record(&mut self, record: Record) {
        self.digest.fold(&record);
        self.ring.push(record);
        if self.kept.is_some() {
            self.keep(record);
        }
    }

    #[cold]
    fn keep(&mut self, record: Record) {
        self.kept.get_or_insert_default().push(record);
    }

    /// Keeps every record from here on, for comparing two runs. Memory grows with every event.
    pub fn keep_records(&mut self) {
        self.kept.get_or_insert_default();
        self.keep_task_names();
    }

    /// The records kept so far, in order.
    pub fn records(&self) -> &[Record] {
        self.kept.as_deref().unwrap_or_default()
    }

    /// Takes the records kept so far, in order, and keeps those that come after them: a long run is followed in bounded memory.
    pub fn drain_records(&mut self) -> impl Iterator<Item = Record> {
        self.kept.iter_mut().flat_map(|kept| kept.drain(..))
    }

    /// Says that the present step changed something.
    #[inline]
    pub fn change(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// What changed since this was last [forgotten](Self::forget_changes), in order.
    #[inline]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Empties the list of what changed.
    #[inline]
    pub fn forget_changes(&mut self) {
        // Most lists hold one change, and that one owns nothing.
        if let [Change::View(_)] = *self.changes {
            std::mem::forget(self.changes.pop());
        } else {
            self.changes.clear();
        }
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

    #[inline(always)]
    fn push(&mut self, at: VirtualInstant, order: Order, target: Target, slot: u32) -> u64 {
        self.sequence += 1;
        let event = Event::new(at.max(self.now), order, target, self.sequence, slot);
        if at > self.now {
            self.queue.push(event);
        } else {
            let (now, seed, choices) = (self.now, self.seed, &mut self.choices);
            self.queue.push_now(event, |about| choices.choose(now, seed, order_of(about), |roll| roll.0));
        }
        self.sequence
    }

    /// Takes the next event that is due by `until`, and moves the clock to it.
    #[inline]
    pub(crate) fn next(&mut self, until: VirtualInstant) -> Option<Event> {
        let next = self.queue.next(self.now, until)?;
        self.advance(next.at);
        let (now, seed, choices) = (self.now, self.seed, &mut self.choices);
        self.queue.take(next, |about| choices.choose(now, seed, order_of(about), |roll| roll.0))
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
    #[inline(never)]
    pub fn next_at(&mut self) -> Option<VirtualInstant> {
        self.queue.next(self.now, VirtualInstant::from_nanoseconds(u64::MAX)).map(|next| next.at)
    }

    /// How many events are waiting in the queue.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    #[inline(always)]
    pub(crate) fn count_step(&mut self, node: NodeId, task: Option<TaskId>) {
        self.steps += 1;
        if let Some(watch) = &self.watch {
            let whereabouts = || Position {
                at: self.now,
                node: self.names[node.index()].to_string(),
                task: task.and_then(|task| self.tasks.name_of(task)),
            };
            watch.begin_step(self.steps, whereabouts);
        }
        if self.steps >= self.budget.steps {
            self.exhaust(Exhausted::Steps(self.budget.steps));
        }
    }
}
