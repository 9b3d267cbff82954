//! The loop: takes the next event, moves the clock to it, hands it to whom it is for.

mod arena;
mod budget;
mod core;
mod decisions;
mod device;
mod heartbeat;
mod host;
mod kernel;
mod queue;
mod record;
mod timers;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use cluster_sim_types::{Health, NodeId, VirtualInstant};

pub use arena::Arena;
pub use budget::{Budget, Exhausted};
pub use core::Core;
pub use decisions::{Choice, Choices, Decision, Decisions, Site};
pub use device::{Device, Devices};
pub use heartbeat::{Heartbeat, Position};
pub use host::{Host, Step, Wake};
pub use kernel::Kernel;
use queue::Target;
pub use queue::{DeviceId, Order, Rank};
pub use record::{Digest, Record, RecordKind, Ring};
pub use timers::{TimerKey, TimerSlot};

use crate::executor::{drop_node_state, drop_tasks, enter, is_unwinding};
use crate::random::SeedSchedule;

/// What one call of [`Engine::step`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// A node took an input.
    Node(NodeId),
    /// Something happened between the nodes, or nothing at all.
    Between,
    /// An event for the driver is due; it carries the number it was scheduled with.
    Driver(u32),
    /// Nothing more is due by the instant asked for; the clock stands there.
    Idle,
}

/// One simulation: the kernel, what runs on the nodes, and what lies between them.
///
/// A value: two engines know nothing of each other.
pub struct Engine {
    /// What hosts and devices share.
    pub core: Box<Core>,
    hosts: Vec<Box<dyn Host>>,
    /// The node whose code runs now, for naming it should it panic.
    pub(crate) running: Option<NodeId>,
}

impl Engine {
    /// An engine with no nodes and no devices.
    pub fn new(seeds: SeedSchedule, budget: Budget) -> Self {
        Self::in_arena(seeds, budget, Arena::default())
    }

    /// The same in the memory that another one left.
    pub fn in_arena(seeds: SeedSchedule, budget: Budget, arena: Arena) -> Self {
        Self { core: Box::new(Core::new(seeds, budget, arena)), hosts: Vec::new(), running: None }
    }

    /// Leaves its memory to another one, once it was [shut down](Self::shut_down). It can only be dropped then.
    pub fn leave(&mut self) -> Arena {
        self.core.kernel.leave()
    }

    /// Adds a device; its id is how events and hosts name it.
    pub fn register(&mut self, device: impl Device) -> DeviceId {
        self.core.devices.register(device)
    }

    /// Adds a node that starts within `spread` of the run's start, at an offset that hangs on its name.
    ///
    /// A node without a spread never starts: its seat stays empty.
    pub fn add_host(&mut self, name: &str, host: Box<dyn Host>, spread: Option<Duration>) -> NodeId {
        let node = self.core.kernel.add_node(name);
        self.hosts.push(host);
        match spread {
            Some(spread) => self.core.kernel.schedule_start(node, spread),
            None => self.core.kernel.set_health(node, Health::Killed, RecordKind::Kill),
        }
        node
    }

    /// Polls the next task that is ready, or takes the next event due by `until`, if there is one.
    pub fn step(&mut self, until: VirtualInstant) -> Stepped {
        if self.core.kernel.tasks.has_work()
            && let Some(node) = self.poll_ready()
        {
            return Stepped::Node(node);
        }
        let Some(event) = self.core.kernel.next(until) else {
            if until > self.core.kernel.now() {
                self.core.kernel.advance(until);
            }
            return Stepped::Idle;
        };
        let (node, wake) = match event.target() {
            Target::Device(device) => match self.core.devices.fire(device, &mut self.core.kernel, event.slot) {
                Some((node, number)) => (node, Wake::Device(device, number)),
                None => return self.poll_woken(),
            },
            Target::Timer => match self.core.kernel.surface(TimerSlot(event.slot), event.sequence()) {
                Some((node, token)) => (node, Wake::Timer(token)),
                None => return self.poll_woken(),
            },
            Target::Start => {
                let node = NodeId(event.slot);
                // A fault may have hit the node before it ever started.
                if self.core.kernel.health(node) != Health::Down {
                    return Stepped::Between;
                }
                self.boot(node);
                return Stepped::Node(node);
            }
            Target::Driver => return Stepped::Driver(event.slot),
        };
        self.step_host(node, wake);
        Stepped::Node(node)
    }

    /// Polls the task that an event woke, in the same step; if it woke none, the event was about nothing that nodes see.
    #[inline]
    fn poll_woken(&mut self) -> Stepped {
        if !self.core.kernel.tasks.has_work() {
            return Stepped::Between;
        }
        self.poll_ready().map_or(Stepped::Between, Stepped::Node)
    }

    #[inline]
    fn step_host(&mut self, node: NodeId, wake: Wake) {
        self.core.kernel.count_step(node, None);
        self.running = Some(node);
        let step = Step { node, core: &mut self.core };
        self.hosts[node.index()].step(wake, step);
        self.running = None;
    }

