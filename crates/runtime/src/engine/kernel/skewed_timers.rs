//! Timers of nodes whose clocks are skewed.
//!
//! Every timer that such a node has armed is in the table of `local_timers.rs`. A timer for which no instant is known, since the
//! clock is frozen, is not in the queue: it has the sequence number 0, which no queue entry has.

use std::time::Duration;

use cluster_sim_types::{LocalInstant, NodeId, VirtualInstant};

use super::Kernel;
use crate::engine::decisions::{Choice, Site};
use crate::engine::local_timers::LocalTimer;
use crate::engine::skew::TimerChange;
use crate::engine::timers::{Owner, Timer, TimerKey, TimerSlot};
use crate::executor::Waiter;
use crate::random::{Address, Stream};

const LATE: Stream = Stream::named("late timer");
const LATE_BY: Stream = Stream::named("late timer by");

/// The instant of a timer that never fires.
const NEVER: VirtualInstant = VirtualInstant::from_nanoseconds(u64::MAX);

/// The sequence number of a timer that is not queued.
const UNQUEUED: u64 = 0;

impl Kernel {
    /// As [`set_timer`](Self::set_timer).
    #[cold]
    #[inline(never)]
    pub(super) fn set_skewed_timer(&mut self, node: NodeId, token: u64, after: Duration) -> TimerSlot {
        let (due, timer) = self.local_timer(node, after);
        let slot = self.timers.insert(Timer::new(node, self.incarnation(node), token, due));
        self.note_timer(node, slot, timer);
        if due < NEVER {
            self.queue_timer(slot, due);
        }
        slot
    }

    /// As [`rearm`](Self::rearm).
    #[cold]
    #[inline(never)]
    pub(super) fn rearm_skewed(&mut self, slot: TimerSlot, after: Duration) {
        let node = self.timers.get(slot).node;
        let (due, timer) = self.local_timer(node, after);
        self.note_timer(node, slot, timer);
        self.move_timer(slot, due);
    }

    /// As [`arm_sleep`](Self::arm_sleep).
    #[cold]
    #[inline(never)]
    pub(crate) fn arm_skewed_sleep(&mut self, armed: Option<TimerKey>, node: NodeId, waiter: Waiter, after: Duration) -> TimerKey {
        let (due, timer) = self.local_timer(node, after);
        let task = match waiter {
            Waiter::Task(task) => Some(task),
            Waiter::Other(_) => None,
        };
        let known = armed.or_else(|| self.unpark(task?)).filter(|key| self.is_timer_of(*key, node));
        let key = known.unwrap_or_else(|| {
            let token = task.or_else(|| self.current_task()).map_or(0, |task| self.path_of(task));
            let unqueued = Timer { queued_at: NEVER, ..Timer::new(node, self.incarnation(node), token, due) };
            let slot = self.timers.insert(unqueued);
            self.timers.key(slot)
        });
        self.hand_over(key, waiter);
        self.note_timer(node, key.slot, timer);
        self.move_timer(key.slot, due);
        key
    }

    /// Returns when a timer of a skewed node that is armed now fires, and what it waits for.
    pub(super) fn local_timer(&mut self, node: NodeId, after: Duration) -> (VirtualInstant, LocalTimer) {
        let clocks = &self.skewed[&node];
        let asked = clocks.local(self.now) + after;
        let window = clocks.window();
        let asked = asked.as_nanoseconds();
        let deadline = if window == 0 { asked } else { asked.checked_next_multiple_of(window).unwrap_or(u64::MAX) };
        let late_by = self.lateness(node, LocalInstant::from_nanoseconds(asked));
        let otherwise = self.nodes[node.index()].clock.due(self.now, after);
        let timer = LocalTimer { late_by, is_put_off: deadline != asked, ..LocalTimer::new(deadline, otherwise) };
        let due = self.skewed[&node].reaches(deadline).unwrap_or(NEVER);
        (due.max(self.now).after_nanoseconds(late_by), timer)
    }

    /// Decides by how many nanoseconds a timer fires late.
    ///
    /// The choice is about the node, its life, and the reading at which the timer is due: it stays the same if the timer is armed
    /// again for that reading, and does not depend on other timers.
    fn lateness(&mut self, node: NodeId, deadline: LocalInstant) -> u64 {
        let address: Address = self.address(node).number(u64::from(self.incarnation(node).0)).number(deadline.as_nanoseconds());
        let all: Vec<_> = self.skewed[&node].lateness().collect();
        let mut late_by = 0;
        for (share, most) in all {
            let site = |choice, stream| Site { choice, stream, address: address.number(most), node, peer: node };
            if self.choose(site(Choice::TimerLate, LATE), |roll| u64::from(roll.holds(share))) == 1 {
                let by = self.choose(site(Choice::TimerLateBy, LATE_BY), |roll| roll.below(most) + 1);
                late_by = late_by.max(by);
            }
        }
        late_by
    }

