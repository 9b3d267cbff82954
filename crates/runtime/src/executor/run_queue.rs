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
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.only.is_none() && self.rolled.is_empty()
    }

    /// Adds a task that is not in the queue.
    #[inline]
    pub(super) fn push(&mut self, task: TaskId, mut roll: impl FnMut(TaskId) -> u64) {
        if self.is_empty() {
            self.only = Some(task);
            return;
        }
        if let Some(only) = self.only.take() {
            self.rolled.push(Reverse((roll(only), only)));
        }
        self.rolled.push(Reverse((roll(task), task)));
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<TaskId> {
        self.only.take().or_else(|| self.rolled.pop().map(|Reverse((_, task))| task))
    }
}