    fn boot(&mut self, node: NodeId) {
        let incarnation = self.core.kernel.next_incarnation(node);
        let entropy = self.core.kernel.begin_life(node, incarnation);
        self.running = Some(node);
        self.hosts[node.index()].boot(incarnation, entropy);
        self.step_host(node, Wake::Start);
    }

    /// Calls a node from outside, as one step.
    ///
    /// # Errors
    /// With the type the node understands, if `request` is of another one; nothing was done.
    pub fn call(&mut self, node: NodeId, request: &mut dyn Any) -> Result<(), &'static str> {
        self.core.kernel.count_step(node, None);
        self.running = Some(node);
        let step = Step { node, core: &mut self.core };
        let result = self.hosts[node.index()].call(request, step);
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

    /// Drops something that a node made, by code of the node's own.
    pub fn drop_of<T>(&mut self, node: NodeId, held: T) {
        self.running = Some(node);
        enter(&mut self.core, node, || drop(held));
        self.running = None;
    }

    /// The node whose code was running when it panicked, if one was.
    pub fn running(&self) -> Option<NodeId> {
        self.running.or(self.core.kernel.tasks.failed)
    }

    /// What checks may see of a node that is up or paused.
    #[inline]
    pub fn view(&self, node: NodeId) -> Option<&dyn Any> {
        match self.core.kernel.health(node) {
            Health::Up | Health::Paused => self.hosts[node.index()].view(&self.core),
            Health::Down | Health::Killed => None,
        }
    }

    /// Ends a node's life; what it held in memory is gone. True if it was alive.
    pub fn crash(&mut self, node: NodeId) -> bool {
        let alive = matches!(self.core.kernel.health(node), Health::Up | Health::Paused);
        if alive {
            self.end_life(node, Health::Down, RecordKind::Crash);
        }
        alive
    }

    /// Ends a node for good. True if it was not gone already.
    pub fn kill(&mut self, node: NodeId) -> bool {
        let there = self.core.kernel.health(node) != Health::Killed;
        if there {
            self.end_life(node, Health::Killed, RecordKind::Kill);
        }
        there
    }

    fn end_life(&mut self, node: NodeId, health: Health, kind: RecordKind) {
        self.core.kernel.set_health(node, health, kind);
        // What the node held is dropped here, by code of the node's own; its life is over by then, and its handles are inert.
        self.running = Some(node);
        let panic = catch_unwind(AssertUnwindSafe(|| self.hosts[node.index()].crash())).err();
        let panic = panic.or(drop_tasks(&mut self.core, Some(node))).or(drop_node_state(&mut self.core, node));
        for device in self.core.devices.each() {
            device.node_ended(&mut self.core.kernel, node);
        }
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        self.running = None;
    }

    /// Begins the next life of a crashed node. True if it was down after a crash.
    ///
    /// A node that has not started is left to its start.
    pub fn restart(&mut self, node: NodeId) -> bool {
        let down = self.core.kernel.health(node) == Health::Down && self.core.kernel.has_lived(node);
        if down {
            self.boot(node);
        }
        down
    }

    /// Stops a node with everything it holds. True if it was running.
    pub fn pause(&mut self, node: NodeId) -> bool {
        let up = self.core.kernel.health(node) == Health::Up;
        if up {
            self.core.kernel.set_health(node, Health::Paused, RecordKind::Pause);
        }
        up
    }

    /// Lets a paused node go on; what waited for it is due now. True if it was paused.
    pub fn resume(&mut self, node: NodeId) -> bool {
        let paused = self.core.kernel.health(node) == Health::Paused;
        if paused {
            self.core.kernel.set_health(node, Health::Up, RecordKind::Resume);
            self.core.kernel.resume_tasks(node);
            for device in self.core.devices.each() {
                device.node_resumed(&mut self.core.kernel, node);
            }
        }
        paused
    }
}

impl Engine {
    /// Ends every life that goes on, as at the end of the program: what the nodes hold is dropped while their handles are still inert
    /// rather than lost.
    ///
    /// # Panics
    /// With the first panic of what was dropped, after everything was.
    pub fn shut_down(&mut self) {
        let nodes = || (0..self.core.kernel.node_count()).map(NodeId);
        let all: Vec<NodeId> = nodes().collect();
        all.iter().for_each(|node| self.core.kernel.retire(*node));
        let mut first = drop_tasks(&mut self.core, None);
        for node in all {
            first = first.or(drop_node_state(&mut self.core, node));
        }
        if let Some(panic) = first {
            resume_unwind(panic);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.core.kernel.tasks.is_used() {
            let ended = catch_unwind(AssertUnwindSafe(|| self.shut_down()));
            if let (Err(panic), false) = (ended, is_unwinding()) {
                resume_unwind(panic);
            }
        }
    }
}
