//! [`Campaign`]: which seeds of a scenario run, where, and under which extra rules.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::Location;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use cluster_sim_invariants::IntoVerdict;
use cluster_sim_simulation::{Report, Scenario, ScenarioError};

use super::limits::{Limits, RequiredCoverage};
use super::progress::Progress;
use super::sample::Sample;
use super::state::Shared;
use super::sweep::{RerunHint, Sweep};
use super::target::{Job, ReportCheck, Target};
use super::{isolated, threads};
use crate::clock::now;
use crate::profile::Profilers;
use crate::runner::Runner;
use crate::shrink::ShrinkBounds;

/// How long a cancelled campaign waits for seeds that are still running.
const GRACE: Duration = Duration::from_secs(1);
/// Interval between two progress reports.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// See [`Explore::sweep`](crate::Explore::sweep).
#[track_caller]
pub(crate) fn sweep(scenario: &Scenario, seeds: Range<u64>) -> Sweep {
    campaign(scenario, seeds).run()
}

/// See [`Explore::campaign`](crate::Explore::campaign).
pub(crate) fn campaign(scenario: &Scenario, seeds: Range<u64>) -> Campaign<'static> {
    Campaign::of_runner(Runner::of(scenario), seeds)
}

/// Where the seeds of a campaign run.
enum Place {
    /// In threads of this process.
    Threads,
    /// In processes of this executable that reach the same call.
    SameCall,
    /// In processes started by this command, which call [`Campaign::work`].
    Started(Arc<dyn Fn() -> Command + Send + Sync>),
}

/// Runs a scenario over a range of seeds; made by [`Explore::campaign`](crate::Explore::campaign).
///
/// The result depends neither on the number of workers nor on whether they are threads or processes.
#[must_use = "nothing runs before `run`"]
pub struct Campaign<'p> {
    job: Job,
    seeds: Range<u64>,
    max_failures: NonZeroUsize,
    threads: Option<NonZeroUsize>,
    place: Place,
    max_time: Option<Duration>,
    shrink_bounds: ShrinkBounds,
    required: RequiredCoverage,
    samples_determinism: bool,
    progress: Option<Box<dyn FnMut(Progress) + 'p>>,
    stop: Arc<AtomicBool>,
    rerun_hint: Option<Box<RerunHint<'p>>>,
}

impl<'p> Campaign<'p> {
    pub(crate) fn of_runner(runner: Runner, seeds: Range<u64>) -> Self {
        let threads = runner.threads();
        Self::of(Arc::new(runner), seeds, threads)
    }

    pub(crate) fn of(target: Arc<dyn Target>, seeds: Range<u64>, threads: Option<NonZeroUsize>) -> Self {
        let job = Job { target, report_checks: Vec::new(), counts_coverage: false, profilers: None };
        Self {
            job,
            seeds,
            max_failures: NonZeroUsize::MIN,
            threads,
            place: Place::Threads,
            max_time: None,
            shrink_bounds: ShrinkBounds::default(),
            required: RequiredCoverage::Nothing,
            samples_determinism: true,
            progress: None,
            stop: Arc::default(),
            rerun_hint: None,
        }
    }

    /// Stops once this many different failures are known. Default 1.
    ///
    /// Failures are grouped by rule and message, ignoring numbers and node names. Keeps the report of the first seed of each
    /// group and counts the others.
    ///
    /// A thread cannot be stopped, so in threads a seed that never returns from a step is the last one;
    /// [`isolated`](Self::isolated) continues after it.
    pub fn max_failures(self, max_failures: NonZeroUsize) -> Self {
        Self { max_failures, ..self }
    }

