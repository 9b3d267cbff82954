//! [`Sweep`]: the result of running a range of seeds.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cluster_sim_explain::SuiteCase;
use cluster_sim_simulation::text::ShowReport;
use cluster_sim_simulation::{Decision, FailureSummary, Outcome, Profile, Report, Scenario};

use super::limits::{Limits, RequiredCoverage};
use super::range::SeedRange;
use super::state::CampaignResult;
use super::target::Target;
use crate::artifacts::{ArtifactContext, Artifacts, Repeat, keep_artifacts};
use crate::child::ChildError;
use crate::clock::now;
use crate::coverage::Coverage;
use crate::determinism::DeterminismError;
use crate::determinism::FailedSeed;
use crate::runner::Runner;
use crate::shrink::{ShrinkBounds, ShrinkProgress};

/// Makes the text that says how to run a failing seed again.
pub(super) type RerunHint<'a> = dyn Fn(&Report) -> String + 'a;

const MINIMIZING_INTERRUPTED: &str = "interrupted while a failure was minimized";

/// Result of running a range of seeds.
///
/// A sweep ends at the first failing seed, a [`Campaign`](super::Campaign) at the first seed of its last required failure.
/// Results of later seeds, which may have run meanwhile, are dropped.
#[derive(Debug)]
#[must_use = "a failing sweep must be looked at: call `assert_ok`"]
pub struct Sweep {
    scenario: String,
    seeds: Range<u64>,
    passed: u64,
    exceeded: u64,
    failures: Vec<Failure>,
    /// Decisions of the failing seeds that were recorded in this process.
    known_decisions: BTreeMap<u64, Vec<Decision>>,
    coverage: Option<Coverage>,
    profile: Option<Profile>,
    first_passed: Option<Report>,
    required: RequiredCoverage,
    is_interrupted: bool,
    error: Option<ChildError>,
    limits: Limits,
    /// Time ended it, and no interrupt.
    is_out_of_time: bool,
    /// Ends a minimization too.
    stop: Arc<AtomicBool>,
    /// It ended one.
    is_minimizing_interrupted: bool,
}

/// Failing seeds with one rule and message, ignoring numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    report: Report,
    unconfirmed: Option<DeterminismError>,
    duplicates: u64,
    /// How to run the seed again, from the caller of the campaign.
    rerun_hint: Option<String>,
    summary: Option<FailureSummary>,
    artifacts: Option<Artifacts>,
}

impl Failure {
    /// The report of the first of these seeds.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Why the seed could not be confirmed, if so: its report then comes from one run only.
    pub fn unconfirmed(&self) -> Option<&DeterminismError> {
        self.unconfirmed.as_ref()
    }

    /// How the run failed; absent if it could not be run again, or that run differed.
    pub fn summary(&self) -> Option<&FailureSummary> {
        self.summary.as_ref()
    }

    /// The files written about it, after [`Sweep::keep_artifacts`].
    pub fn artifacts(&self) -> Option<&Artifacts> {
        self.artifacts.as_ref()
    }

    /// Number of later seeds that failed in the same way.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }
}

impl Sweep {
    pub(super) fn new(
        target: &dyn Target,
        seeds: Range<u64>,
        result: CampaignResult,
        rerun_hint: Option<&RerunHint<'_>>,
        required: RequiredCoverage,
    ) -> Self {
        let is_interrupted = result.is_interrupted;
        let mut known_decisions = BTreeMap::new();
        let failure = |(seed, FailedSeed { report, unconfirmed, summary, decisions }, duplicates)| {
            let rerun_hint = rerun_hint.map(|rerun_hint| rerun_hint(&report));
            known_decisions.extend(decisions.map(|decisions| (seed, decisions)));
            Failure { report, unconfirmed, duplicates, rerun_hint, summary, artifacts: None }
        };
        let failures: Vec<Failure> = result.failures.into_iter().map(failure).collect();
        let failed: u64 = failures.iter().map(|failure| 1 + failure.duplicates).sum();
        let exceeded = result.exceeded;
        let passed = result.done.saturating_sub(failed + exceeded);
        let (scenario, coverage, profile, error) = (target.name().to_owned(), result.coverage, result.profile, result.error);
        let first_passed = result.first_passed;
        Self {
            scenario,
            seeds,
            passed,
            exceeded,
            failures,
            known_decisions,
            coverage,
            profile,
            first_passed,
            required,
            is_interrupted,
            error,
            limits: Limits { shrink_bounds: ShrinkBounds::default(), max_time: None, began: now() },
            is_out_of_time: false,
            stop: Arc::default(),
            is_minimizing_interrupted: false,
        }
    }

