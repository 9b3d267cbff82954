//! [`Explore`]: what a scenario can be put through besides a single run.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use cluster_sim_runtime::Seed;
use cluster_sim_simulation::driver::outside_of_runtimes;
use cluster_sim_simulation::{Profile, Report, Scenario, ScenarioError};

use crate::artifacts::{ArtifactContext, Artifacts, keep_artifacts};
use crate::campaign::{Campaign, Sweep, campaign, sweep};
use crate::determinism::{DeterminismCheck, check_determinism, check_determinism_in_process};
use crate::profile::{profile, try_profile};
use crate::replay::{Case, Minimized, Reproducer, ReproducerError};
use crate::rerun::{Replay, check_regression, replay, replay_with_progress};
use crate::run_progress::{RunProgress, run_with_progress};
use crate::runner::{Runner, STEERED};
use crate::sealed::Sealed;
use crate::shrink::{ShrinkBounds, ShrinkProgress, shrink, shrink_within};
use crate::trial::Trial;

/// Runs a scenario many times: sweeps, determinism checks, minimization, replays.
///
/// | to | call |
/// |---|---|
/// | run many seeds | [`sweep`](Self::sweep); [`campaign`](Self::campaign) for worker processes or several failures |
/// | check determinism | [`check_determinism`](Self::check_determinism), [`check_determinism_in_process`](Self::check_determinism_in_process) |
/// | minimize a failure | [`shrink`](Self::shrink), [`shrink_within`](Self::shrink_within) |
/// | find out what a run's time goes to | [`profile`](Self::profile), [`Campaign::with_profile`] |
/// | refuse an invalid scenario without a panic | the methods that begin with `try_`, [`Campaign::try_run`] |
/// | keep and replay a failure | [`keep_artifacts`](Self::keep_artifacts), [`replay`](Self::replay), [`check_regression`](Self::check_regression) |
///
/// Implemented by [`Scenario`] alone, and part of the prelude.
pub trait Explore: Sealed {
    /// Runs every seed of a range up to the first that fails, [`threads`](Scenario::threads) at a time.
    ///
    /// Short for [`campaign(seeds).run()`](Self::campaign). The result does not depend on the number of threads: seeds start in
    /// order, and every seed before the first failing one is run. A seed that stays in one step longer than the
    /// [`step_timeout`](Scenario::step_timeout) fails.
    ///
    /// A failing seed is confirmed by a [`check_determinism`](Self::check_determinism), which runs it twice more. If these runs
    /// differ, or agree on another result, the seed is [`Nondeterministic`](cluster_sim_simulation::Outcome::Nondeterministic) and its report
    /// contains nothing else.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    #[track_caller]
    fn sweep(&self, seeds: Range<u64>) -> Sweep;

    /// Starts building a campaign over a range of seeds; [`run`](Campaign::run) runs it.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use cluster_sim::prelude::*;
    ///
    /// async fn count(node: Node) {
    ///     node.sleep(node.roll("when", 0).within(Duration::from_secs(1))).await;
    ///     node.publish(|late: &mut bool| *late = true);
    /// }
    ///
    /// let scenario = Scenario::new("counting")
    ///     .nodes("counter", 1, count)
    ///     .always("no node is late", |world| {
    ///         let is_early = world.now() < VirtualInstant::ZERO + Duration::from_millis(900);
    ///         world.views::<bool>().all(|(_, late)| !late || is_early)
    ///     });
    /// let sweep = scenario.campaign(0..64).max_failures(NonZeroUsize::new(3).unwrap()).run();
    /// assert_eq!(sweep.failures().len(), 1, "all failures have one rule and message: {sweep}");
    /// assert_eq!(sweep.passed() + sweep.failed(), 64);
    /// ```
    fn campaign(&self, seeds: Range<u64>) -> Campaign<'static>;

    /// Runs one seed as [`run`](Scenario::run) does, and measures the time of each rule and group.
    ///
    /// The report, with its digest, is that of a run without a profile: only code outside of the run reads the machine's clock.
    /// For many seeds see [`Campaign::with_profile`].
    ///
    /// ```
    /// use cluster_sim::explore::ProfileSubject;
    /// use cluster_sim::prelude::*;
    ///
    /// async fn count(node: Node) {
    ///     for number in 1..=50_u64 {
    ///         node.publish(|count: &mut u64| *count = number);
    ///         node.sleep(Duration::from_millis(10)).await;
    ///     }
    /// }
    ///
    /// let scenario = Scenario::new("counting")
    ///     .nodes("counter", 200, count)
    ///     .always("all counts are small", |world| world.views::<u64>().all(|(_, count)| *count <= 50));
    /// let (report, profile) = scenario.profile(Seed(7));
    /// report.assert_ok();
    ///
    /// let most = profile.by_time()[0];
    /// assert!(matches!(&most.subject, ProfileSubject::Rule { name, .. } if name == "all counts are small"), "{profile}");
    /// assert!(most.views_read > 190 * most.calls, "it reads all views at each call: use `always_each`");
    /// ```
    ///
    /// # Panics
    /// If the scenario cannot be run; [`try_profile`](Self::try_profile) returns the error instead.
    fn profile(&self, seed: Seed) -> (Report, Profile);