    /// Runs this many seeds at a time.
    ///
    /// Default: the scenario's [`threads`](Scenario::threads), else one for each core.
    pub fn threads(self, threads: NonZeroUsize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// Runs seeds in worker processes; an abort or a hang fails that seed.
    ///
    /// Covers signals, aborts, stack overflows, exits and endless loops. The seed that ended its process runs once more in a
    /// fresh one; if that ends the same way, the rule `the process survives` or `every step returns` is broken.
    ///
    /// A worker is this executable, started again: in a test with the name of this thread's test, in a main thread with the
    /// arguments of this process. In a worker, [`run`](Self::run) serves the supervisor over standard input and output and never
    /// returns. Code before that call runs in each worker too, so a test must make its calls in the same order every time.
    pub fn isolated(self) -> Self {
        Self { place: Place::SameCall, ..self }
    }

    /// Runs seeds in worker processes that `command` starts.
    ///
    /// As [`isolated`](Self::isolated), but each worker must call [`work`](Self::work) on a campaign of an equal scenario and
    /// equal rules.
    pub fn isolated_by(self, command: impl Fn() -> Command + Send + Sync + 'static) -> Self {
        Self { place: Place::Started(Arc::new(command)), ..self }
    }

    /// Starts no more seeds after this much real time. Default: no bound.
    ///
    /// Seeds that run then have one second to finish. A sweep that did not run every seed is [not a pass](Sweep::is_ok). The time
    /// left, if any, also bounds the minimization of [`Sweep::keep_artifacts`].
    pub fn max_time(self, time: Duration) -> Self {
        Self { max_time: Some(time), ..self }
    }

    /// Bounds the minimization of each failure by [`Sweep::keep_artifacts`]. Default: that of [`ShrinkBounds`].
    ///
    /// With [`ShrinkBounds::NONE`] a failure is kept as it is.
    pub fn shrink_bounds(self, bounds: ShrinkBounds) -> Self {
        Self { shrink_bounds: bounds, ..self }
    }

    /// Sets whether a sample of the seeds that pass runs twice. Default: yes.
    ///
    /// The sample is the first seed, the last, and one in 256, as far as these are at most 2 % of the seeds: a range of fewer than
    /// 50 has none, one of fewer than 100 only its first. A seed whose second run, in a fresh thread, gives another report is
    /// [`Nondeterministic`](cluster_sim_simulation::Outcome::Nondeterministic), as a failing seed whose runs differ.
    pub fn sample_determinism(self, samples: bool) -> Self {
        Self { samples_determinism: samples, ..self }
    }

    /// Adds a rule that is checked on the report of each run that passed everything else.
    pub fn check_report<V: IntoVerdict>(mut self, name: &str, test: impl Fn(&Report) -> V + Send + Sync + 'static) -> Self {
        let test = Arc::new(move |report: &Report| test(report).into_verdict());
        self.job.report_checks.push(ReportCheck { name: name.to_owned(), test });
        self
    }

    /// Counts [`Sweep::coverage`]. Costs a few microseconds a run.
    pub fn with_coverage(mut self) -> Self {
        self.job.counts_coverage = true;
        self
    }

    /// Counts coverage, and fails the sweep if something is [missing](crate::Coverage::missing).
    ///
    /// Missing are points never reached, rules with nothing to judge, kinds of faults that were never applied or never had an
    /// effect, and faults of a declared [`chaos`](Scenario::chaos) that drew none.
    pub fn require_coverage(self) -> Self {
        Self { required: RequiredCoverage::All, ..self.with_coverage() }
    }

    /// Counts coverage, and fails the sweep if a `sometimes` or `reachable` point was never reached.
    pub fn require_sometimes(self) -> Self {
        let required = self.required.max(RequiredCoverage::Points);
        Self { required, ..self.with_coverage() }
    }

    /// Measures the real time of each rule and each group of nodes over all runs, as [`Sweep::profile`].
    ///
    /// Runs that confirm or minimize a failure are not measured. Nothing else in the sweep changes.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn count(node: Node) {
    ///     node.publish(|count: &mut u64| *count += 1);
    /// }
    ///
    /// let counting = Scenario::new("counting")
    ///     .nodes("counter", 2, count)
    ///     .always_each("counts are small", |_, count: &u64| *count < 10);
    /// let sweep = counting.campaign(0..16).with_profile().run();
    /// let profile = sweep.profile().expect("one was asked for");
    /// assert_eq!(profile.runs, 16);
    /// println!("{profile}");
    /// ```
    pub fn with_profile(mut self) -> Self {
        self.job.profilers = self.job.target.scenario().map(|scenario| Arc::new(Profilers::of(scenario)));
        self
    }

    /// Reports progress about every 100 ms and once at the end.
    ///
    /// Calls `progress` in the thread that calls [`run`](Self::run).
    pub fn progress<'q>(self, progress: impl FnMut(Progress) + 'q) -> Campaign<'q>
    where
        'p: 'q,
    {
        Campaign { progress: Some(Box::new(progress)), ..self }
    }

