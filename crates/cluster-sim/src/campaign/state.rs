//! What all who work on one campaign share.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::DeterminismError;
use super::coverage::Coverage;
use super::failures::{FailedSeed, FailureGroups};
use super::progress::{Progress, WorkerSlot};
use super::seeds::Seeds;
use super::target::SeedResult;

/// What all who work on one campaign share: the seeds still to be run, and what was found.
pub(super) struct Shared {
    pub(super) seeds: Seeds,
    range: Range<u64>,
    /// One failure is enough.
    is_first_enough: bool,
    failures: Mutex<FailureGroups>,
    /// What the runs went through so far, if that is counted.
    coverage: Mutex<Option<Coverage>>,
    /// Why seeds could not be run, where that is so.
    error: Mutex<Option<DeterminismError>>,
    pub(super) slots: Vec<WorkerSlot>,
    stop: Arc<AtomicBool>,
}

/// All that a campaign found, in the order of seeds.
pub(super) struct CampaignResult {
    /// Seeds of which all is known.
    pub(super) done: u64,
    pub(super) failures: Vec<(u64, FailedSeed, u64)>,
    /// What all runs went through, if that was counted and every seed was run.
    pub(super) coverage: Option<Coverage>,
    pub(super) is_interrupted: bool,
    pub(super) error: Option<DeterminismError>,
}

impl Shared {
    pub(super) fn new(range: Range<u64>, max_failures: NonZeroUsize, workers: usize, stop: Arc<AtomicBool>) -> Self {
        Self {
            seeds: Seeds::new(&range),
            range,
            is_first_enough: max_failures == NonZeroUsize::MIN,
            failures: Mutex::new(FailureGroups::new(max_failures)),
            coverage: Mutex::new(None),
            error: Mutex::new(None),
            slots: (0..workers).map(|_| WorkerSlot::default()).collect(),
            stop,
        }
    }

    /// Whether somebody asked to stop before the end.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Takes in what a seed showed.
    pub(super) fn done(&self, worker: usize, seed: u64, result: SeedResult) {
        if let Some(failed) = result.failed {
            self.fail(seed, *failed);
        }
        if let Some(coverage) = result.coverage {
            self.coverage.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().add(&coverage);
        }
        self.slots[worker].done(result.ended_at);
    }

    /// A seed fails, and will be looked at again; where one failure is enough, none need begin after it.
    pub(super) fn suspect(&self, seed: u64) {
        if self.is_first_enough {
            self.seeds.end_at(seed);
        }
    }

    /// Takes in a failure; once enough is known, no seed begins any more that cannot count.
    pub(super) fn fail(&self, seed: u64, failed: FailedSeed) {
        let max_failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner).add(seed, failed);
        if let Some(last) = max_failures {
            self.seeds.end_at(last);
        }
    }

    /// Seeds cannot be run, and none need begin any more.
    pub(super) fn give_up(&self, error: DeterminismError) {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.seeds.end_at(0);
    }

    pub(super) fn progress(&self) -> Progress {
        let (done, nanoseconds) = self
            .slots
            .iter()
            .map(WorkerSlot::sums)
            .fold((0, 0_u64), |(done, time), (other_done, other_time)| (done + other_done, time.saturating_add(other_time)));
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner).count();
        let seeds = self.range.end.saturating_sub(self.range.start);
        Progress { done, seeds, virtual_time: Duration::from_nanos(nanoseconds), failures }
    }

    /// What was found in the end. Nobody works any more, or whoever does is not waited for.
    pub(super) fn take_result(&self) -> CampaignResult {
        let count = self.range.end.saturating_sub(self.range.start);
        let max_failures = NonZeroUsize::MIN;
        let failures =
            std::mem::replace(&mut *self.failures.lock().unwrap_or_else(PoisonError::into_inner), FailureGroups::new(max_failures));
        let error = self.error.lock().unwrap_or_else(PoisonError::into_inner).take();
        let last = self.seeds.end();
        let done = self.slots.iter().map(|slot| slot.sums().0).sum::<u64>();
        // Where it came to its end by itself, every seed up to that end is known; some beyond it may be, too, and do not count.
        let completed = if last < self.range.end { last.saturating_sub(self.range.start) + 1 } else { count };
        let is_interrupted = self.is_stopped() && done < completed;
        if is_interrupted || error.is_some() {
            return CampaignResult { done, failures: failures.up_to(u64::MAX), coverage: None, is_interrupted, error };
        }
        // Which seeds ran beyond an early end hangs on the machine.
        let coverage = self.coverage.lock().unwrap_or_else(PoisonError::into_inner).take().filter(|_| completed == count);
        CampaignResult { done: completed, failures: failures.up_to(last), coverage, is_interrupted, error }
    }
}