    /// Sets the limits of the campaign, which may have ended it.
    pub(super) fn within(self, limits: Limits) -> Self {
        Self { limits, is_out_of_time: self.is_interrupted && limits.is_out_of_time(), ..self }
    }

    /// Ends minimizations early once `stop` is true.
    ///
    /// If it is true by now, it ended the sweep.
    pub(super) fn cancelled_by(self, stop: Arc<AtomicBool>) -> Self {
        let is_out_of_time = self.is_out_of_time && !stop.load(Ordering::Relaxed);
        Self { stop, is_out_of_time, ..self }
    }

    /// Why not every seed was run, if a limit or an interrupt ended the sweep.
    fn why_not_whole(&self) -> Option<String> {
        let time = self.limits.max_time.filter(|_| self.is_out_of_time).map(|time| format!("out of time (max_time {time:?})"));
        self.is_interrupted.then(|| time.unwrap_or_else(|| "interrupted".to_owned()))
    }

    /// The seeds asked for.
    pub fn seeds(&self) -> Range<u64> {
        self.seeds.clone()
    }

    /// Number of seeds that passed.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// Number of seeds whose faults went beyond what the scenario claims to survive.
    ///
    /// They prove nothing; see [`Scenario::survives`].
    pub fn exceeded(&self) -> u64 {
        self.exceeded
    }

    /// Number of seeds that failed.
    pub fn failed(&self) -> u64 {
        self.failures.iter().map(|failure| 1 + failure.duplicates).sum()
    }

    /// The report of the first failing seed.
    pub fn failure(&self) -> Option<&Report> {
        self.failures.first().map(Failure::report)
    }

    /// The report of the first seed, if it passed: an example of a run without a finding.
    pub fn first_passed(&self) -> Option<&Report> {
        self.first_passed.as_ref()
    }

    /// The different failures, in the order of their first seeds.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Coverage; absent unless [counted](super::Campaign::with_coverage) and every seed of the range ran.
    pub fn coverage(&self) -> Option<&Coverage> {
        self.coverage.as_ref()
    }

    /// Profile of the runs; absent unless [asked for](super::Campaign::with_profile).
    ///
    /// Also absent if no run ended. Not part of the sweep's text, which is equal in equal sweeps.
    pub fn profile(&self) -> Option<&Profile> {
        self.profile.as_ref()
    }

    /// Coverage that is missing although required.
    fn missing(&self) -> Vec<String> {
        self.coverage.as_ref().map(|coverage| self.required.missing(coverage)).unwrap_or_default()
    }

