//! Timers in local time; `engine/timers.rs` explains how they are moved.

use std::time::Duration;

use cluster_sim_types::{NodeId, VirtualInstant};

use super::Kernel;
use super::nodes::{Condition, Node};
use super::slow::Input;
use crate::engine::queue::{Order, Rank, Target};
use crate::engine::record::{Record, RecordKind};
use crate::engine::timers::{Owner, Surfaced, Timer, TimerKey, TimerSlot};
use crate::executor::{TaskId, Waiter};

impl Kernel {
    /// Sets a timer of `node`, due after `after` of local time; `token` is the node's name for it.
    pub fn set_timer(&mut self, node: NodeId, token: u64, after: Duration) -> TimerSlot {
        let Node { incarnation, clock, is_skewed, .. } = self.nodes[node.index()];
        if is_skewed {
            return self.set_skewed_timer(node, token, after);
        }
        let due = clock.due(self.now, after);
        self.insert_timer(Timer::new(node, incarnation, token, due))
    }

    #[inline(always)]
    fn insert_timer(&mut self, timer: Timer) -> TimerSlot {
        let due = timer.queued_at;
        let slot = self.timers.insert(timer);
        self.queue_timer(slot, due);
        slot
    }

    /// Moves a set timer to `after` of local time from now.
    ///
    /// A move to a later instant is one store: the queue entry stays and moves itself when it surfaces.
    #[inline]
    pub fn rearm(&mut self, slot: TimerSlot, after: Duration) {
        let timer = self.timers.get_mut(slot);
        let node = &self.nodes[timer.node.index()];
        if node.is_skewed {
            return self.rearm_skewed(slot, after);
        }
        let due = node.clock.due(self.now, after);
        timer.due = Some(due);
        if due < timer.queued_at {
            self.queue_timer(slot, due);
        }
    }

    /// Cancels a timer; its slot must not be used again.
    #[inline]
    pub fn cancel_timer(&mut self, slot: TimerSlot) {
        self.timers.get_mut(slot).due = None;
    }

    #[inline]
    pub(super) fn queue_timer(&mut self, slot: TimerSlot, at: VirtualInstant) {
        let Timer { node, token, .. } = *self.timers.get(slot);
        let order = Order::new(Rank::DEFAULT, self.address(node).number(token));
        let sequence = self.push(at, order, Target::Timer, slot.0);
        let timer = self.timers.get_mut(slot);
        timer.queued_at = at;
        timer.queued_sequence = sequence;
    }

    /// Handles a surfaced queue entry; a timer of a task wakes the task.
    ///
    /// Returns the node and its token if a timer of the node's host is due.
    #[inline(always)]
    pub(crate) fn surface(&mut self, slot: TimerSlot, sequence: u64) -> Option<(NodeId, u64)> {
        match self.timers.surface(slot, sequence, self.now) {
            Surfaced::Stale => None,
            Surfaced::Later(due) => {
                self.queue_timer(slot, due);
                None
            }
            Surfaced::Due => {
                let Timer { node, incarnation, token, owner, .. } = *self.timers.get(slot);
                let state = self.nodes[node.index()];
                let is_free = state.incarnation == incarnation && state.condition == Condition::Up;
                if !is_free && !self.fires_otherwise(slot, sequence) {
                    return None;
                }
                if state.is_skewed {
                    self.count_skewed_timer(node, slot);
                }
                self.timers.release(slot);
                self.record(Record { label: token, ..Record::of(self.now, RecordKind::Timer, node) });
                self.notify(owner, slot).then_some((node, token))
            }
        }
    }

    /// As [`surface`](Self::surface), for a timer that waited for its busy node: a second copy apart from the common way.
    #[cold]
    #[inline(never)]
    pub(crate) fn surface_in_turn(&mut self, slot: TimerSlot, sequence: u64) -> Option<(NodeId, u64)> {
        self.surface(slot, sequence)
    }

    /// Whether a due timer fires although its node is not simply up; else it waits, or is dropped with its life.
    #[cold]
    #[inline(never)]
    fn fires_otherwise(&mut self, slot: TimerSlot, sequence: u64) -> bool {
        let Timer { node, incarnation, owner, .. } = *self.timers.get(slot);
        let state = self.nodes[node.index()];
        if state.incarnation != incarnation || !state.condition.is_alive() {
            self.release_timer(slot);
            return false;
        }
        if state.condition == Condition::Paused {
            self.paused_timers.entry(node).or_default().push(slot);
            return false;
        }
        // That of a task wakes the task, which then waits for its poll.
        let takes = owner != Owner::Host || self.takes(node);
        if !takes {
            self.wait_for(node, Input::Timer(slot, sequence));
        }
        takes
    }

    /// Frees the slot of a timer without notifying its owner.
    pub(super) fn release_timer(&mut self, slot: TimerSlot) {
        if self.timers.get(slot).owner == Owner::Other {
            self.timer_wakers.remove(&slot.0);
        }
        self.timers.release(slot);
    }

