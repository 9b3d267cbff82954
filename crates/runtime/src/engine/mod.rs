//! The simulated twin: nodes, devices, and the loop that takes one event after the other.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | [`Engine`]: the loop |
//! | `graceful_stop.rs` | a node is asked to stop, with a deadline |
//! | `serve.rs` | a node that was busy handles what waited |
//! | `lives.rs` | boot, crash, restart, kill, pause and resume of a node |
//! | `core.rs` | [`Core`]: the kernel and the devices, shared by all steps |
//! | `kernel/` | clock, seeds, queue and records; names, lives and health of nodes; timers in local time |
//! | `queue/` | the event queue, and the order within an instant |
//! | `failpoints.rs` | named points in node code, and other moments, at which nodes crash |
//! | `timers.rs` | the slab of timers |
//! | `armed_timers.rs` | the timers of one host, by token |
//! | `skew/`, `local_timers.rs` | clocks of a node that lie, and the deadlines of its timers |
//! | `host.rs`, `device.rs` | the two traits that the loop calls |
//! | `decisions.rs` | the source of random choices: the seed, or a list of decisions |
//! | `record.rs` | records, the digest, and the ring of the last 256 records |
//! | `budget.rs` | bounds on a run |
//! | `heartbeat.rs` | progress of a run, for other threads |
//! | `arena.rs` | memory that one run passes to the next |
//!
//! [`Engine::step`] polls a ready task, or takes the next event and moves the clock to it. A device event asks its device for the
//! node to wake; a timer is checked for being due; an event of the driver is returned to the caller. A woken host takes one input
//! and carries out its effects in order.
//!
//! A panic in a node's code or in its destructors passes to the caller after all else is dropped; [`Engine::running`] names the
//! node.
//!
//! The engine knows no message, link, fault or check. A run that spends a budget ends as exhausted, never as passed. Reused
//! memory is empty, so no run depends on an earlier one.

mod armed_timers;
mod budget;
mod core;
mod decisions;
mod device;
mod failpoints;
mod graceful_stop;
mod heartbeat;
mod host;
mod kernel;
mod lives;
mod local_timers;
mod queue;
mod record;
mod serve;
mod skew;
mod timers;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_types::{Health, NodeId, ViewGroup, VirtualInstant};

pub use armed_timers::ArmedTimers;
pub use budget::{Budget, Exhausted, Limits};
pub use core::Core;
pub use decisions::{Choice, Choices, Decision, Decisions, Site};
pub use device::{Device, DeviceKey, Devices, HostWake, LifeEnd};
pub use failpoints::{AimId, CrashMoment, Failpoints, PointCrash};
pub use heartbeat::{Heartbeat, Position};
pub use host::{Hosts, NewLife, Step, Wake};
pub(crate) use kernel::Condition;
pub use kernel::{Arena, BusyTask, CancelId, IoCrashId, Kernel, Lone, SharedId, SlowId, StopEnd};
pub use queue::{DeviceId, Order, Rank};
use queue::{Due, Target};
pub use record::{Digest, Record, RecordKind, Ring};
pub use skew::{ClockError, Pace, Skew, SkewId};
pub use timers::{TimerKey, TimerSlot};

use crate::executor::{drop_node_state, drop_tasks, enter, is_unwinding};
use crate::random::SeedSchedule;

/// The result of [`Engine::step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// A node took an input.
    Node(NodeId),
    /// A device handled an event that woke no node, or the event was stale.
    Between,
    /// A graceful stop ended a life, or began the next one.
    Life,
    /// An event of the driver is due, with the number it was scheduled with.
    Driver(u32),
    /// No event is due by the given instant; the clock has advanced to it.
    Idle,
}

/// Nodes with consecutive ids, and the code that runs on them.
struct Group {
    hosts: Box<dyn Hosts>,
    first: NodeId,
    count: u32,
}

/// The place of a node in its group.
#[derive(Clone, Copy)]
struct Place {
    group: u32,
    place: u32,
}

/// One simulation: the kernel, the hosts and the devices.
///
/// A value: two engines share no state.
pub struct Engine {
    /// The state that hosts and devices share.
    pub core: Box<Core>,
    groups: Vec<Group>,
    places: Vec<Place>,
    /// The node whose code runs, to name it if the code panics.
    pub(crate) running: Option<NodeId>,
    /// Whether every life was ended at the end of the run.
    is_shut_down: bool,
}

impl Engine {
    /// Creates an engine without nodes and devices.
    pub fn new(seeds: SeedSchedule, budget: Budget) -> Self {
        Self::in_arena(seeds, budget, Arena::default())
    }

