//! The loop: takes the next event, moves the clock to it, hands it to whom it is for.

mod budget;
mod device;
mod host;
mod kernel;
mod queue;
mod record;
mod timers;

use std::any::Any;
use std::time::Duration;

use cluster_sim_vocabulary::{Health, NodeId, VirtualInstant};

pub use budget::{Budget, Exhausted};
pub use device::{Device, Devices};
pub use host::{Host, Step, Wake};
pub use kernel::Kernel;
use queue::Target;
pub use queue::{DeviceId, Order, Rank};
pub use record::{Digest, Record, RecordKind, Ring};
pub use timers::TimerSlot;

use crate::chance::SeedSchedule;

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
    /// Clock, timers, health, records.
    pub kernel: Kernel,
    /// What lies between the nodes.
    pub devices: Devices,
    hosts: Vec<Box<dyn Host>>,
    /// The node whose code runs now, for naming it should it panic.
    running: Option<NodeId>,
}

impl Engine {
    /// An engine with no nodes and no devices.
    pub fn new(seeds: SeedSchedule, budget: Budget) -> Self {
        Self { kernel: Kernel::new(seeds, budget), devices: Devices::default(), hosts: Vec::new(), running: None }
    }

    /// Adds a device; its id is how events and hosts name it.
    pub fn register(&mut self, device: impl Device) -> DeviceId {
        self.devices.register(device)
    }

    /// Adds a node that starts within `spread` of the run's start, at an offset that hangs on its name.
    ///
    /// A node without a spread never starts: its seat stays empty.
    pub fn add_host(&mut self, name: &str, host: Box<dyn Host>, spread: Option<Duration>) -> NodeId {
        let node = self.kernel.add_node(name);
        self.hosts.push(host);
        match spread {
            Some(spread) => self.kernel.schedule_start(node, spread),
            None => self.kernel.set_health(node, Health::Killed, RecordKind::Kill),
        }
        node
    }

    /// Takes the next event due by `until`, if there is one.
    pub fn step(&mut self, until: VirtualInstant) -> Stepped {
        let Some(event) = self.kernel.next(until) else {
            if until > self.kernel.now() {
                self.kernel.advance(until);
            }
            return Stepped::Idle;
        };
        let (node, wake) = match event.target {
            Target::Device(device) => match self.devices.fire(device, &mut self.kernel, event.slot) {
                Some((node, number)) => (node, Wake::Device(device, number)),
                None => return Stepped::Between,
            },
            Target::Timer => match self.kernel.surface(TimerSlot(event.slot), event.when.sequence) {
                Some((node, token)) => (node, Wake::Timer(token)),
                None => return Stepped::Between,
            },
            Target::Start => {
                let node = NodeId(event.slot);
                // A fault may have hit the node before it ever started.
                if self.kernel.health(node) != Health::Down {
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

    #[inline]
    fn step_host(&mut self, node: NodeId, wake: Wake) {
        self.kernel.count_step();
        self.running = Some(node);
        let step = Step { node, kernel: &mut self.kernel, devices: &mut self.devices };
        self.hosts[node.index()].step(wake, step);
        self.running = None;
    }

    fn boot(&mut self, node: NodeId) {
        let incarnation = self.kernel.next_incarnation(node);
        let entropy = self.kernel.begin_life(node, incarnation);
        self.running = Some(node);
        self.hosts[node.index()].boot(incarnation, entropy);
        self.step_host(node, Wake::Start);
    }

    /// Calls a node from outside, as one step.
    ///
    /// # Errors
    /// With the type the node understands, if `request` is of another one; nothing was done.
    pub fn call(&mut self, node: NodeId, request: &mut dyn Any) -> Result<(), &'static str> {
        self.kernel.count_step();
        self.running = Some(node);
        let step = Step { node, kernel: &mut self.kernel, devices: &mut self.devices };
        let result = self.hosts[node.index()].call(request, step);
        self.running = None;
        result
    }

    /// The node whose code was running when it panicked, if one was.
    pub fn running(&self) -> Option<NodeId> {
        self.running
    }

    /// What checks may see of a node that is up or paused.
    #[inline]
    pub fn view(&self, node: NodeId) -> Option<&dyn Any> {
        match self.kernel.health(node) {
            Health::Up | Health::Paused => self.hosts[node.index()].view(),
            Health::Down | Health::Killed => None,
        }
    }

    /// Ends a node's life; what it held in memory is gone. True if it was alive.
    pub fn crash(&mut self, node: NodeId) -> bool {
        let alive = matches!(self.kernel.health(node), Health::Up | Health::Paused);
        if alive {
            self.end_life(node, Health::Down, RecordKind::Crash);
        }
        alive
    }

    /// Ends a node for good. True if it was not gone already.
    pub fn kill(&mut self, node: NodeId) -> bool {
        let there = self.kernel.health(node) != Health::Killed;
        if there {
            self.end_life(node, Health::Killed, RecordKind::Kill);
        }
        there
    }

    fn end_life(&mut self, node: NodeId, health: Health, kind: RecordKind) {
        // What the node held is dropped here, by code of the node's own.
        self.running = Some(node);
        self.hosts[node.index()].crash();
        self.running = None;
        self.kernel.set_health(node, health, kind);
        for device in self.devices.each() {
            device.node_ended(&mut self.kernel, node);
        }
    }

    /// Begins the next life of a crashed node. True if it was down after a crash.
    ///
    /// A node that has not started is left to its start.
    pub fn restart(&mut self, node: NodeId) -> bool {
        let down = self.kernel.health(node) == Health::Down && self.kernel.has_lived(node);
        if down {
            self.boot(node);
        }
        down
    }

    /// Stops a node with everything it holds. True if it was running.
    pub fn pause(&mut self, node: NodeId) -> bool {
        let up = self.kernel.health(node) == Health::Up;
        if up {
            self.kernel.set_health(node, Health::Paused, RecordKind::Pause);
        }
        up
    }

    /// Lets a paused node go on; what waited for it is due now. True if it was paused.
    pub fn resume(&mut self, node: NodeId) -> bool {
        let paused = self.kernel.health(node) == Health::Paused;
        if paused {
            self.kernel.set_health(node, Health::Up, RecordKind::Resume);
            for device in self.devices.each() {
                device.node_resumed(&mut self.kernel, node);
            }
        }
        paused
    }
}