    /// Runs one seed in this thread and in a fresh one at once, and compares the runs event by event.
    ///
    /// Compares all events and all facts (by their `Debug` form) in order, and then the reports. Both runs stop at the first
    /// difference. A fresh thread shows leaks through thread-locals, but not through statics that earlier runs left behind;
    /// [`check_determinism_in_process`](Self::check_determinism_in_process) shows these too. The other run sends a sign of life
    /// while it steps; if none comes for [`step_timeout`](Scenario::step_timeout), the comparison fails.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// struct Counter(u64);
    ///
    /// impl Machine for Counter {
    ///     type Message = ();
    ///     type View = u64;
    ///     fn step(&mut self, _: LocalInstant, _: Input<()>, effects: &mut Effects<()>) {
    ///         self.0 += 1;
    ///         effects.set_timer(Timer(0), Duration::from_secs(1));
    ///     }
    ///     fn view(&self) -> &u64 {
    ///         &self.0
    ///     }
    /// }
    ///
    /// let scenario = Scenario::new("counting").machines("counter", 2, |_: &Boot| Counter(0));
    /// let check = scenario.check_determinism(Seed(7));
    /// check.assert_ok();
    /// assert_eq!(check.outcome(), Outcome::Held);
    /// ```
    ///
    /// # Panics
    /// If the scenario cannot be run, or code in it panics where a run records no finding.
    fn check_determinism(&self, seed: Seed) -> DeterminismCheck;

    /// Runs one seed in this process and in another one at the same time, and compares the two runs.
    ///
    /// Compares as [`check_determinism`](Self::check_determinism) does. The other process is this executable, started again: in a
    /// test with the name of this thread's test, in a main thread with the arguments of this process. There, the same call sends
    /// its run and ends the process. Code before the call runs there too, so a test must make its calls in the same order every
    /// time; earlier calls of this method run once there and compare nothing. Standard input and output of the process carry the
    /// comparison.
    ///
    /// The comparison fails, which is not a pass, if the process cannot be started, ends early, reaches another call, does not
    /// reach this call within [`step_timeout`](Scenario::step_timeout), or sends nothing for that long.
    ///
    /// # Panics
    /// As [`check_determinism`](Self::check_determinism).
    #[track_caller]
    fn check_determinism_in_process(&self, seed: Seed) -> DeterminismCheck;

    /// Searches for the smallest case that breaks the same rule as this run did.
    ///
    /// Removes kinds of faults, single faults, their duration and targets; then time, clients and other nodes; then decisions, by
    /// kind, by link, in pieces and one by one. Runs every candidate. Removes no single operation of a client: these are in its
    /// code. Stops after [10,000 runs or one minute](ShrinkBounds::default).
    ///
    /// Returns nothing if the run passed, found nothing that another run could find again, or if a rerun does not find it. Equal
    /// runs and bounds give equal cases unless time runs out, and a minimal case minimizes to itself.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    fn shrink(&self, report: &Report) -> Option<Minimized>;

