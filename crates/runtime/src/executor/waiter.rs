//! Who waits for something, and is to be woken.

use std::task::{Context, Waker};

use super::task::TaskId;
use super::waker::WakerId;
use crate::engine::{Choice, Kernel, Site};
use crate::random::Stream;

/// Who waits: a task of this simulation, or whatever a foreign waker leads to (a combinator such as `FuturesUnordered` has its own).
#[derive(Debug, Clone)]
pub enum Waiter {
    /// A task of this simulation.
    Task(TaskId),
    /// Somebody else.
    Other(Waker),
}

impl Waiter {
    /// Whoever is polled in this context.
    #[inline]
    pub fn of(context: &Context<'_>, kernel: &Kernel) -> Self {
        Self::task_of(context, kernel).map_or_else(|| Self::Other(context.waker().clone()), Self::Task)
    }

    /// The task of this simulation that is polled in this context, unless a foreign waker is in between.
    #[inline]
    pub fn task_of(context: &Context<'_>, kernel: &Kernel) -> Option<TaskId> {
        WakerId::of(context.waker()).filter(|word| u64::from(word.slot) == kernel.tasks.run >> 32).map(|word| word.task)
    }

    /// Whether waking the one wakes the other.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Task(one), Self::Task(other)) => one == other,
            (Self::Other(one), Self::Other(other)) => one.will_wake(other),
            _ => false,
        }
    }
}

impl Kernel {
    /// Wakes who waits.
    #[inline]
    pub fn wake(&mut self, waiter: Waiter) {
        match waiter {
            Waiter::Task(task) => self.make_ready(task),
            // It wakes a task of ours in the end, by way of the inbox.
            Waiter::Other(waker) => waker.wake(),
        }
    }

    /// Puts a task among those to be polled, unless it ended or is among them.
    #[inline(always)]
    pub(crate) fn make_ready(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        if task.is_ready || task.has_ended {
            return;
        }
        task.is_ready = true;
        let (now, seed) = (self.now(), self.seed());
        let Self { tasks, choices, .. } = self;
        let super::task::Tasks { slots, ready, .. } = tasks;
        ready.push(id, |id| {
            let task = &slots[id.index as usize];
            let address = task.path.number(task.polls);
            let site = Site { choice: Choice::Pick, stream: PICK, address, node: task.node, peer: task.node };
            choices.choose(now, seed, site, |roll| roll.0)
        });
    }
}

const PICK: Stream = Stream::named("pick");
