//! Graceful stops: the nodes that were asked to stop, until when they may, and when they restart.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_types::{Health, Incarnation, LocalInstant, NodeId, VirtualInstant};

use super::Kernel;
use crate::engine::queue::{Order, Target};
use crate::engine::record::{Record, RecordKind};
use crate::executor::Waiter;

/// The stops of a run.
#[derive(Debug, Default)]
pub(crate) struct Stops {
    /// The stop of each node that was asked, until its next life begins.
    by_node: BTreeMap<NodeId, Stop>,
    /// How the lives ended that were asked to stop.
    ends: BTreeMap<(NodeId, Incarnation), StopEnd>,
    /// Futures that wait for a request, by their numbers.
    waiters: BTreeMap<u64, (NodeId, Waiter)>,
    next_waiter: u64,
}

/// The stop of one node.
#[derive(Debug)]
struct Stop {
    deadline: VirtualInstant,
    /// How long the node is down afterwards; absent for until something restarts it.
    down_for: Option<Duration>,
    stage: Stage,
}

/// How far a stop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The node was asked.
    Asked {
        /// Whether its code knows; a machine that is paused does not.
        is_told: bool,
    },
    /// Its code has finished.
    Finished,
    /// It is down, and restarts at this instant.
    Down(Option<VirtualInstant>),
}

/// The end of a life that was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopEnd {
    /// It finished by its deadline.
    Stopped,
    /// It had not finished at its deadline, and crashed.
    Overdue,
}

/// A step of a stop that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum DueStop {
    /// The node goes down, and its stop ends so.
    Down(StopEnd),
    Restart,
}

impl Kernel {
    /// Asks a living node to stop within that time.
    pub(in crate::engine) fn begin_stop(&mut self, node: NodeId, within: Duration, down_for: Option<Duration>) {
        let deadline = self.now + within;
        self.stops.by_node.insert(node, Stop { deadline, down_for, stage: Stage::Asked { is_told: false } });
        self.record(Record::of(self.now, RecordKind::StopAsked, node));
        self.schedule_node(node, deadline);
    }

    /// Whether the node was asked to stop and its code does not know.
    pub(in crate::engine) fn has_untold_stop(&self, node: NodeId) -> bool {
        self.stops.by_node.get(&node).is_some_and(|stop| stop.stage == Stage::Asked { is_told: false })
    }

    /// Notes that the node's code is told now, and wakes the tasks that wait for that. Returns false if it knew.
    pub(in crate::engine) fn tell_stop(&mut self, node: NodeId) -> bool {
        let Some(Stop { stage: Stage::Asked { is_told }, .. }) = self.stops.by_node.get_mut(&node) else { return false };
        if std::mem::replace(is_told, true) {
            return false;
        }
        let waiters = std::mem::take(&mut self.stops.waiters);
        for (number, (waiting, waiter)) in waiters {
            if waiting == node {
                self.wake(waiter);
            } else {
                self.stops.waiters.insert(number, (waiting, waiter));
            }
        }
        true
    }

    /// Whether the node was asked to stop and has neither finished nor crashed.
    pub fn is_stopping(&self, node: NodeId) -> bool {
        self.stops.by_node.get(&node).is_some_and(|stop| matches!(stop.stage, Stage::Asked { .. }))
    }

    /// Returns until when the node has to stop, by its own clock; `None` if its code was not asked.
    pub fn stop_deadline(&self, node: NodeId) -> Option<LocalInstant> {
        let stop = self.stops.by_node.get(&node)?;
        let left = stop.deadline.since_zero().saturating_sub(self.now.since_zero());
        matches!(stop.stage, Stage::Asked { is_told: true } | Stage::Finished).then(|| self.local_now(node) + left)
    }

    /// Ends the life of the node at this instant, if it was asked to stop.
    pub fn finish_stop(&mut self, node: NodeId) {
        if let Some(stop) = self.stops.by_node.get_mut(&node)
            && matches!(stop.stage, Stage::Asked { .. })
        {
            stop.stage = Stage::Finished;
            self.schedule_node(node, self.now);
        }
    }

    /// Schedules a look at what is due about a node itself.
    pub(in crate::engine) fn schedule_node(&mut self, node: NodeId, at: VirtualInstant) {
        self.push(at, Order::FIRST, Target::Node, node.0);
    }

    /// Returns what is due about the stop of a node.
    pub(in crate::engine) fn due_stop(&self, node: NodeId) -> Option<DueStop> {
        let stop = self.stops.by_node.get(&node)?;
        match stop.stage {
            Stage::Finished => Some(DueStop::Down(StopEnd::Stopped)),
            Stage::Asked { .. } if stop.deadline <= self.now => Some(DueStop::Down(StopEnd::Overdue)),
            Stage::Down(restarts) => restarts.filter(|at| *at <= self.now).map(|_| DueStop::Restart),
            Stage::Asked { .. } => None,
        }
    }

    /// Notes that a life goes down by its stop. Returns the state that its end leaves, for [`keep_stop`](Self::keep_stop).
    pub(in crate::engine) fn end_stop(&mut self, node: NodeId, end: StopEnd) -> Option<Duration> {
        self.stops.ends.insert((node, self.incarnation(node)), end);
        self.stops.by_node.get(&node)?.down_for
    }

    /// Restarts a node that went down by its stop after that time.
    pub(in crate::engine) fn restart_stopped(&mut self, node: NodeId, down_for: Option<Duration>) {
        let restarts = down_for.map(|down_for| self.now + down_for);
        self.stops.by_node.insert(node, Stop { deadline: self.now, down_for, stage: Stage::Down(restarts) });
        if let Some(at) = restarts {
            self.schedule_node(node, at);
        }
    }

    /// Forgets the stop of a node: something else ended its life, or the next one begins.
    pub(super) fn forget_stop(&mut self, node: NodeId) {
        if !self.stops.by_node.is_empty() {
            self.stops.by_node.remove(&node);
        }
        if !self.stops.waiters.is_empty() {
            self.stops.waiters.retain(|_, (waiting, _)| *waiting != node);
        }
    }

    /// Whether the stop of that life is not over: the node is stopping, or is down because of it.
    pub fn is_stop_of(&self, node: NodeId, life: Incarnation) -> bool {
        let state = &self.nodes[node.index()];
        state.incarnation == life && self.health(node) != Health::Killed && self.stops.by_node.contains_key(&node)
    }

    /// Returns how a life ended that was asked to stop; `None` if it goes on, or ended otherwise.
    pub fn stop_end(&self, node: NodeId, life: Incarnation) -> Option<StopEnd> {
        self.stops.ends.get(&(node, life)).copied()
    }

    /// Wakes `waiter` once the node is asked to stop, in place of the one with this number. Returns the number.
    pub(crate) fn wait_for_stop(&mut self, node: NodeId, number: Option<u64>, waiter: Waiter) -> u64 {
        let number = number.unwrap_or_else(|| {
            self.stops.next_waiter += 1;
            self.stops.next_waiter
        });
        self.stops.waiters.insert(number, (node, waiter));
        number
    }

    /// Wakes it no more.
    pub(crate) fn forget_stop_waiter(&mut self, number: u64) {
        self.stops.waiters.remove(&number);
    }
}
