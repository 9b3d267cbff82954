//! State shared by the workers of a campaign.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cluster_sim_simulation::{Profile, Report};
use parking_lot::Mutex;

use super::failures::FailureGroups;
use super::progress::{Progress, RunningSeed, WorkerSlot};
use super::sample::Sample;
use super::seeds::Seeds;
use super::target::SeedResult;
use super::vacuity::{IdleRules, with_idle_rules};
use crate::child::ChildError;
use crate::clock::now;
use crate::coverage::Coverage;
use crate::determinism::FailedSeed;

/// State shared by the workers of a campaign: seeds left, failures, coverage.
pub(super) struct Shared {
    pub(super) seeds: Seeds,
    /// The seeds that run twice.
    pub(super) sample: Sample,
    range: Range<u64>,
    /// Whether the first failure ends the campaign.
    is_first_enough: bool,
    failures: Mutex<FailureGroups>,
    /// Coverage so far, if counted.
    coverage: Mutex<Option<Coverage>>,
    /// Profile of the runs so far, if one is made.
    profile: Mutex<Option<Profile>>,
    /// The report of the first seed of the range, if it passed.
    first_passed: Mutex<Option<Report>>,
    /// The rules that had nothing to judge in some seeds.
    idle: Mutex<IdleRules>,
    /// The seeds whose faults went beyond what the scenario claims to survive.
    exceeded: Mutex<BTreeSet<u64>>,
    /// Why seeds could not be run.
    error: Mutex<Option<ChildError>>,
    pub(super) slots: Vec<WorkerSlot>,
    started: Instant,
    /// Set by the caller.
    stop: Arc<AtomicBool>,
    /// Set once a worker was hit by an interrupt of this process.
    is_interrupted: AtomicBool,
}

/// Result of a campaign, in the order of seeds.
pub(super) struct CampaignResult {
    /// Seeds completed.
    pub(super) done: u64,
    pub(super) failures: Vec<(u64, FailedSeed, u64)>,
    /// Coverage of the whole range; absent unless counted and every seed ran.
    pub(super) coverage: Option<Coverage>,
    /// Profile of all runs that ended; absent unless one is made.
    pub(super) profile: Option<Profile>,
    /// The report of the first seed of the range, if it passed.
    pub(super) first_passed: Option<Report>,
    /// The rules that had nothing to judge in any seed; none unless every seed passed otherwise.
    pub(super) idle: Vec<String>,
    /// Seeds whose faults went beyond what the scenario claims to survive.
    pub(super) exceeded: u64,
    pub(super) is_interrupted: bool,
    pub(super) error: Option<ChildError>,
}

impl CampaignResult {
    /// Makes rules that were idle in all seeds the failure of the first one, which `confirm` runs again.
    pub(super) fn judging_idle_rules(mut self, confirm: impl FnOnce(Report) -> FailedSeed) -> Self {
        let first = self.first_passed.take().map(|report| (report.seed(), with_idle_rules(report, &self.idle)));
        match first {
            Some((seed, report)) if !self.idle.is_empty() => {
                let mut failed = confirm(report);
                failed.report = with_idle_rules(failed.report, &self.idle);
                self.failures.push((seed.0, failed, self.done.saturating_sub(1)));
            }
            first => self.first_passed = first.map(|(_, report)| report),
        }
        self
    }
}