    /// Notes what an armed timer of a skewed node waits for.
    pub(super) fn note_timer(&mut self, node: NodeId, slot: TimerSlot, timer: LocalTimer) {
        let key = self.timers.key(slot);
        let clocks = self.skewed.get_mut(&node).expect("the clocks of a skewed node are in the table");
        clocks.timers.note(key, timer);
    }

    /// Notes the timers that a node armed while its clocks were true.
    pub(super) fn note_armed_timers(&mut self, node: NodeId) {
        let (now, clock, incarnation) = (self.now, self.skewed[&node].true_clock(), self.incarnation(node));
        for (key, due) in self.timers.armed_by(node, incarnation) {
            if due > now {
                let timer = LocalTimer::new(clock.local(due).as_nanoseconds(), due);
                self.skewed.get_mut(&node).expect("the clocks of a skewed node are in the table").timers.note(key, timer);
            }
        }
    }

    /// Maps the timers of a node to simulated time after its clock turned.
    pub(super) fn map_timers(&mut self, node: NodeId) {
        let Some(clocks) = self.skewed.get_mut(&node) else { return };
        for (key, timer) in clocks.timers.take() {
            if !self.timers.is_current(key) {
                continue;
            }
            if self.timers.get(key.slot).due.is_none() {
                self.release_unqueued(key);
                continue;
            }
            let clocks = self.skewed.get_mut(&node).expect("no timer changes the clocks");
            clocks.timers.put_back(key, timer);
            let has_come = clocks.local(self.now).as_nanoseconds() >= timer.deadline;
            let reached = if has_come { self.now } else { clocks.reaches(timer.deadline).unwrap_or(NEVER) };
            let due = reached.after_nanoseconds(timer.late_by);
            // A timer whose deadline the clock reached before fires as it would have, at once or late.
            if !has_come || self.timers.get(key.slot).due.is_some_and(|known| due < known) {
                self.move_timer(key.slot, due);
            }
        }
    }

    /// Moves a timer; one that never fires leaves the queue.
    pub(super) fn move_timer(&mut self, slot: TimerSlot, due: VirtualInstant) {
        let timer = self.timers.get_mut(slot);
        timer.due = Some(due);
        if due == NEVER {
            (timer.queued_at, timer.queued_sequence) = (NEVER, UNQUEUED);
        } else if due < timer.queued_at {
            self.queue_timer(slot, due);
        }
    }

    /// Frees the slot of a cancelled timer that has no queue entry, which would do it.
    fn release_unqueued(&mut self, key: TimerKey) {
        if self.timers.get(key.slot).queued_sequence == UNQUEUED {
            self.release_timer(key.slot);
        }
    }

    /// Drops the timers of a life that has ended.
    #[cold]
    #[inline(never)]
    pub(super) fn forget_local_timers(&mut self, node: NodeId) {
        let Some(clocks) = self.skewed.get_mut(&node) else { return };
        for (key, _) in clocks.timers.take() {
            if self.timers.is_current(key) {
                self.release_unqueued(key);
            }
        }
    }

    /// Counts what has changed a timer that fires now.
    #[cold]
    #[inline(never)]
    pub(super) fn count_skewed_timer(&mut self, node: NodeId, slot: TimerSlot) {
        let (key, due) = (self.timers.key(slot), self.timers.get(slot).due);
        let Some(clocks) = self.skewed.get_mut(&node) else { return };
        let Some((timer, due)) = clocks.timers.remove(key).zip(due) else { return };
        let on_time = due.as_nanoseconds().saturating_sub(timer.late_by);
        let is_moved = !timer.is_put_off && on_time != timer.otherwise.as_nanoseconds();
        clocks.count_timer(TimerChange { is_moved, is_late: timer.late_by > 0, is_put_off: timer.is_put_off });
    }

    /// Lets a set timer wake another waiter.
    pub(crate) fn hand_over(&mut self, key: TimerKey, waiter: Waiter) {
        let (owner, waker) = match waiter {
            Waiter::Task(task) => (Owner::Task(task), None),
            Waiter::Other(waker) => (Owner::Other, Some(waker)),
        };
        self.timers.get_mut(key.slot).owner = owner;
        match waker {
            Some(waker) => drop(self.timer_wakers.insert(key.slot.0, waker)),
            None => drop(self.timer_wakers.remove(&key.slot.0)),
        }
    }

    /// Returns when a set timer fires, as far as that is known.
    pub(crate) fn due_of(&self, key: TimerKey) -> Option<VirtualInstant> {
        self.timers.get(key.slot).due.filter(|_| self.timers.is_current(key))
    }

    /// Whether the armed timer of a sleep has still to fire.
    pub(crate) fn is_ahead(&self, key: TimerKey) -> bool {
        self.due_of(key).is_some_and(|due| due > self.now)
    }
}
