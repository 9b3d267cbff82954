//! Tasks that wait for an event of the network, each under a key.

use std::num::NonZeroU64;

use cluster_sim_runtime::{Kernel, TaskId, Waiter};

/// Cancels one wait. A task can wait in several places and cancel one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitKey(NonZeroU64);

/// The waiters for one event. Usually that is one task, which needs no allocation.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    first: Option<(WaitKey, TaskId)>,
    others: Vec<(WaitKey, Waiter)>,
    next_key: u64,
}

impl Waiters {
    /// Wakes and removes all waiters.
    #[inline(always)]
    pub(super) fn wake(&mut self, kernel: &mut Kernel) {
        if let Some((_, task)) = self.first.take() {
            kernel.wake(Waiter::Task(task));
        }
        if !self.others.is_empty() {
            self.wake_others(kernel);
        }
    }

    #[inline(never)]
    fn wake_others(&mut self, kernel: &mut Kernel) {
        self.others.drain(..).for_each(|(_, waiter)| kernel.wake(waiter));
    }

    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.is_empty()
    }

    fn new_key(&mut self) -> WaitKey {
        self.next_key += 1;
        WaitKey(NonZeroU64::MIN.saturating_add(self.next_key))
    }

    /// Registers `waiter`, replacing the wait `previous`. Returns the key that cancels the wait.
    #[inline(never)]
    pub(super) fn wait(&mut self, previous: Option<WaitKey>, waiter: Waiter) -> WaitKey {
        if let Some(previous) = previous {
            self.forget(previous);
        }
        let key = self.new_key();
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
