//! The kernel: clock, seeds, queue, records, choices and changes of one simulation.
//!
//! `nodes.rs` adds names, lives and health of nodes; `clocks.rs` adds their clocks; `timing.rs` adds timers in local time and
//! `skewed_timers.rs` those of nodes whose clocks lie; `changes.rs` adds what a step
//! changed; `visits.rs` adds visits of failpoints; `standstill.rs` notices that time does not advance;
//! `stops.rs` keeps graceful stops; `slow.rs` keeps the inputs of nodes whose steps take time;
//! `cancels.rs` drops tasks, `io_crashes.rs` crashes nodes at operations of their disks, and `shared_entropy.rs` gives nodes equal random numbers.

mod arena;
mod cancels;
mod changes;
mod clocks;
mod io_crashes;
mod nodes;
mod shared_entropy;
mod skewed_timers;
mod slow;
mod standstill;
mod stops;
mod timing;
mod visits;

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::Arc;
use std::task::Waker;

use cluster_sim_types::{CallLogs, NodeId, VirtualInstant, WallTime};
use rustc_hash::FxHashMap;

pub use arena::Arena;
use cancels::Cancel;
pub use cancels::CancelId;
use changes::Changes;
pub use changes::Lone;
use io_crashes::IoCrash;
pub use io_crashes::IoCrashId;
pub(crate) use nodes::Condition;
pub(in crate::engine) use nodes::Hold;
use nodes::Node;
use shared_entropy::SharedEntropy;
pub use shared_entropy::SharedId;
pub(in crate::engine) use slow::Input;
use slow::Slow;
pub use slow::SlowId;
pub use standstill::BusyTask;
use standstill::Standstill;
pub(in crate::engine) use stops::DueStop;
pub use stops::StopEnd;
use stops::Stops;

use super::budget::{Budget, Exhausted, Limits};
use super::decisions::{Choice, Choices, Site};
use super::failpoints::Failpoints;
use super::queue::{DeviceId, Due, Event, EventQueue, Order, Target};
use super::record::{Digest, Record, RecordKind, Ring};
use super::timers::{TimerSlot, Timers};
use crate::engine::heartbeat::{Heartbeat, Position};
use crate::engine::skew::SkewedClocks;
use crate::executor::{TaskId, TaskName, Tasks};
use crate::random::{Address, Roll, Seed, SeedSchedule, Stream};

const ORDER: Stream = Stream::named("order");

#[inline]
fn order_of(about: Address) -> Site {
    Site { choice: Choice::Order, stream: ORDER, address: about, node: NodeId::CLUSTER, peer: NodeId::CLUSTER }
}

/// The state that every step of a host or device can use.
pub struct Kernel {
    now: VirtualInstant,
    queue: EventQueue,
    sequence: u64,
    seeds: SeedSchedule,
    /// The seed in force, and the instant until which it needs no lookup.
    seed: Seed,
    seed_until: VirtualInstant,
    pub(crate) choices: Choices,
    nodes: Vec<Node>,
    names: Vec<Arc<str>>,
    /// Timers that came due while their node was paused.
    paused_timers: BTreeMap<NodeId, Vec<TimerSlot>>,
    timers: Timers,
    /// The reading of true wall clocks at the start of the run.
    epoch: WallTime,
    /// The clocks of the nodes whose clocks are not true.
    skewed: BTreeMap<NodeId, SkewedClocks>,
    digest: Digest,
    ring: Ring,
    /// Every record since the call of [`keep_records`](Self::keep_records).
    kept_records: Vec<Record>,
    keeps_records: bool,
    steps: u64,
    changes: Changes,
    /// The calls of clients, where rules read them at the end of the run.
    pub calls: CallLogs,
    budget: Budget,
    /// The bounds of the budget for the nodes so far.
    limits: Limits,
    /// The steps at which the budgets of steps are checked next.
    check_at: u64,
    standstill: Standstill,
    exhausted: Option<Exhausted>,
    /// Wakers of sleeps polled by a foreign waker instead of a task.
    timer_wakers: FxHashMap<u32, Waker>,
    /// Named points in node code.
    pub failpoints: Failpoints,
    pub(crate) tasks: Tasks,
    pub(crate) foreign_wakes: u64,
    pub(crate) panicked: Option<TaskName>,
    /// The place of the first panic, once one was caught.
    pub(crate) panicked_at: Option<Option<String>>,
    stops: Stops,
    /// The nodes whose steps take time.
    slow: BTreeMap<NodeId, Slow>,
    /// The number of faults so far that slowed a node down.
    slow_faults: u64,
    /// The faults that crash nodes at operations of their disks, in order of their numbers.
    io_crashes: Vec<IoCrash>,
    /// The faults that cancel tasks, by node.
    cancels: BTreeMap<NodeId, Vec<Cancel>>,
    /// The number of such faults so far.
    cancel_faults: u64,
    pub(crate) shared_entropy: SharedEntropy,
    heartbeat: Option<Arc<Heartbeat>>,
    /// The code whose step was the last one, if the heartbeat ended the run.
    ended_in: Option<(NodeId, Option<TaskName>)>,
}