    /// Creates an engine that reuses the memory of an earlier one.
    pub fn in_arena(seeds: SeedSchedule, budget: Budget, arena: Arena) -> Self {
        let core = Box::new(Core::new(seeds, budget, arena));
        Self { core, groups: Vec::new(), places: Vec::new(), running: None, is_shut_down: false }
    }

    /// Takes out the memory for another engine.
    ///
    /// Call it after [`shut_down`](Self::shut_down); the engine can only be dropped afterwards.
    pub fn leave(&mut self) -> Arena {
        self.core.kernel.take_arena()
    }

    /// Adds a device and returns its key. Hosts that use it are made afterwards.
    ///
    /// # Panics
    /// If a device of this type is registered already.
    pub fn register<D: Device>(&mut self, device: D) -> DeviceKey<D> {
        self.core.devices.register(device)
    }

    /// Adds a group without nodes; the nodes added next belong to it.
    pub fn add_group(&mut self, hosts: Box<dyn Hosts>) {
        self.groups.push(Group { hosts, first: NodeId(self.core.kernel.node_count()), count: 0 });
    }

    /// Adds the next node of the last group.
    ///
    /// The node boots within `spread` of the start, at an offset that depends on its name. Without a
    /// spread it never boots: it is absent.
    ///
    /// # Panics
    /// If there is no group.
    pub fn add_node(&mut self, name: impl Into<Arc<str>>, spread: Option<Duration>) -> NodeId {
        self.add_late_node(name, Duration::ZERO, spread)
    }

    /// As [`add_node`](Self::add_node), for a node that boots within `spread` of `after`.
    pub fn add_late_node(&mut self, name: impl Into<Arc<str>>, after: Duration, spread: Option<Duration>) -> NodeId {
        let node = self.core.kernel.add_node(name.into());
        let index = self.groups.len().checked_sub(1).expect("a group is added before its nodes");
        let group = &mut self.groups[index];
        self.places.push(Place { group: index as u32, place: group.count });
        group.count += 1;
        match spread {
            Some(spread) => self.core.kernel.schedule_start(node, after, spread),
            None => self.core.kernel.set_health(node, Health::Killed, RecordKind::Kill),
        }
        node
    }

    /// Polls the next ready task, or handles the next event due by `until`.
    ///
    /// Inlined into the loop that calls it, which does little else.
    #[inline(always)]
    pub fn step(&mut self, until: VirtualInstant) -> Stepped {
        // A simulation without async nodes asks one question instead of three.
        if self.core.kernel.tasks.is_used()
            && self.core.kernel.tasks.has_work()
            && let Some(node) = self.poll_ready()
        {
            return Stepped::Node(node);
        }
        let Some(due) = self.core.kernel.next(until) else { return self.idle(until) };
        // The common case first.
        let Some(device) = due.device() else { return self.step_without_device(due) };
        let Core { kernel, devices } = &mut *self.core;
        match devices.fire(device, kernel, due.slot) {
            Some(wake) => self.step_host(wake.node(), Wake::Device(device, wake.number())),
            None => self.poll_woken(),
        }
    }

    /// Moves the clock to `until`: nothing is due before.
    #[cold]
    fn idle(&mut self, until: VirtualInstant) -> Stepped {
        if until > self.core.kernel.now() {
            self.core.kernel.advance(until);
        }
        Stepped::Idle
    }

    /// Handles an event that is not of a device.
    #[inline(never)]
    fn step_without_device(&mut self, due: Due) -> Stepped {
        // Asked before the others, which are seldom.
        if due.is_timer() {
            return match self.core.kernel.surface(TimerSlot(due.slot), due.sequence()) {
                Some((node, token)) => self.step_host(node, Wake::Timer(token)),
                None => self.poll_woken(),
            };
        }
        match due.target() {
            Target::Driver => Stepped::Driver(due.slot),
            Target::Start => self.start(NodeId(due.slot)),
            Target::Node => self.node_due(NodeId(due.slot)),
            Target::Timer | Target::Device(_) => unreachable!("handled apart"),
        }
    }

    /// Boots a node for the first time, unless a fault that came before holds the boot back.
    #[cold]
    fn start(&mut self, node: NodeId) -> Stepped {
        if self.core.kernel.boot_is_due(node) || self.core.kernel.health(node) != Health::Down {
            return Stepped::Between;
        }
        self.boot(node);
        Stepped::Node(node)
    }

    /// Polls the task that an event woke, in the same step.
    #[inline]
    fn poll_woken(&mut self) -> Stepped {
        if !self.core.kernel.tasks.has_work() {
            return Stepped::Between;
        }
        self.poll_ready().map_or(Stepped::Between, Stepped::Node)
    }

