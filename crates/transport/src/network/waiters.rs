//! Tasks that wait for an event of the network, each under a key.

use cluster_sim_runtime::{Kernel, TaskId, Waiter};

/// Cancels one wait. A task can wait in several places and cancel one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitKey(u64);

/// The waiters for one event. Usually that is one task, which needs no allocation.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    first: Option<(WaitKey, TaskId)>,
    others: Vec<(WaitKey, Waiter)>,
    next_key: u64,
}

impl Waiters {
    /// Wakes and removes all waiters.
    #[inline]
    pub(super) fn wake(&mut self, kernel: &mut Kernel) {
        if let Some((_, task)) = self.first.take() {
            kernel.wake(Waiter::Task(task));
        }
        if !self.others.is_empty() {
            self.others.drain(..).for_each(|(_, waiter)| kernel.wake(waiter));
        }
    }

    /// Registers `waiter`, replacing the wait `previous`. Returns the key that cancels the wait.
    #[inline]
    pub(super) fn wait(&mut self, previous: Option<WaitKey>, waiter: Waiter) -> WaitKey {
        if let Some(previous) = previous {
            self.forget(previous);
        }
        self.next_key += 1;
        let key = WaitKey(self.next_key);
        match waiter {
            Waiter::Task(task) if self.first.is_none() => self.first = Some((key, task)),
            waiter => self.others.push((key, waiter)),
        }
        key
    }

    /// Cancels a wait.
    #[inline]
    pub(super) fn forget(&mut self, key: WaitKey) {
        if self.first.is_some_and(|(waiting, _)| waiting == key) {
            self.first = None;
        } else if !self.others.is_empty() {
            self.others.retain(|(waiting, _)| *waiting != key);
        }
    }

    /// Cancels all waits. Keys are never reused.
    pub(super) fn clear(&mut self) {
        self.first = None;
        self.others.clear();
    }
}
