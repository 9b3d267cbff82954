//! A campaign: what is run from which seeds, and how.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::Location;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use cluster_sim_invariants::IntoVerdict;

use super::progress::Progress;
use super::state::Shared;
use super::sweep::{RerunHint, Sweep};
use super::target::{Job, ReportCheck, Target};
use super::watchdog::now;
use super::{isolated, threads};
use crate::report::Report;
use crate::scenario::Scenario;

/// How long whoever still works on a seed is waited for once somebody asked to stop.
const GRACE: Duration = Duration::from_secs(1);
/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

impl Scenario {
    /// Runs every seed of a range up to the first that fails, as many at once as the scenario has [`threads`](Self::threads). One that is in
    /// the same step for longer than the scenario's [`step_timeout`](Self::step_timeout) has failed, too.
    ///
    /// What it shows hangs on no number of threads: seeds begin in their order, and every one before the first that fails is run.
    ///
    /// The seed that fails is then run [`check_determinism`](Self::check_determinism) more. Where these runs part, or agree on something else than what failed, it is
    /// [`Nondeterministic`](crate::Outcome::Nondeterministic), and its report says that and claims nothing else.
    ///
    /// This is the short form of a [`campaign`](Self::campaign).
    ///
    /// # Panics
    /// If the scenario cannot be run.
    #[track_caller]
    pub fn sweep(&self, seeds: Range<u64>) -> Sweep {
        self.campaign(seeds).run()
    }

    /// A campaign over a range of seeds, to be told how, and then [`run`](Campaign::run).
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use cluster_sim::prelude::*;
    ///
    /// async fn count(node: Node) {
    ///     node.sleep(node.roll("when", 0).within(Duration::from_secs(1))).await;
    ///     node.view(|late: &mut bool| *late = true);
    /// }
    ///
    /// let scenario = Scenario::new("counting")
    ///     .nodes("counter", 1, count)
    ///     .always("nobody is late", |world| {
    ///         let is_early = world.now() < VirtualInstant::ZERO + Duration::from_millis(900);
    ///         world.views::<bool>().all(|(_, late)| !late || is_early)
    ///     });
    /// let sweep = scenario.campaign(0..64).failures(NonZeroUsize::new(3).unwrap()).run();
    /// assert_eq!(sweep.failures().len(), 1, "the same rule breaks in the same way: {sweep}");
    /// assert_eq!(sweep.held() + sweep.failed(), 64);
    /// ```
    pub fn campaign(&self, seeds: Range<u64>) -> Campaign<'static> {
        Campaign::of(Arc::new(self.clone()), seeds, self.0.threads)
    }
}

/// Where the seeds of a campaign are run.
enum Place {
    /// In threads of this process.
    Threads,
    /// In processes of this executable that come to the same call.
    SameCall,
    /// In processes that are started so and end up in [`Campaign::work`].
    Started(Arc<dyn Fn() -> Command + Send + Sync>),
}

/// What is run from which seeds, and how: made by [`Scenario::campaign`].
///
/// What it shows hangs on no number of workers, and on no place where they work.
#[must_use = "nothing runs before `run`"]
pub struct Campaign<'p> {
    job: Job,
    seeds: Range<u64>,
    max_failures: NonZeroUsize,
    threads: Option<NonZeroUsize>,
    place: Place,
    needs_coverage: bool,
    progress: Option<Box<dyn FnMut(Progress) + 'p>>,
    stop: Arc<AtomicBool>,
    rerun_hint: Option<Box<RerunHint<'p>>>,
}

impl<'p> Campaign<'p> {
    pub(super) fn of(target: Arc<dyn Target>, seeds: Range<u64>, threads: Option<NonZeroUsize>) -> Self {
        let job = Job { target, report_checks: Vec::new(), counts_coverage: false };
        let (max_failures, place, stop) = (NonZeroUsize::MIN, Place::Threads, Arc::default());
        Self {
            job,
            seeds,
            max_failures: max_failures,
            threads,
            place,
            needs_coverage: false,
            progress: None,
            stop,
            rerun_hint: None,
        }
    }

