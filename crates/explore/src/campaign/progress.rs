//! Progress of a campaign.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cluster_sim_types::VirtualInstant;

/// Progress of a campaign, as [`Campaign::progress`](super::Campaign::progress) reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Seeds completed.
    pub done: u64,
    /// Seeds in the whole range; a campaign that finds enough failures runs fewer.
    pub seeds: u64,
    /// Virtual time of the completed runs, summed.
    pub virtual_time: Duration,
    /// Different failures so far.
    pub failures: usize,
    /// The lowest seed that runs at present.
    pub seed: Option<u64>,
    /// The seed that has run longest of those that run at present.
    pub oldest: Option<RunningSeed>,
}

/// A seed that runs, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningSeed {
    /// The seed.
    pub seed: u64,
    /// Real time since it began.
    pub running_for: Duration,
}

/// Counters of one worker, aligned to 128 bytes so that no two workers share a cache line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct WorkerSlot {
    current: AtomicU64,
    /// When it began, in milliseconds since the start of the campaign.
    began: AtomicU64,
    started: AtomicU64,
    done: AtomicU64,
    virtual_nanoseconds: AtomicU64,
}

impl WorkerSlot {
    /// Notes that a seed starts, that much time after the campaign.
    pub(super) fn begin(&self, seed: u64, at: Duration) {
        self.began.store(at.as_millis() as u64, Ordering::Relaxed);
        self.current.store(seed, Ordering::Relaxed);
        add(&self.started, 1);
    }

    /// Whether a seed started that is not done.
    pub(super) fn is_busy(&self) -> bool {
        self.started.load(Ordering::Relaxed) > self.done.load(Ordering::Relaxed)
    }

    /// The seed that started last.
    pub(super) fn current(&self) -> u64 {
        self.current.load(Ordering::Relaxed)
    }

    /// When that seed began: the time since the start of the campaign.
    pub(super) fn began(&self) -> Duration {
        Duration::from_millis(self.began.load(Ordering::Relaxed))
    }

    /// Notes that a seed is done, and when its run ended.
    pub(super) fn done(&self, ended_at: VirtualInstant) {
        add(&self.done, 1);
        add(&self.virtual_nanoseconds, ended_at.as_nanoseconds());
    }

    /// Seeds done, and their virtual time in nanoseconds.
    pub(super) fn sums(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.virtual_nanoseconds.load(Ordering::Relaxed))
    }
}

/// Adds to a counter that only this worker writes, so load and store need not be one operation.
fn add(sum: &AtomicU64, more: u64) {
    sum.store(sum.load(Ordering::Relaxed).saturating_add(more), Ordering::Relaxed);
}