    #[inline(always)]
    fn step_host(&mut self, node: NodeId, wake: Wake) -> Stepped {
        self.core.kernel.count_step(node, None);
        self.running = Some(node);
        let Place { group, place } = self.places[node.index()];
        let step = Step { node, core: &mut self.core };
        self.groups[group as usize].hosts.step(place as usize, wake, step);
        self.running = None;
        Stepped::Node(node)
    }

    /// Calls a node from outside, as one step.
    ///
    /// # Errors
    /// With the name of the expected type, if `request` has another one; nothing was done.
    pub fn call(&mut self, node: NodeId, request: &mut dyn Any) -> Result<(), Option<&'static str>> {
        self.core.kernel.count_step(node, None);
        self.running = Some(node);
        let Place { group, place } = self.places[node.index()];
        let step = Step { node, core: &mut self.core };
        let result = self.groups[group as usize].hosts.call(place as usize, request, step);
        self.running = None;
        result
    }

    /// Runs code inside a node, as one step.
    pub fn reach_into<T>(&mut self, node: NodeId, code: impl FnOnce() -> T) -> T {
        let kernel = &mut self.core.kernel;
        kernel.count_step(node, None);
        kernel.record(Record::of(kernel.now(), RecordKind::Call, node));
        self.running = Some(node);
        let result = enter(&mut self.core, node, code);
        self.running = None;
        result
    }

    /// Drops a value that a node created, with the node's code entered.
    pub fn drop_of<T>(&mut self, node: NodeId, value: T) {
        self.running = Some(node);
        enter(&mut self.core, node, || drop(value));
        self.running = None;
    }

    /// Returns the node whose code runs or panicked.
    pub fn running(&self) -> Option<NodeId> {
        self.running.or(self.core.kernel.tasks.panicked_node)
    }

    /// Returns the name of the type of a node's views; `None` if it published none in its present life.
    pub fn view_type(&self, node: NodeId) -> Option<&'static str> {
        let Place { group, place } = self.places[node.index()];
        self.groups[group as usize].hosts.view_type(place as usize, &self.core)
    }

    /// Forgets the panic of node code that the caller caught, so that the run goes on.
    ///
    /// The caller crashes the node next: its code may have left anything half done.
    pub fn forget_panic(&mut self) {
        self.running = None;
        self.core.kernel.forget_panic();
    }

    /// Returns the view of a node that is up or paused.
    #[inline]
    pub fn view(&self, node: NodeId) -> Option<&dyn Any> {
        match self.core.kernel.health(node) {
            Health::Up | Health::Paused => {
                let Place { group, place } = self.places[node.index()];
                self.groups[group as usize].hosts.view(place as usize, &self.core)
            }
            _ => None,
        }
    }

    /// Returns the group at that index, in order of ids, to read its views.
    #[inline]
    pub fn view_group(&self, index: usize) -> Option<ViewGroup<'_>> {
        let Group { hosts, first, count } = self.groups.get(index)?;
        Some(ViewGroup { first: *first, count: *count, table: hosts.view_table() })
    }

    /// Returns the index of a node's group.
    #[inline]
    pub fn group_of(&self, node: NodeId) -> usize {
        self.places[node.index()].group as usize
    }
}

impl Engine {
    /// Notifies the devices that the fault phase is over; call it before nodes resume and restart.
    pub fn end_fault_phase(&mut self) {
        let Core { kernel, devices } = &mut *self.core;
        devices.each().for_each(|device| device.fault_phase_ended(kernel));
    }

    /// Ends every life and the run, while dropped handles do nothing rather than panic.
    ///
    /// Does nothing the second time.
    ///
    /// # Panics
    /// With the first panic of a destructor, after everything was dropped.
    pub fn shut_down(&mut self) {
        if std::mem::replace(&mut self.is_shut_down, true) {
            return;
        }
        let nodes = || (0..self.core.kernel.node_count()).map(NodeId);
        let all: Vec<NodeId> = nodes().collect();
        all.iter().for_each(|node| self.core.kernel.retire(*node));
        let mut first = drop_tasks(&mut self.core, None);
        for node in all {
            first = first.or(drop_node_state(&mut self.core, node));
        }
        let Core { kernel, devices } = &mut *self.core;
        devices.each().for_each(|device| device.run_ended(kernel));
        if let Some(panic) = first {
            resume_unwind(panic);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let ended = catch_unwind(AssertUnwindSafe(|| self.shut_down()));
        if let (Err(panic), false) = (ended, is_unwinding()) {
            resume_unwind(panic);
        }
    }
}
