//! The queue of ready tasks.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::task::TaskId;

/// Ready tasks, lowest roll first.
///
/// A lone task needs no roll. The roll about a task depends on that task only, so a third never changes the order of two.
#[derive(Default)]
pub(super) struct RunQueue {
    only: Option<TaskId>,
    rolled: BinaryHeap<Reverse<(u64, TaskId)>>,
}

impl RunQueue {
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.only.is_none() && self.rolled.is_empty()
    }

    /// Adds a task if no other is ready. Else returns false; call [`push_among`](Self::push_among) then.
    #[inline(always)]
    pub(super) fn push_lone(&mut self, task: TaskId) -> bool {
        let is_lone = self.is_empty();
        if is_lone {
            self.only = Some(task);
        }
        is_lone
    }

    /// Adds a task that is not in the queue, beside others.
    pub(super) fn push_among(&mut self, task: TaskId, mut roll: impl FnMut(TaskId) -> u64) {
        if let Some(only) = self.only.take() {
            self.rolled.push(Reverse((roll(only), only)));
        }
        self.rolled.push(Reverse((roll(task), task)));
    }

    /// Takes the task that is ready alone.
    #[inline(always)]
    pub(super) fn pop_lone(&mut self) -> Option<TaskId> {
        self.only.take()
    }

    /// Takes the next of several ready tasks.
    pub(super) fn pop_rolled(&mut self) -> Option<TaskId> {
        self.rolled.pop().map(|Reverse((_, task))| task)
    }
}
