//! Who waits for something of the network, each under a key of its own.

use cluster_sim_runtime::{Kernel, TaskId, Waiter};

/// What gives up one wait: one task may wait in two places, and give up in one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitKey(u64);

/// Those who wait for one thing. Most of the time that is one task, which lies in here itself.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    first: Option<(WaitKey, TaskId)>,
    others: Vec<(WaitKey, Waiter)>,
    next_key: u64,
}

impl Waiters {
    /// Wakes all of them; nobody waits from here on.
    #[inline]
    pub(super) fn wake(&mut self, kernel: &mut Kernel) {
        if let Some((_, task)) = self.first.take() {
            kernel.wake(Waiter::Task(task));
        }
        if !self.others.is_empty() {
            self.others.drain(..).for_each(|(_, waiter)| kernel.wake(waiter));
        }
    }

    /// Lets `waiter` be woken, in place of whom `known` stands for; answers with the key to give that up by.
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

    /// Lets nobody be woken any more under that key.
    #[inline]
    pub(super) fn forget(&mut self, key: WaitKey) {
        if self.first.is_some_and(|(waiting, _)| waiting == key) {
            self.first = None;
        } else if !self.others.is_empty() {
            self.others.retain(|(waiting, _)| *waiting != key);
        }
    }

    /// Lets nobody be woken any more. No key is given twice.
    pub(super) fn clear(&mut self) {
        self.first = None;
        self.others.clear();
    }
}
