//! Waiting tasks and foreign wakers, and how they are woken.

use std::task::{Context, Waker};

use super::context::Life;
use super::task::TaskId;
use super::waker::WakerId;
use crate::engine::{Choice, Kernel, Site};
use crate::random::Stream;

/// A task of this simulation, or a foreign waker.
///
/// Combinators such as `FuturesUnordered` poll with wakers of their own.
#[derive(Debug, Clone)]
pub enum Waiter {
    /// A task of this simulation.
    Task(TaskId),
    /// A foreign waker.
    Other(Waker),
}

impl Waiter {
    /// Returns the waiter that `context` polls for.
    #[inline]
    pub fn of(context: &Context<'_>, kernel: &Kernel) -> Self {
        Self::task_of(context, kernel).map_or_else(|| Self::Other(context.waker().clone()), Self::Task)
    }

    /// Returns the task of this simulation that `context` polls; `None` for a foreign waker.
    #[inline]
    pub fn task_of(context: &Context<'_>, kernel: &Kernel) -> Option<TaskId> {
        WakerId::of(context.waker()).filter(|id| u64::from(id.slot) == kernel.tasks.run >> 32).map(|id| id.task)
    }

    /// Whether waking one also wakes the other.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Task(one), Self::Task(other)) => one == other,
            (Self::Other(one), Self::Other(other)) => one.will_wake(other),
            _ => false,
        }
    }
}

impl Life {
    /// Returns the task of this life's simulation that `context` polls; `None` for a foreign waker.
    ///
    /// Needs no access to the simulation.
    #[inline(always)]
    pub fn polled_task(self, context: &Context<'_>) -> Option<TaskId> {
        WakerId::of(context.waker()).filter(|id| id.slot == self.slot()).map(|id| id.task)
    }
}

impl Kernel {
    /// Wakes a waiter.
    #[inline]
    pub fn wake(&mut self, waiter: Waiter) {
        match waiter {
            Waiter::Task(task) => self.make_ready(task),
            // It wakes a task of this run in the end, through the inbox.
            Waiter::Other(waker) => waker.wake(),
        }
    }

    /// Adds a task to the ready ones, unless it has ended or is among them.
    #[inline(always)]
    pub(crate) fn make_ready(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.is_ready || task.has_ended {
            return;
        }
        task.is_ready = true;
        if !self.tasks.ready.push_lone(id) {
            self.make_ready_among_others(id);
        }
    }

    #[inline(never)]
    fn make_ready_among_others(&mut self, id: TaskId) {
        let (now, seed) = (self.now(), self.seed());
        let Self { tasks, choices, .. } = self;
        let super::task::Tasks { slots, ready, .. } = tasks;
        ready.push_among(id, |id| {
            let task = &slots[id.index as usize];
            let address = task.path.number(task.polls);
            let site = Site { choice: Choice::Pick, stream: PICK, address, node: task.node, peer: task.node };
            choices.choose(now, seed, site, |roll| roll.0)
        });
    }
}

const PICK: Stream = Stream::named("pick");