impl Shared {
    pub(super) fn new(
        range: Range<u64>,
        sample: Sample,
        max_failures: NonZeroUsize,
        workers: usize,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            seeds: Seeds::new(&range),
            sample,
            range,
            is_first_enough: max_failures == NonZeroUsize::MIN,
            failures: Mutex::new(FailureGroups::new(max_failures)),
            coverage: Mutex::new(None),
            profile: Mutex::new(None),
            first_passed: Mutex::new(None),
            idle: Mutex::default(),
            exceeded: Mutex::default(),
            error: Mutex::new(None),
            slots: (0..workers).map(|_| WorkerSlot::default()).collect(),
            started: now(),
            stop,
            is_interrupted: AtomicBool::new(false),
        }
    }

    /// Whether the campaign was cancelled, by the caller or by an interrupt.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.is_interrupted.load(Ordering::Relaxed)
    }

    /// Cancels the campaign, as its caller is about to do if it handles interrupts.
    pub(super) fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::Relaxed);
    }

    /// Notes that a worker begins a seed.
    pub(super) fn begin(&self, worker: usize, seed: u64) {
        self.slots[worker].begin(seed, self.started.elapsed());
    }

    /// Adds the result of a seed.
    pub(super) fn done(&self, worker: usize, seed: u64, result: SeedResult) {
        if let Some(failed) = result.failed {
            self.fail(seed, *failed);
        }
        if let Some(coverage) = result.coverage {
            self.coverage.lock().get_or_insert_default().add(&coverage);
        }
        if let Some(profile) = result.profile {
            self.profile.lock().get_or_insert_default().add(&profile);
        }
        if !result.idle.is_empty() {
            self.idle.lock().add(result.idle);
        }
        if result.is_exceeded {
            self.exceeded.lock().insert(seed);
        }
        if let Some(report) = result.passed {
            *self.first_passed.lock() = Some(*report);
        }
        self.slots[worker].done(result.ended_at);
    }

    /// Whether the report of this seed is kept although it passed.
    pub(super) fn keeps(&self, seed: u64) -> bool {
        seed == self.range.start
    }

    /// Notes a failure before it is confirmed. If the first failure is enough, no later seed starts.
    pub(super) fn suspect(&self, seed: u64) {
        if self.is_first_enough {
            self.seeds.end_at(seed);
        }
    }

    /// Notes a failure before it is confirmed, and returns whether it is the first of its kind so far.
    pub(super) fn suspect_first(&self, seed: u64, report: &Report) -> bool {
        self.suspect(seed);
        self.failures.lock().is_first(seed, report)
    }

    /// Adds a failure. Once enough are known, no seed starts that cannot count.
    pub(super) fn fail(&self, seed: u64, failed: FailedSeed) {
        let max_failures = self.failures.lock().add(seed, failed);
        if let Some(last) = max_failures {
            self.seeds.end_at(last);
        }
    }

    /// Records that seeds cannot be run; no further seed starts.
    pub(super) fn give_up(&self, error: ChildError) {
        self.error.lock().get_or_insert(error);
        self.seeds.end_at(0);
    }

    pub(super) fn progress(&self) -> Progress {
        let (done, nanoseconds) = self
            .slots
            .iter()
            .map(WorkerSlot::sums)
            .fold((0, 0_u64), |(done, time), (other_done, other_time)| (done + other_done, time.saturating_add(other_time)));
        let failures = self.failures.lock().count();
        let seeds = self.range.end.saturating_sub(self.range.start);
        let busy = || self.slots.iter().filter(|slot| slot.is_busy());
        let seed = busy().map(WorkerSlot::current).min();
        let elapsed = self.started.elapsed();
        let oldest = busy()
            .map(|slot| RunningSeed { seed: slot.current(), running_for: elapsed.saturating_sub(slot.began()) })
            .max_by_key(|running| running.running_for);
        Progress { done, seeds, virtual_time: Duration::from_nanos(nanoseconds), failures, seed, oldest }
    }

    /// Takes the result, after the last worker ended or was left behind.
    pub(super) fn take_result(&self) -> CampaignResult {
        let count = self.range.end.saturating_sub(self.range.start);
        let max_failures = NonZeroUsize::MIN;
        let failures = std::mem::replace(&mut *self.failures.lock(), FailureGroups::new(max_failures));
        let error = self.error.lock().take();
        let first_passed = self.first_passed.lock().take();
        let profile = self.profile.lock().take();
        let last = self.seeds.end();
        let exceeded = std::mem::take(&mut *self.exceeded.lock());
        let done = self.slots.iter().map(|slot| slot.sums().0).sum::<u64>();
        // A campaign that ended on its own completed every seed up to its end; later ones may have run and do not count.
        let completed = if last < self.range.end { last.saturating_sub(self.range.start) + 1 } else { count };
        let is_interrupted = self.is_stopped() && done < completed;
        if is_interrupted || error.is_some() {
            return CampaignResult {
                done,
                failures: failures.up_to(u64::MAX),
                coverage: None,
                profile,
                first_passed,
                idle: Vec::new(),
                exceeded: exceeded.len() as u64,
                is_interrupted,
                error,
            };
        }
        let exceeded = exceeded.range(..=last).count() as u64;
        // Which seeds ran past an early end depends on the machine.
        let coverage = self.coverage.lock().take().filter(|_| completed == count);
        let failures = failures.up_to(last);
        let idle = std::mem::take(&mut *self.idle.lock());
        let idle = if failures.is_empty() { idle.in_all(completed) } else { Vec::new() };
        CampaignResult { done: completed, failures, coverage, profile, first_passed, idle, exceeded, is_interrupted, error }
    }
}