    /// Stops early once `stop` is true.
    ///
    /// No further seed starts; running ones have one second to finish. The [`Sweep`] is then [interrupted](Sweep::is_interrupted)
    /// and holds the failures found so far. Also ends the minimization of [`Sweep::keep_artifacts`], which then writes the smallest
    /// case so far.
    pub fn cancel_on(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// Makes the text after `rerun:` in each failure: how a user runs that seed again.
    pub fn rerun_hint<'q>(self, hint: impl Fn(&Report) -> String + 'q) -> Campaign<'q>
    where
        'p: 'q,
    {
        Campaign { rerun_hint: Some(Box::new(hint)), ..self }
    }

    /// Serves as a worker process of [`isolated_by`](Self::isolated_by); never returns.
    ///
    /// Takes seeds from standard input until it closes. The campaign must equal that of the supervisor.
    pub fn work(self) -> ! {
        isolated::work(&self.job)
    }

    /// As [`run`](Self::run), for a scenario that may be invalid.
    ///
    /// # Errors
    /// If the scenario cannot be run; nothing was run.
    #[track_caller]
    pub fn try_run(self) -> Result<Sweep, ScenarioError> {
        self.job.target.validate().map(|()| self.run())
    }

    /// Runs the campaign.
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_run`](Self::try_run) returns the error instead.
    #[track_caller]
    pub fn run(self) -> Sweep {
        let call_site = Location::caller();
        let Self { job, seeds, max_failures, threads, place, required, mut progress, stop, rerun_hint, .. } = self;
        let limits = Limits { shrink_bounds: self.shrink_bounds, max_time: self.max_time, began: now() };
        let sample = if self.samples_determinism { Sample::of(&seeds) } else { Sample::none() };
        let count = usize::try_from(seeds.end.saturating_sub(seeds.start)).unwrap_or(usize::MAX);
        let workers = threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get).min(count);
        let shared = Arc::new(Shared::new(seeds.clone(), sample, max_failures, workers, Arc::clone(&stop)));
        let (mut reported_at, mut stopped_at) = (now(), None);
        let mut keep_waiting = || {
            if let Some(progress) = progress.as_mut().filter(|_| reported_at.elapsed() >= PROGRESS_EVERY) {
                progress(shared.progress());
                reported_at = now();
            }
            if limits.is_out_of_time() && !shared.is_stopped() {
                shared.interrupt();
            }
            !shared.is_stopped() || stopped_at.get_or_insert_with(now).elapsed() < GRACE
        };
        match place {
            Place::Threads => threads::run(&job, &shared, &mut keep_waiting),
            Place::SameCall => isolated::run_by_same_call(&job, &shared, seeds.start, call_site, &mut keep_waiting),
            Place::Started(command) => isolated::run(&job, &shared, command, &mut keep_waiting),
        }
        if let Some(progress) = &mut progress {
            progress(shared.progress());
        }
        let result = shared.take_result().judging_idle_rules(|report| {
            let seed = report.seed();
            job.target.confirm(seed, report, &Arc::default(), true)
        });
        let sweep = Sweep::new(&*job.target, seeds, result, rerun_hint.as_deref(), required);
        sweep.within(limits).cancelled_by(stop)
    }
}