    /// Goes on until seeds failed in so many different ways; one by default.
    ///
    /// Two seeds fail in one way if they break the same rule with the same words, numbers and names with numbers left out. Of each way the
    /// first seed is kept whole, the others are counted.
    ///
    /// In threads a seed that does not come back from a step is the last one, since nothing can end a thread; [`isolated`](Self::isolated)
    /// goes on beyond it.
    pub fn max_failures(self, max_failures: NonZeroUsize) -> Self {
        Self { max_failures: max_failures, ..self }
    }

    /// Runs so many seeds at a time. Default: as many as the scenario says, or as the machine has cores.
    pub fn threads(self, threads: NonZeroUsize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// Runs the seeds in processes of their own, so that one that ends its process or never comes back is a finding like others: a signal,
    /// an abort, a stack overflow, an exit, an endless loop.
    ///
    /// The processes are this executable, started again: in a test to run the test of this thread's name alone, in a main thread with the
    /// arguments of this process. There [`run`](Self::run) does the work that it is given and ends the process. Everything before that call is
    /// done there too, so a test must come to its calls in the same order each time. Their standard input and output carry the work.
    pub fn isolated(self) -> Self {
        Self { place: Place::SameCall, ..self }
    }

    /// The same in processes that `command` starts, each of which must end up in [`work`](Self::work) of a campaign of an equal scenario and equal rules.
    pub fn isolated_by(self, command: impl Fn() -> Command + Send + Sync + 'static) -> Self {
        Self { place: Place::Started(Arc::new(command)), ..self }
    }

    /// Adds a rule over the report of each run in which everything else held.
    pub fn check_report<V: IntoVerdict>(mut self, name: &str, test: impl Fn(&Report) -> V + Send + Sync + 'static) -> Self {
        let test = Arc::new(move |report: &Report| test(report).into_verdict());
        self.job.report_checks.push(ReportCheck { name: name.to_owned(), test });
        self
    }

    /// Counts what the runs go through, for [`Sweep::coverage`]. Takes a few microseconds a run.
    pub fn with_coverage(mut self) -> Self {
        self.job.counts_coverage = true;
        self
    }

    /// The same, and has the sweep fail where something is [missing](crate::Coverage::missing) that the scenario is meant to go through: a point that
    /// was never reached, a rule with nothing to judge, a kind of fault that never struck or never had an effect.
    pub fn require_coverage(self) -> Self {
        Self { needs_coverage: true, ..self.with_coverage() }
    }

    /// Tells now and then how far it is, and once in the end; in the thread that [`run`](Self::run)s it.
    pub fn progress<'q>(self, progress: impl FnMut(Progress) + 'q) -> Campaign<'q>
    where
        'p: 'q,
    {
        Campaign { progress: Some(Box::new(progress)), ..self }
    }

    /// Ends early once `stop` is true: no seed begins any more, those under way are waited for a second at the most, and what was found so
    /// far is told.
    pub fn cancel_on(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// Has every failure say in these words how to see it again.
    pub fn rerun_hint<'q>(self, hint: impl Fn(&Report) -> String + 'q) -> Campaign<'q>
    where
        'p: 'q,
    {
        Campaign { rerun_hint: Some(Box::new(hint)), ..self }
    }

    /// Does the part of a process that was started by [`isolated_by`](Self::isolated_by), which must be made of the same campaign, and ends
    /// this process. The seeds come from whoever started it.
    pub fn work(self) -> ! {
        isolated::work(&self.job)
    }

    /// Runs it.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    #[track_caller]
    pub fn run(self) -> Sweep {
        let call_site = Location::caller();
        let Self { job, seeds, max_failures, threads, place, needs_coverage, mut progress, stop, rerun_hint } = self;
        let count = usize::try_from(seeds.end.saturating_sub(seeds.start)).unwrap_or(usize::MAX);
        let workers = threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get).min(count);
        let shared = Arc::new(Shared::new(seeds.clone(), max_failures, workers, stop));
        let (mut reported_at, mut stopped_at) = (now(), None);
        let mut keep_waiting = || {
            if let Some(progress) = progress.as_mut().filter(|_| reported_at.elapsed() >= PROGRESS_EVERY) {
                progress(shared.progress());
                reported_at = now();
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
        Sweep::new(&*job.target, seeds, shared.take_result(), rerun_hint.as_deref(), needs_coverage)
    }
}
