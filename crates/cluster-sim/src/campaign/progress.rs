//! How far a campaign is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cluster_sim_types::VirtualInstant;

/// How far a campaign is, as whoever watches it is told now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Seeds of which all is known.
    pub done: u64,
    /// Seeds of the whole range; fewer are run if enough fail.
    pub seeds: u64,
    /// The virtual time of the runs from those seeds, together.
    pub virtual_time: Duration,
    /// In how many different ways seeds failed.
    pub failures: usize,
}

/// What one of those who work on a campaign has done. Each has a place in memory to itself, which no other writes to.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct WorkerSlot {
    current: AtomicU64,
    started: AtomicU64,
    done: AtomicU64,
    virtual_nanoseconds: AtomicU64,
}

impl WorkerSlot {
    /// A seed begins here.
    pub(super) fn begin(&self, seed: u64) {
        self.current.store(seed, Ordering::Relaxed);
        add(&self.started, 1);
    }

    /// Whether a seed began of which not all is known.
    pub(super) fn is_busy(&self) -> bool {
        self.started.load(Ordering::Relaxed) > self.done.load(Ordering::Relaxed)
    }

    /// The seed that began last.
    pub(super) fn current(&self) -> u64 {
        self.current.load(Ordering::Relaxed)
    }

    /// All is known of a seed whose run ended then.
    pub(super) fn done(&self, ended_at: VirtualInstant) {
        add(&self.done, 1);
        add(&self.virtual_nanoseconds, ended_at.as_nanoseconds());
    }

    /// The seeds that were done here, and their virtual time in nanoseconds.
    pub(super) fn sums(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.virtual_nanoseconds.load(Ordering::Relaxed))
    }
}

/// Adds to a sum that nobody else writes: reading and writing need not be one.
fn add(sum: &AtomicU64, more: u64) {
    sum.store(sum.load(Ordering::Relaxed).saturating_add(more), Ordering::Relaxed);
}