    /// Minimizes each failure and writes its artifacts below `root`.
    ///
    /// See [`Explore::keep_artifacts`](crate::Explore::keep_artifacts). The text of the sweep then names the files. `progress` is called
    /// before each run of the search. `scenario` must be that of the sweep.
    ///
    /// [`Campaign::shrink_bounds`](super::Campaign::shrink_bounds) and what is left of [`Campaign::max_time`](super::Campaign::max_time)
    /// bound the search. An interrupted sweep writes them without minimizing. [`Campaign::cancel_on`](super::Campaign::cancel_on) ends a minimization
    /// too: the smallest case so far is written, and the sweep counts as interrupted.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    pub fn keep_artifacts(
        &mut self,
        scenario: &Scenario,
        context: &ArtifactContext,
        root: &Path,
        progress: impl FnMut(&ShrinkProgress) + Send + Clone + 'static,
    ) {
        let runner = Runner::of(scenario);
        self.keep_artifacts_of(|_| Ok((runner.clone(), None)), context, root, progress);
    }

    /// As [`keep_artifacts`](Self::keep_artifacts), where `repeat` says for each failure what runs it again, or why nothing does.
    ///
    /// It may know the decisions of that run.
    pub(crate) fn keep_artifacts_of(
        &mut self,
        repeat: impl Fn(&Report) -> Result<Repeat, String>,
        context: &ArtifactContext,
        root: &Path,
        progress: impl FnMut(&ShrinkProgress) + Send + Clone + 'static,
    ) {
        for failure in &mut self.failures {
            let known = self.known_decisions.get(&failure.report.seed().0).cloned();
            let limits = (self.limits.of_shrink(), &self.stop);
            let repeat = || repeat(&failure.report).map(|(runner, decisions)| (runner, decisions.or(known)));
            failure.artifacts = Some(keep_artifacts(&failure.report, repeat, context, root, limits, progress.clone()));
        }
        self.is_minimizing_interrupted = self.stop.load(Ordering::Relaxed) && !self.is_interrupted && !self.failures.is_empty();
    }

    /// Whether it was cancelled or out of time before its end, or cancelled while it minimized a failure.
    ///
    /// Before its end, more seeds may fail.
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted || self.is_minimizing_interrupted
    }

    /// Cases about the sweep as a whole: that every seed was run, and the coverage if it is required.
    ///
    /// For [`junit_of_suite`](cluster_sim_explain::junit_of_suite).
    pub fn suite_cases(&self) -> Vec<SuiteCase> {
        let mut unproved = Vec::new();
        if let Some(why) = self.why_not_whole() {
            let (ran, all) = (self.passed + self.exceeded + self.failed(), self.seeds.end.saturating_sub(self.seeds.start));
            unproved.push(format!("{why} after {ran} of {all} seeds"));
        }
        unproved.extend(self.is_minimizing_interrupted.then(|| MINIMIZING_INTERRUPTED.to_owned()));
        unproved.extend(self.error.iter().map(|error| format!("not all seeds could be run: {error}")));
        let case = |name: &str, unproved: Vec<String>| SuiteCase {
            name: name.to_owned(),
            error: (!unproved.is_empty()).then(|| unproved.join("; ")),
        };
        let is_required = self.required != RequiredCoverage::Nothing;
        let coverage = is_required.then(|| match &self.coverage {
            Some(coverage) => self.required.missing(coverage),
            None => vec!["not every seed of the range was run".to_owned()],
        });
        let whole = case("the sweep runs every seed", unproved);
        [whole].into_iter().chain(coverage.map(|missing| case("the sweep reaches its required coverage", missing))).collect()
    }

    /// Why not all seeds could be run: a worker process could not be started, or did not reach this call.
    pub fn error(&self) -> Option<&ChildError> {
        self.error.as_ref()
    }

    /// Whether the range is not empty, every seed ran and passed, and no required coverage is missing.
    ///
    /// Seeds that went beyond a claim are left out, unless they are all: then nothing was proved.
    pub fn is_ok(&self) -> bool {
        let is_whole = !self.seeds.is_empty() && self.error.is_none() && !self.is_interrupted();
        let proves_something = self.passed > 0 || self.exceeded == 0;
        is_whole && proves_something && self.failures.is_empty() && self.missing().is_empty()
    }

    /// The exit code for a command that ends with this sweep.
    ///
    /// 0 if every seed passed; 1 with a finding; else 3 with a nondeterministic seed; else 4 if something could not be judged or
    /// run, also for want of time. 130 if interrupted, regardless of findings.
    pub fn exit_code(&self) -> u8 {
        if self.is_interrupted() && !self.is_out_of_time {
            return 130;
        }
        let codes = self.failures.iter().map(|failure| failure.report.outcome.exit_code());
        let least = codes.min().unwrap_or(Outcome::Held.exit_code());
        if least == 0 && !self.is_ok() { Outcome::Unknown.exit_code() } else { least }
    }

    /// Panics unless [`is_ok`](Self::is_ok).
    ///
    /// # Panics
    /// With the report of each failure, the reason why seeds could not be run, or if the range was empty.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(!self.seeds.is_empty(), "a sweep over no seeds proves nothing; give it a range such as 0..64");
        assert!(self.is_ok(), "{self}");
    }
}