impl Kernel {
    pub(crate) fn new(seeds: SeedSchedule, budget: Budget, arena: Arena) -> Self {
        let Arena { queue, timers, ring, nodes, names } = arena.prepared();
        let mut kernel = Self {
            now: VirtualInstant::ZERO,
            queue,
            sequence: 0,
            seed: seeds.at(VirtualInstant::ZERO),
            seeds,
            seed_until: VirtualInstant::ZERO,
            choices: Choices::default(),
            nodes,
            names,
            paused_timers: BTreeMap::new(),
            timers,
            epoch: WallTime::ZERO,
            skewed: BTreeMap::new(),
            digest: Digest::default(),
            ring,
            kept_records: Vec::new(),
            keeps_records: false,
            steps: 0,
            changes: Changes::default(),
            calls: CallLogs::default(),
            budget,
            limits: budget.limits(0),
            check_at: 0,
            standstill: Standstill::default(),
            exhausted: None,
            timer_wakers: FxHashMap::default(),
            failpoints: Failpoints::default(),
            tasks: Tasks::default(),
            foreign_wakes: 0,
            panicked: None,
            panicked_at: None,
            stops: Stops::default(),
            slow: BTreeMap::new(),
            slow_faults: 0,
            io_crashes: Vec::new(),
            cancels: BTreeMap::new(),
            cancel_faults: 0,
            shared_entropy: SharedEntropy::default(),
            heartbeat: None,
            ended_in: None,
        };
        kernel.look_up_seed();
        kernel
    }

    /// Takes out the memory for the next run; this kernel must not run afterwards.
    pub(crate) fn take_arena(&mut self) -> Arena {
        let arena = Arena {
            queue: take(&mut self.queue),
            timers: take(&mut self.timers),
            ring: take(&mut self.ring),
            nodes: take(&mut self.nodes),
            names: take(&mut self.names),
        };
        arena.cleared()
    }

    /// Returns the present instant.
    #[inline]
    pub fn now(&self) -> VirtualInstant {
        self.now
    }

