//! The readiness of a bound port, shared by the network and the handle of the port.
//!
//! A task that receives in a loop polls its port twice a message: one poll finds the message, the next finds nothing. That one
//! registers its task here, without access to the simulation. All other polls ask the network, which also keeps the waiters that
//! do not fit here: foreign wakers, and further tasks.
//!
//! The fields are atomic only because handles are `Sync`. One thread runs a simulation, so every order is `Relaxed`.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use cluster_sim_runtime::TaskId;

use crate::network::waiters::WaitKey;

/// Whether a port needs the network to be polled, and the task that waits for that.
#[derive(Debug, Default)]
pub struct Readiness {
    /// Whether a poll must ask the network: a message is there, other waiters are there, or the port is not bound any more.
    must_ask: AtomicBool,
    /// The task that waits, as bits, if `key` is not 0.
    task: AtomicU64,
    /// The key of its wait; 0 if no task waits here.
    key: AtomicU64,
    /// The key that was given last. Keys are never reused.
    last_key: AtomicU64,
}

/// The registered wait of one receiver, at most one of both kinds.
#[derive(Debug, Default)]
pub struct PortWait {
    /// The key of its wait at the [`Readiness`]; 0 if there is none.
    lone: u64,
    /// The key of its wait at the network.
    pub(super) other: Option<WaitKey>,
}

impl PortWait {
    /// Takes the key of a wait at the network, which the network must cancel.
    #[inline]
    pub fn take_other(&mut self) -> Option<WaitKey> {
        self.other.take()
    }
}

impl Readiness {
    /// Lets `task` wait, unless the network must be asked or another wait is registered. Returns whether it waits.
    #[inline(always)]
    pub fn wait(&self, wait: &mut PortWait, task: TaskId) -> bool {
        if self.must_ask.load(Relaxed) {
            return false;
        }
        match self.key.load(Relaxed) {
            0 => {
                let key = self.last_key.load(Relaxed) + 1;
                self.last_key.store(key, Relaxed);
                self.task.store(task.to_bits(), Relaxed);
                self.key.store(key, Relaxed);
                // A wait at the network ended with a wake, since none is left there.
                *wait = PortWait { lone: key, other: None };
                true
            }
            _ => self.holds(wait, task),
        }
    }

    /// Whether this wait is registered here, for `task`.
    pub(super) fn holds(&self, wait: &PortWait, task: TaskId) -> bool {
        wait.lone != 0 && self.key.load(Relaxed) == wait.lone && self.task.load(Relaxed) == task.to_bits()
    }

    /// Cancels a wait, if it is registered here.
    #[inline]
    pub fn cancel(&self, wait: &mut PortWait) {
        if wait.lone != 0 && self.key.load(Relaxed) == wait.lone {
            self.key.store(0, Relaxed);
        }
        wait.lone = 0;
    }

    /// Returns the task that waits here.
    pub(super) fn waiting(&self) -> Option<TaskId> {
        (self.key.load(Relaxed) != 0).then(|| TaskId::from_bits(self.task.load(Relaxed)))
    }

    /// Ends the wait that is registered here. Returns its task.
    #[inline(always)]
    pub(super) fn take(&self) -> Option<TaskId> {
        let waiting = self.waiting();
        self.key.store(0, Relaxed);
        waiting
    }

    /// Sets whether polls must ask the network.
    #[inline(always)]
    pub(super) fn set_must_ask(&self, must_ask: bool) {
        self.must_ask.store(must_ask, Relaxed);
    }

    /// Makes polls ask the network or not. Returns whether they had to before.
    #[inline(always)]
    pub(super) fn replace_must_ask(&self, must_ask: bool) -> bool {
        // Two operations, since one would lock the bus.
        let before = self.must_ask.load(Relaxed);
        self.set_must_ask(must_ask);
        before
    }
}

/// The readiness of a port while it is bound. When dropped, it ends the wait and makes polls ask the network.
#[derive(Debug)]
pub(super) struct BoundReadiness(pub(super) Arc<Readiness>);

impl Deref for BoundReadiness {
    type Target = Readiness;

    #[inline(always)]
    fn deref(&self) -> &Readiness {
        &self.0
    }
}

impl Drop for BoundReadiness {
    fn drop(&mut self) {
        self.key.store(0, Relaxed);
        self.set_must_ask(true);
    }
}