    /// As [`shrink`](Self::shrink), but starts from `case` and stops at `bounds`.
    ///
    /// `case` must break the rule of the report's finding. Calls `progress` before each run. A run that stays in one step longer
    /// than the [`step_timeout`](Scenario::step_timeout), or is on its way when the time of the bounds ends, ends the search, which
    /// returns the smallest case found before.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    fn shrink_within(
        &self,
        case: Case,
        report: &Report,
        bounds: ShrinkBounds,
        progress: impl FnMut(&ShrinkProgress) + Send + 'static,
    ) -> Option<Minimized>;

    /// Minimizes a failing run and writes its artifacts to `root/<context name>/<seed>`.
    ///
    /// Each file is written atomically. A file that cannot be written adds a line to [`problems`](Artifacts::problems) and
    /// affects no other. Runs the [`shrink_within`](Self::shrink_within) search first, within `bounds`, and reports to `progress`
    /// before each of its runs. Within [`ShrinkBounds::NONE`] it keeps the case as it was found.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    fn keep_artifacts(
        &self,
        report: &Report,
        context: &ArtifactContext,
        root: &Path,
        bounds: ShrinkBounds,
        progress: impl FnMut(&ShrinkProgress) + Send + 'static,
    ) -> Artifacts;

    /// Runs the minimized case of a reproducer, or the original if there is none, and compares.
    ///
    /// If the case no longer breaks a rule, only its own rule decides whether the run is [`Unknown`](cluster_sim_simulation::Outcome::Unknown): a
    /// minimized case may leave other rules nothing to judge.
    ///
    /// # Errors
    /// If the file is about another scenario, or its case does not fit this one; nothing was run.
    fn replay(&self, reproducer: &Reproducer) -> Result<Replay, ReproducerError>;

    /// As [`replay`](Self::replay), and tells `progress` how far the run is.
    ///
    /// Another thread may read it at every step.
    ///
    /// # Errors
    /// As [`replay`](Self::replay).
    fn replay_with_progress(&self, reproducer: &Reproducer, progress: &RunProgress) -> Result<Replay, ReproducerError>;

    /// Runs the original case of a reproducer, before minimization, and compares.
    ///
    /// # Errors
    /// If the file is about another scenario, or its case does not fit this one; nothing was run.
    fn replay_original(&self, reproducer: &Reproducer) -> Result<Replay, ReproducerError>;

    /// Runs the minimized case of a fixed bug: its finding must not return.
    ///
    /// The run is [`Stale`](cluster_sim_simulation::Outcome::Stale) if no fault of the case had an effect and none of its decisions was used: it tests
    /// nothing, and a new case is needed. It is [`Unknown`](cluster_sim_simulation::Outcome::Unknown) if the case's own rule had nothing to judge; other
    /// rules may have had nothing to judge and the run still passes.
    ///
    /// # Errors
    /// If the file is about another scenario, or its case does not fit this one; nothing was run.
    fn check_regression(&self, reproducer: &Reproducer) -> Result<Report, ReproducerError>;

    /// As [`sweep`](Self::sweep), for a scenario that may be invalid.
    ///
    /// # Errors
    /// If the scenario cannot be run; nothing was run.
    #[track_caller]
    fn try_sweep(&self, seeds: Range<u64>) -> Result<Sweep, ScenarioError> {
        self.validate_with(None).map(|()| self.sweep(seeds))
    }

    /// As [`check_determinism`](Self::check_determinism), for a scenario that may be invalid.
    ///
    /// # Errors
    /// If the scenario cannot be run; nothing was run.
    fn try_check_determinism(&self, seed: Seed) -> Result<DeterminismCheck, ScenarioError> {
        self.validate_with(None).map(|()| self.check_determinism(seed))
    }

    /// Runs one seed in this process and in another one, for a scenario that may be invalid.
    ///
    /// As [`check_determinism_in_process`](Self::check_determinism_in_process). Tells `progress` at every step how far the run in this process is, for another thread to read.
    ///
    /// # Errors
    /// If the scenario cannot be run; nothing was run.
    #[track_caller]
    fn try_check_determinism_in_process(&self, seed: Seed, progress: &RunProgress) -> Result<DeterminismCheck, ScenarioError>;

    /// As [`shrink`](Self::shrink), for a scenario or a report that may not fit.
    ///
    /// # Errors
    /// If the scenario cannot be run with the faults of the report; nothing was run.
    fn try_shrink(&self, report: &Report) -> Result<Option<Minimized>, ScenarioError> {
        self.validate_with(Some(&Case::of(report))).map(|()| self.shrink(report))
    }

    /// As [`shrink_within`](Self::shrink_within), for a scenario or a case that may be invalid.
    ///
    /// # Errors
    /// If the scenario cannot be run under the case; nothing was run.
    fn try_shrink_within(
        &self,
        case: Case,
        report: &Report,
        bounds: ShrinkBounds,
        progress: impl FnMut(&ShrinkProgress) + Send + 'static,
    ) -> Result<Option<Minimized>, ScenarioError> {
        self.validate_with(Some(&case)).map(|()| self.shrink_within(case, report, bounds, progress))
    }

    /// As [`keep_artifacts`](Self::keep_artifacts), for a report that may be of another scenario.
    ///
    /// # Errors
    /// If the scenario cannot be run with the faults of the report; nothing was run or written.
    fn try_keep_artifacts(
        &self,
        report: &Report,
        context: &ArtifactContext,
        root: &Path,
        bounds: ShrinkBounds,
        progress: impl FnMut(&ShrinkProgress) + Send + 'static,
    ) -> Result<Artifacts, ScenarioError> {
        self.validate_with(Some(&Case::of(report))).map(|()| self.keep_artifacts(report, context, root, bounds, progress))
    }

    /// As [`Scenario::run`], and tells `progress` at every step how far it is, for another thread to read.
    ///
    /// # Errors
    /// If the scenario cannot be run; nothing was run.
    fn try_run_with_progress(&self, seed: Seed, progress: &RunProgress) -> Result<Report, ScenarioError>;

    /// As [`profile`](Self::profile), with progress for another thread, for a scenario that may be invalid.
    ///
    /// # Errors
    /// If the scenario cannot be run; nothing was run.
    fn try_profile(&self, seed: Seed, progress: &RunProgress) -> Result<(Report, Profile), ScenarioError>;
}

