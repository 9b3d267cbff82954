//! The guard of a cut, and the inbox by which a dropped guard heals its cut.
//!
//! A guard holds the id of the cut and the inbox, never the simulation. Dropping it only leaves a request. The request is applied
//! before the next step, at the same instant, and recorded. Tests: `tests/network_laws/guards.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::cut::{CutId, DropCount};

/// A cut between two sides of the cluster, in force while this guard lives.
///
/// A message is dropped if a cut covers its link when it is sent or when it would arrive. Cuts overlap freely: a link carries
/// messages again once no cut covers it. Dropping the guard heals the cut before the next step, at the same virtual instant, and
/// records it. After `heal_all`, or after the run, dropping it does nothing.
#[derive(Debug)]
#[must_use = "dropping the guard heals the partition"]
pub struct NetworkPartition {
    id: CutId,
    control: Arc<Control>,
    dropped: DropCount,
}

impl NetworkPartition {
    pub(super) fn new(id: CutId, control: Arc<Control>, dropped: DropCount) -> Self {
        Self { id, control, dropped }
    }

    /// Heals the cut before the next step, as dropping the guard does.
    pub fn heal(self) {}

    /// Returns the id of the cut.
    pub fn id(&self) -> CutId {
        self.id
    }

    /// Counts the messages that this cut has dropped so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.count()
    }

    /// Returns the counter, which stays usable after the guard is dropped.
    pub fn counter(&self) -> DropCount {
        self.dropped.clone()
    }
}

impl Drop for NetworkPartition {
    fn drop(&mut self) {
        self.control.heal(self.id);
    }
}

/// Heals requested from outside a step, to be applied before the next one.
///
/// Guards hold it instead of the simulation, so they can be dropped anywhere: in a step, while unwinding, after the run.
#[derive(Debug, Default)]
pub struct Control {
    waiting: AtomicBool,
    heals: Mutex<Vec<CutId>>,
}

impl Control {
    fn heal(&self, id: CutId) {
        self.heals.lock().push(id);
        self.waiting.store(true, Ordering::Release);
    }

    /// Takes the requests out. Costs one atomic load if there are none.
    #[inline]
    pub(super) fn take(&self) -> Vec<CutId> {
        if !self.waiting.load(Ordering::Acquire) {
            return Vec::new();
        }
        self.waiting.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.heals.lock())
    }

    /// Returns whether a request waits.
    #[inline]
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }
}
