//! A node that ticks steadily and publishes what it remembers.

use cluster_sim::check::Health;
use cluster_sim::node::Incarnation;
use cluster_sim::prelude::*;
use cluster_sim_testkit::faults;
use cluster_sim_testkit::units::milliseconds;

/// A worker ticks and sends to its peers this often.
pub(crate) const PACE: Duration = Duration::from_millis(10);

/// The memory of a worker, lost at a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) incarnation: Incarnation,
    /// Its clock at each tick.
    pub(crate) ticks: Vec<LocalInstant>,
    /// How many messages arrived.
    pub(crate) received: u64,
}

struct Worker {
    peers: Vec<NodeId>,
    memory: Memory,
}

impl Machine for Worker {
    type Message = u64;
    type View = Memory;

    fn step(&mut self, now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Message { .. } => self.memory.received += 1,
            Input::Call(_) => {}
            Input::Timer(_) => {
                self.memory.ticks.push(now);
                effects.send_all(&self.peers, self.memory.ticks.len() as u64);
                effects.set_timer(Timer(0), PACE);
            }
            _ => effects.set_timer(Timer(0), PACE),
        }
    }

    fn view(&self) -> &Memory {
        &self.memory
    }
}

/// Two workers that start together, linked with a delay of 5 ms, for a second.
pub(crate) fn workers() -> Scenario {
    workers_of(2)
}

/// As [`workers`], as many as that.
pub(crate) fn workers_of(count: u32) -> Scenario {
    let boot = |boot: &Boot| Worker {
        peers: boot.peers(),
        memory: Memory { incarnation: boot.incarnation(), ticks: Vec::new(), received: 0 },
    };
    Scenario::new("workers")
        .machines("worker", count, boot)
        .default_links(LinkModel::constant(milliseconds(5)))
        .start_together()
        .duration(milliseconds(1_000))
}

/// Starts two workers with one planned fault.
pub(crate) fn with_fault(at: u64, fault: Fault) -> Sim {
    workers().faults(FaultPlan::new().at(milliseconds(at), fault)).start(Seed(7))
}

/// A cut between the two workers.
pub(crate) fn cut(duration: impl Into<Option<Duration>>) -> Fault {
    faults::cut(["worker/0"], ["worker/1"], duration)
}

/// A loss rule on every link.
pub(crate) fn loss(ratio: Ratio, duration: impl Into<Option<Duration>>) -> Fault {
    faults::loss("default", "chaos", ratio, duration)
}

/// The memory of a worker; none while it is down.
pub(crate) fn memory(sim: &Sim, node: u32) -> Option<Memory> {
    sim.inspect(|world| world.view::<Memory>(NodeId(node)).cloned())
}

pub(crate) fn ticks(sim: &Sim, node: u32) -> usize {
    memory(sim, node).map_or(0, |memory| memory.ticks.len())
}

pub(crate) fn received(sim: &Sim, node: u32) -> u64 {
    memory(sim, node).map_or(0, |memory| memory.received)
}

pub(crate) fn health(sim: &Sim, node: u32) -> Health {
    sim.inspect(|world| world.health(NodeId(node)))
}