impl fmt::Display for Sweep {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, seeds, passed, failures, .. } = self;
        let seeds = SeedRange::of(seeds);
        write!(formatter, "{passed} of seeds {seeds} of {scenario} passed")?;
        if self.failed() > 1 {
            let failures = if failures.len() == 1 { "one way".to_owned() } else { format!("{} ways", failures.len()) };
            write!(formatter, ", {} failed in {failures}", self.failed())?;
        }
        if self.exceeded > 0 {
            write!(formatter, ", {} went beyond what it claims to survive and prove nothing", self.exceeded)?;
        }
        if let Some(why) = self.why_not_whole() {
            write!(formatter, ", {why} before all were run")?;
        }
        if self.is_minimizing_interrupted {
            write!(formatter, ", {MINIMIZING_INTERRUPTED}")?;
        }
        if let Some(error) = &self.error {
            write!(formatter, "; the others could not be run: {error}")?;
        }
        if let Some(coverage) = &self.coverage {
            write!(formatter, "\n{}", coverage.to_string().trim_end())?;
        }
        for Failure { report, unconfirmed, duplicates, rerun_hint, summary, artifacts } in failures {
            let text = report.text(rerun_hint.as_deref());
            // The summary of the minimized run replaces that of the original.
            let has_minimized =
                artifacts.as_ref().is_some_and(|artifacts| artifacts.minimized().is_some() && artifacts.summary.is_some());
            let text = if has_minimized { text.brief() } else { text.with_summary(summary.as_ref()) };
            write!(formatter, "\n{text}")?;
            if let Some(error) = unconfirmed {
                writeln!(formatter, "      two more runs of it could not be compared: {error}")?;
            }
            match duplicates {
                0 => {}
                1 => writeln!(formatter, "      1 more seed failed in the same way")?,
                duplicates => writeln!(formatter, "      {duplicates} more seeds failed in the same way")?,
            }
            if let Some(artifacts) = artifacts {
                write!(formatter, "{artifacts}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_runtime::{Seed, SeedSchedule};
    use cluster_sim_simulation::driver::MakeReport;
    use rstest::rstest;

    use super::*;

    fn sweep(outcomes: &[Outcome], is_interrupted: bool) -> Sweep {
        let failure = |(seed, outcome): (u64, &Outcome)| {
            let mut report = Report::blank("test", SeedSchedule::new(Seed(seed)));
            report.outcome = *outcome;
            (seed, FailedSeed::unrecorded(report), 0)
        };
        let failures = (0..).zip(outcomes).map(failure).collect();
        let target = Runner::of(&Scenario::new("test").nodes("node", 1, async |_| {}));
        Sweep::new(
            &target,
            0..64,
            CampaignResult {
                done: 64,
                failures,
                coverage: None,
                profile: None,
                first_passed: None,
                idle: Vec::new(),
                exceeded: 0,
                is_interrupted,
                error: None,
            },
            None,
            RequiredCoverage::Nothing,
        )
    }

    #[rstest]
    #[case(&[], 0)]
    #[case(&[Outcome::Panicked], 1)]
    #[case(&[Outcome::Nondeterministic], 3)]
    #[case(&[Outcome::Exhausted], 4)]
    #[case(&[Outcome::Unknown, Outcome::Nondeterministic, Outcome::Violated], 1)]
    #[case(&[Outcome::Unknown, Outcome::Nondeterministic], 3)]
    fn a_finding_decides_the_exit_code_unless_interrupted(#[case] outcomes: &[Outcome], #[case] code: u8) {
        assert_eq!(sweep(outcomes, false).exit_code(), code);
        assert_eq!(sweep(outcomes, true).exit_code(), 130);
    }
}