impl Explore for Scenario {
    #[track_caller]
    fn sweep(&self, seeds: Range<u64>) -> Sweep {
        sweep(self, seeds)
    }

    fn campaign(&self, seeds: Range<u64>) -> Campaign<'static> {
        campaign(self, seeds)
    }

    fn profile(&self, seed: Seed) -> (Report, Profile) {
        outside_of_runtimes(|| profile(self, seed))
    }

    fn check_determinism(&self, seed: Seed) -> DeterminismCheck {
        outside_of_runtimes(|| check_determinism(&Runner::of(self), seed))
    }

    #[track_caller]
    fn check_determinism_in_process(&self, seed: Seed) -> DeterminismCheck {
        check_determinism_in_process(self, seed, &RunProgress::default())
    }

    #[track_caller]
    fn try_check_determinism_in_process(&self, seed: Seed, progress: &RunProgress) -> Result<DeterminismCheck, ScenarioError> {
        self.validate()?;
        Ok(check_determinism_in_process(self, seed, progress))
    }

    fn shrink(&self, report: &Report) -> Option<Minimized> {
        shrink(&Runner::of(self), report)
    }

    fn shrink_within(
        &self,
        case: Case,
        report: &Report,
        bounds: ShrinkBounds,
        progress: impl FnMut(&ShrinkProgress) + Send + 'static,
    ) -> Option<Minimized> {
        shrink_within(&Runner::of(self), case, report, bounds, progress)
    }

    fn keep_artifacts(
        &self,
        report: &Report,
        context: &ArtifactContext,
        root: &Path,
        bounds: ShrinkBounds,
        progress: impl FnMut(&ShrinkProgress) + Send + 'static,
    ) -> Artifacts {
        let repeat = || if report.by_hand { Err(STEERED.to_owned()) } else { Ok((Runner::of(self), None)) };
        keep_artifacts(report, repeat, context, root, (bounds, &Arc::default()), progress)
    }

    fn replay(&self, reproducer: &Reproducer) -> Result<Replay, ReproducerError> {
        replay(&Runner::of(self), reproducer)
    }

    fn replay_with_progress(&self, reproducer: &Reproducer, progress: &RunProgress) -> Result<Replay, ReproducerError> {
        replay_with_progress(&Runner::of(self), reproducer, progress)
    }

    fn replay_original(&self, reproducer: &Reproducer) -> Result<Replay, ReproducerError> {
        replay(&Runner::of(self), &reproducer.original())
    }

    fn check_regression(&self, reproducer: &Reproducer) -> Result<Report, ReproducerError> {
        check_regression(&Runner::of(self), reproducer)
    }

    fn try_profile(&self, seed: Seed, progress: &RunProgress) -> Result<(Report, Profile), ScenarioError> {
        outside_of_runtimes(|| try_profile(self, seed, progress))
    }

    fn try_run_with_progress(&self, seed: Seed, progress: &RunProgress) -> Result<Report, ScenarioError> {
        outside_of_runtimes(|| run_with_progress(self, seed, progress))
    }
}

/// Files about failures of tests that take a trial.
impl Trial {
    /// Runs the minimized case of a reproducer by the test that it is about, and compares.
    ///
    /// As [`Explore::replay`] otherwise.
    ///
    /// # Errors
    /// If the file is about another scenario than the test starts, or its case does not fit that.
    pub fn replay(test: fn(Self) -> Report, reproducer: &Reproducer) -> Result<Replay, ReproducerError> {
        replay(&Runner::of_test(reproducer.scenario.clone(), test), reproducer)
    }

    /// Runs the minimized case of a fixed bug by the test that found it; as [`Explore::check_regression`].
    ///
    /// Faults that the test itself injects do not count as an effect of the case.
    ///
    /// # Errors
    /// If the file is about another scenario than the test starts, or its case does not fit that.
    pub fn check_regression(test: fn(Self) -> Report, reproducer: &Reproducer) -> Result<Report, ReproducerError> {
        check_regression(&Runner::of_test(reproducer.scenario.clone(), test), reproducer)
    }
}