    /// Notifies the owner of a due timer; true if that is the node's host.
    fn notify(&mut self, owner: Owner, slot: TimerSlot) -> bool {
        match owner {
            Owner::Host => return true,
            Owner::Task(task) => self.make_ready(task),
            Owner::Other => {
                if let Some(waker) = self.timer_wakers.remove(&slot.0) {
                    waker.wake();
                }
            }
        }
        false
    }

    /// Wakes a task of a node with true clocks as [`arm_sleep`](Self::arm_sleep) does; most waiters are tasks, whose timers can often be reused as they are.
    #[inline]
    pub(crate) fn arm_sleep_of_task(&mut self, armed: Option<TimerKey>, node: NodeId, task: TaskId, after: Duration) -> TimerKey {
        let known = armed.or_else(|| self.unpark(task));
        if let Some(key) = known
            && self.is_timer_of(key, node)
            && self.timers.get(key.slot).owner == Owner::Task(task)
        {
            let due = self.nodes[node.index()].clock.due(self.now, after);
            let timer = self.timers.get_mut(key.slot);
            timer.due = Some(due);
            if due < timer.queued_at {
                self.queue_timer(key.slot, due);
            }
            return key;
        }
        self.arm_sleep(known, node, Waiter::Task(task), after)
    }

    /// Wakes `waiter` after `after` of local time, with the sleep's own timer, a parked one, or a new one.
    ///
    /// For a node with true clocks; [`arm_skewed_sleep`](Self::arm_skewed_sleep) is for the others.
    #[inline(never)]
    pub(crate) fn arm_sleep(&mut self, armed: Option<TimerKey>, node: NodeId, waiter: Waiter, after: Duration) -> TimerKey {
        let due = self.nodes[node.index()].clock.due(self.now, after);
        let task = match waiter {
            Waiter::Task(task) => Some(task),
            Waiter::Other(_) => None,
        };
        let known = armed.or_else(|| self.unpark(task?)).filter(|key| self.is_timer_of(*key, node));
        let key = known.unwrap_or_else(|| self.new_sleep(node, task, due));
        if task.is_some() && self.timers.get(key.slot).owner == Owner::Other {
            self.timer_wakers.remove(&key.slot.0);
        }
        let timer = self.timers.get_mut(key.slot);
        timer.due = Some(due);
        timer.owner = task.map_or(Owner::Other, Owner::Task);
        if due < timer.queued_at {
            self.queue_timer(key.slot, due);
        }
        if let Waiter::Other(waker) = waiter {
            self.timer_wakers.insert(key.slot.0, waker);
        }
        key
    }

    /// Wakes `waiter` at this instant, after all events that are due now. Returns the timer and the task that it wakes.
    ///
    /// Several such waits of one instant take turns in the order in which they began.
    #[cold]
    pub(crate) fn arm_turn(&mut self, node: NodeId, waiter: Waiter) -> (TimerKey, Option<TaskId>) {
        let now = self.now;
        let (task, waker) = match waiter {
            Waiter::Task(task) => (Some(task), None),
            Waiter::Other(waker) => (None, Some(waker)),
        };
        let token = task.or_else(|| self.current_task()).map_or(0, |task| self.path_of(task));
        let owner = task.map_or(Owner::Other, Owner::Task);
        let slot = self.timers.insert(Timer { owner, ..Timer::new(node, self.incarnation(node), token, now) });
        self.timers.get_mut(slot).queued_sequence = self.push(now, Order::LAST, Target::Timer, slot.0);
        self.timer_wakers.extend(waker.map(|waker| (slot.0, waker)));
        (self.timers.key(slot), task)
    }

    /// Whether a timer is still in its slot and belongs to the node's present life.
    ///
    /// A task that polls sleeps of several nodes can have a timer of another node parked.
    #[inline]
    pub(super) fn is_timer_of(&self, key: TimerKey, node: NodeId) -> bool {
        let timer = self.timers.get(key.slot);
        self.timers.is_current(key) && timer.node == node && timer.incarnation == self.nodes[node.index()].incarnation
    }

    #[cold]
    fn new_sleep(&mut self, node: NodeId, task: Option<TaskId>, due: VirtualInstant) -> TimerKey {
        let incarnation = self.incarnation(node);
        let token = task.or_else(|| self.current_task()).map_or(0, |task| self.path_of(task));
        let slot = self.insert_timer(Timer::new(node, incarnation, token, due));
        self.timers.key(slot)
    }

    /// Cancels a timer and keeps it for the next sleep of its task.
    #[inline]
    pub(crate) fn park(&mut self, key: TimerKey) {
        if !self.timers.is_current(key) {
            return;
        }
        let timer = self.timers.get_mut(key.slot);
        timer.due = None;
        match timer.owner {
            Owner::Task(task) => self.keep_parked(task, key),
            Owner::Other => drop(self.timer_wakers.remove(&key.slot.0)),
            Owner::Host => {}
        }
    }
}
