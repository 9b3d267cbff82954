//! The guard of a cut, and the way its drop reaches the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::cut::{CutId, DropCount};

/// A cut between two sides of the cluster, in force while this guard lives.
///
/// A message is eaten if a cut covers its link when it is sent or when it would arrive. Cuts overlap freely: a link carries messages
/// again only when no living cut covers it. Dropping the guard heals the cut before the next step, at the same virtual instant, and
/// records it. After the simulation healed everything, or ended, dropping it does nothing.
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

    /// Heals the cut before the next step: dropping the guard, in words.
    pub fn heal(self) {}

    /// Which cut this is.
    pub fn id(&self) -> CutId {
        self.id
    }

    /// Messages that this cut ate so far.
    pub fn dropped(&self) -> u64 {
        self.dropped.count()
    }

    /// The count itself, for whoever must know it after the guard is gone.
    pub fn counter(&self) -> DropCount {
        self.dropped.clone()
    }
}

impl Drop for NetworkPartition {
    fn drop(&mut self) {
        self.control.heal(self.id);
    }
}

/// What was asked of the network from outside a step, until the next one.
///
/// Guards hold it rather than the simulation, so that they can be dropped anywhere: in a step, while unwinding, after the run.
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

    /// Takes out what waits; costs one load where nothing does.
    #[inline]
    pub(super) fn take(&self) -> Vec<CutId> {
        if !self.waiting.load(Ordering::Acquire) {
            return Vec::new();
        }
        self.waiting.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.heals.lock())
    }

    /// Whether anything waits.
    #[inline]
    pub fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }
}
