//! Nodes whose steps take time: what comes while such a node is busy waits in one queue, and is handled in order.
//!
//! A step begins at once and keeps its node busy afterwards. An input that comes then is put at the end of the queue as the event
//! that brought it; once the node is free the engine handles the first such event again. So each input is queued at most once,
//! and costs the same however many wait. When the last such fault of a node ends, the queue is handled at that instant.

use std::collections::VecDeque;
use std::time::Duration;

use cluster_sim_types::{Health, NodeId, VirtualInstant};

use super::Kernel;
use crate::engine::queue::DeviceId;
use crate::engine::timers::TimerSlot;
use crate::executor::TaskId;

/// The number of a fault that lets the steps of a node take time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowId(u64);

/// An input of a busy node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Input {
    /// An event of a device, with the number that it was scheduled with.
    Device(DeviceId, u32),
    /// A due timer of the host, with the sequence number of its entry in the queue of events.
    Timer(TimerSlot, u64),
    /// A ready task.
    Task(TaskId),
    /// The request to stop.
    Stop,
}

/// A node whose steps take time.
#[derive(Debug, Default)]
pub(super) struct Slow {
    /// The faults in force, whose times add up. Without any, what waits is handled now.
    faults: Vec<SlowFault>,
    busy_until: VirtualInstant,
    waiting: VecDeque<Input>,
    /// The engine handles an input that waited.
    is_serving: bool,
}

#[derive(Debug)]
struct SlowFault {
    id: SlowId,
    step_time: Duration,
    /// The inputs that waited while it was in force.
    waited: u64,
}

impl Slow {
    fn step_time(&self) -> Duration {
        self.faults.iter().fold(Duration::ZERO, |sum, fault| sum.saturating_add(fault.step_time))
    }

    fn is_over(&self) -> bool {
        self.faults.is_empty() && self.waiting.is_empty()
    }
}

impl Kernel {
    /// Lets each step of a node take that much time, beside what other faults let it take.
    pub fn slow_down(&mut self, node: NodeId, step_time: Duration) -> SlowId {
        self.slow_faults += 1;
        let id = SlowId(self.slow_faults);
        self.slow.entry(node).or_default().faults.push(SlowFault { id, step_time, waited: 0 });
        self.update_gate(node);
        id
    }

    /// Ends a fault that slows a node down. If it was the last one, all that waits is handled at this instant, in order.
    pub fn end_slow_down(&mut self, node: NodeId, id: SlowId) {
        let now = self.now;
        let Some(slow) = self.slow.get_mut(&node) else { return };
        slow.faults.retain(|fault| fault.id != id);
        if slow.faults.is_empty() {
            slow.busy_until = now;
            self.serve_later(node);
            self.forget_if_over(node);
        }
    }

    /// Returns how many inputs waited because of a fault that is in force.
    pub fn waited(&self, node: NodeId, id: SlowId) -> u64 {
        let faults = self.slow.get(&node).map_or(&[][..], |slow| &slow.faults);
        faults.iter().find(|fault| fault.id == id).map_or(0, |fault| fault.waited)
    }

    /// Whether the node takes an input now, and is busy from now on if its steps take time.
    ///
    /// If not, [`wait`](Self::wait) keeps the event that brought it.
    #[inline]
    pub fn takes(&mut self, node: NodeId) -> bool {
        !self.is_gated(node) || self.takes_in_turn(node)
    }

    #[cold]
    #[inline(never)]
    fn takes_in_turn(&mut self, node: NodeId) -> bool {
        let now = self.now;
        let Some(slow) = self.slow.get_mut(&node) else { return true };
        let is_free = slow.waiting.is_empty() && slow.busy_until <= now;
        let takes = std::mem::take(&mut slow.is_serving) || is_free;
        if takes {
            slow.busy_until = now + slow.step_time();
            self.serve_later(node);
        }
        takes
    }

    /// Lets an event of a device wait for its busy node, and fire again in its turn.
    pub fn wait(&mut self, node: NodeId, device: DeviceId, number: u32) {
        self.wait_for(node, Input::Device(device, number));
    }