    /// Returns the number of inputs that hosts took.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Returns the running digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the last records.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Returns the exhausted budget, if any.
    pub fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted
    }

    /// Returns the budgets of this run.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Returns the bounds of this run that may grow with its nodes.
    #[inline(always)]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Ends the run before its next step; only the first exhausted budget is kept.
    pub fn exhaust(&mut self, exhausted: Exhausted) {
        self.exhausted.get_or_insert(exhausted);
    }

    /// Sets the source of choices. Must be called before the first node is added.
    pub fn set_choices(&mut self, choices: Choices) {
        self.choices = choices;
    }

    /// Takes out the choices and their log; the seed decides from here on.
    pub fn take_choices(&mut self) -> Choices {
        take(&mut self.choices)
    }

    /// Whether the seed decides and nothing is logged: a choice is then just a roll of the seed.
    #[inline(always)]
    pub const fn is_free(&self) -> bool {
        self.choices.is_free()
    }

    /// Decides at `site`: converts the deciding roll with `read`.
    #[inline(always)]
    pub fn choose(&mut self, site: Site, read: impl Fn(Roll) -> u64) -> u64 {
        self.choices.choose(self.now, self.seed, site, read)
    }

    /// Rolls under the seed in force, whether or not decisions are pinned.
    #[inline]
    pub fn roll(&self, stream: Stream, address: Address) -> Roll {
        self.seed.roll(stream, address)
    }

    /// Lets `seed` decide from `from` on; earlier choices stay.
    pub fn reseed_at(&mut self, from: VirtualInstant, seed: Seed) {
        self.seeds.reseed_at(from, seed);
        self.look_up_seed();
    }

    /// Returns the seed in force.
    #[inline]
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// Reports every step from here on to a heartbeat.
    pub fn watch(&mut self, heartbeat: Arc<Heartbeat>) {
        heartbeat.begin_run();
        self.heartbeat = Some(heartbeat);
    }

    /// Returns the code whose step was the last one, if the heartbeat ended the run.
    pub fn ended_in(&self) -> Option<&(NodeId, Option<TaskName>)> {
        self.ended_in.as_ref()
    }

    /// Counts wakes of living tasks from another thread.
    ///
    /// Their effect depends on the scheduling of the operating system, so no seed reproduces it.
    pub fn foreign_wakes(&self) -> u64 {
        self.foreign_wakes
    }

    /// Returns the task that panicked, if one did.
    pub fn panicked_task(&self) -> Option<&TaskName> {
        self.panicked.as_ref()
    }

    /// Forgets which task panicked, and that its code was running.
    pub(crate) fn forget_panic(&mut self) {
        self.panicked = None;
        self.keep_panic_place();
        self.panicked_at = None;
        self.tasks.leave_panicked();
    }

    /// Returns the seeds of this run.
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

    /// Folds a record into the digest and adds it to the last records.
    ///
    /// Inlined always, so that fields which a caller knows cost nothing.
    #[inline(always)]
    pub fn record(&mut self, record: Record) {
        self.digest.fold(&record);
        self.ring.push(record);
        if self.keeps_records {
            self.keep_last_record();
        }
    }

    /// Reads the record back from the ring: passed on, it would have to be in memory at every call of `record`.
    #[cold]
    fn keep_last_record(&mut self) {
        self.kept_records.extend(self.ring.last());
    }

    /// Keeps every record from here on, for comparing two runs. Memory grows with every event.
    pub fn keep_records(&mut self) {
        self.keeps_records = true;
        self.keep_task_names();
    }

    /// Returns the kept records, in order.
    pub fn records(&self) -> &[Record] {
        &self.kept_records
    }

    /// Takes the kept records out, in order, and continues to keep later ones.
    ///
    /// Following a long run this way needs bounded memory.
    pub fn drain_records(&mut self) -> impl Iterator<Item = Record> {
        self.kept_records.drain(..)
    }

    /// Schedules `device` to fire at `at` with `slot`; an instant in the past means now.
    #[inline]
    pub fn schedule(&mut self, at: VirtualInstant, order: Order, device: DeviceId, slot: u32) {
        self.push(at, order, Target::Device(device), slot);
    }

    /// Schedules an event of the driver at `at`, before all other events of that instant.
    pub fn schedule_driver(&mut self, at: VirtualInstant, slot: u32) {
        self.push(at, Order::FIRST, Target::Driver, slot);
    }

    /// Schedules an event of the driver behind its others of that instant.
    ///
    /// It comes after those of [`schedule_driver`](Self::schedule_driver), and before all events of nodes and devices.
    pub fn schedule_driver_second(&mut self, at: VirtualInstant, slot: u32) {
        self.push(at, Order::SECOND, Target::Driver, slot);
    }

    #[inline(always)]
    fn push(&mut self, at: VirtualInstant, order: Order, target: Target, slot: u32) -> u64 {
        let sequence = self.sequence + 1;
        self.sequence = sequence;
        if at > self.now {
            self.queue.push(Event::new(at, order, target, sequence, slot));
        } else {
            self.push_now(order, target, sequence, slot);
        }
        sequence
    }

    /// Schedules an event for the present instant.
    #[inline(never)]
    fn push_now(&mut self, order: Order, target: Target, sequence: u64, slot: u32) {
        let (now, seed, choices) = (self.now, self.seed, &mut self.choices);
        let event = Event::new(now, order, target, sequence, slot);
        self.queue.push_now(event, |about| choices.choose(now, seed, order_of(about), |roll| roll.0));
    }

    /// Takes the next event due by `until` and moves the clock to it.
    #[inline(always)]
    pub(crate) fn next(&mut self, until: VirtualInstant) -> Option<Due> {
        match self.queue.take_lone(until) {
            Some(event) => {
                self.advance(VirtualInstant::from_nanoseconds(event.at));
                Some(event.due())
            }
            None => self.next_of_many(until),
        }
    }

    /// Takes the next event where several may meet.
    #[inline(never)]
    fn next_of_many(&mut self, until: VirtualInstant) -> Option<Due> {
        let next = self.queue.next(self.now, until)?;
        self.advance(next.at);
        let (now, seed, choices) = (self.now, self.seed, &mut self.choices);
        let event = self.queue.take(next, |about| choices.choose(now, seed, order_of(about), |roll| roll.0))?;
        Some(event.due())
    }

    /// Moves the clock; no event may be due before `to`.
    #[inline(always)]
    pub(crate) fn advance(&mut self, to: VirtualInstant) {
        debug_assert!(to >= self.now, "time does not run backwards");
        self.now = to;
        if to >= self.seed_until {
            self.look_up_seed();
        }
    }

    /// Returns the instant of the next event; `None` if the queue is empty.
    #[inline(never)]
    pub fn next_at(&mut self) -> Option<VirtualInstant> {
        self.queue.next(self.now, VirtualInstant::from_nanoseconds(u64::MAX)).map(|next| next.at)
    }

    /// Returns the number of queued events.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Tells the heartbeat of a step.
    #[inline(never)]
    fn beat(&mut self, node: NodeId, task: Option<TaskId>) {
        let Some(heartbeat) = &self.heartbeat else { return };
        if heartbeat.is_ending() {
            self.exhausted.get_or_insert(Exhausted::RealTime);
            self.ended_in.get_or_insert((node, task.and_then(|task| self.tasks.name_of(task))));
        }
        let position = || Position {
            at: self.now,
            node: self.names[node.index()].to_string(),
            task: task.and_then(|task| self.tasks.name_of(task)),
        };
        heartbeat.begin_step(self.steps, self.now, position);
    }

    #[inline(always)]
    pub(crate) fn count_step(&mut self, node: NodeId, task: Option<TaskId>) {
        self.steps += 1;
        if self.heartbeat.is_some() {
            self.beat(node, task);
        }
        if self.steps >= self.check_at {
            self.check_steps(node, task);
        }
    }
}