    pub(in crate::engine) fn wait_for(&mut self, node: NodeId, input: Input) {
        let slow = self.slow.get_mut(&node).expect("only a node that is slow does not take what comes");
        slow.waiting.push_back(input);
        slow.faults.iter_mut().for_each(|fault| fault.waited += 1);
        if slow.waiting.len() == 1 {
            self.serve_later(node);
        }
    }

    /// Lets a ready task of a gated node wait if the node is busy, or aborts it if a fault cancels it.
    ///
    /// Returns whether it is to be polled now, or dropped instead.
    #[cold]
    #[inline(never)]
    pub(crate) fn takes_task(&mut self, node: NodeId, task: TaskId) -> bool {
        let takes = self.takes_in_turn(node);
        if takes {
            self.cancels_task(node, task);
        } else {
            self.wait_for(node, Input::Task(task));
        }
        takes
    }

    /// Returns how many inputs of a node wait because it is busy.
    pub fn waiting(&self, node: NodeId) -> usize {
        if self.slow.is_empty() { 0 } else { self.slow.get(&node).map_or(0, |slow| slow.waiting.len()) }
    }

    /// Schedules the handling of what waits, if anything does.
    fn serve_later(&mut self, node: NodeId) {
        let slow = &self.slow[&node];
        if !slow.waiting.is_empty() {
            self.schedule_node(node, slow.busy_until);
        }
    }

    /// Returns the next input that waited, if its node takes one now: the caller handles it at once.
    pub(in crate::engine) fn next_input(&mut self, node: NodeId) -> Option<Input> {
        let now = self.now;
        let is_up = self.health(node) == Health::Up;
        let slow = self.slow.get_mut(&node)?;
        if !is_up || slow.busy_until > now {
            return None;
        }
        let next = slow.waiting.pop_front();
        slow.is_serving = next.is_some();
        self.forget_if_over(node);
        next
    }

    /// Lets a node be as any other once the last fault has ended and all that waited was handled.
    fn forget_if_over(&mut self, node: NodeId) {
        if self.slow.get(&node).is_some_and(Slow::is_over) {
            self.slow.remove(&node);
            self.update_gate(node);
        }
    }

    /// Handles what waits from now on, since the node was resumed.
    pub(super) fn resume_slow(&mut self, node: NodeId) {
        if self.slow.contains_key(&node) {
            self.serve_later(node);
        }
    }

    /// Keeps a new life busy with its first step.
    pub(super) fn boot_slow(&mut self, node: NodeId) {
        let now = self.now;
        if let Some(slow) = self.slow.get_mut(&node) {
            slow.busy_until = now + slow.step_time();
        }
    }

    /// Forgets what waits for a life that is over, except the events of devices, which [take](Self::take_waiting) theirs.
    pub(super) fn drop_waiting(&mut self, node: NodeId) {
        let Some(slow) = self.slow.get_mut(&node) else { return };
        let mut timers = Vec::new();
        slow.waiting.retain(|input| match input {
            Input::Device(..) => true,
            Input::Timer(slot, sequence) => {
                timers.push((*slot, *sequence));
                false
            }
            Input::Task(_) | Input::Stop => false,
        });
        for (slot, sequence) in timers {
            // One that the node moved since is in the queue of events again.
            if self.timers.get(slot).queued_sequence == sequence {
                self.release_timer(slot);
            }
        }
    }

    /// Takes the events of a device that wait for a node whose life is over, by number, in order.
    pub fn take_waiting(&mut self, node: NodeId, device: DeviceId) -> Vec<u32> {
        let Some(slow) = self.slow.get_mut(&node) else { return Vec::new() };
        let numbers = slow.waiting.iter().filter_map(|input| match input {
            Input::Device(of, number) if *of == device => Some(*number),
            _ => None,
        });
        let numbers = numbers.collect();
        slow.waiting.retain(|input| !matches!(input, Input::Device(of, _) if *of == device));
        numbers
    }

    /// Forgets all that waits for a life that is over, once the devices took theirs.
    pub(in crate::engine) fn forget_waiting(&mut self, node: NodeId) {
        if let Some(slow) = self.slow.get_mut(&node) {
            slow.waiting.clear();
            self.forget_if_over(node);
        }
    }
}
