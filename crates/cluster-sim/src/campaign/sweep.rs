//! What a range of seeds showed.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use super::DeterminismError;
use super::artifacts::{ArtifactContext, Artifacts};
use super::coverage::Coverage;
use super::failures::FailedSeed;
use super::range::SeedRange;
use super::shrink::{ShrinkBounds, ShrinkProgress};
use super::state::CampaignResult;
use super::target::Target;
use crate::explain::FailureSummary;
use crate::report::{Outcome, Report};
use crate::scenario::Scenario;

/// How to see a failing seed again, in words of whoever runs the campaign.
pub(super) type RerunHint<'a> = dyn Fn(&Report) -> String + 'a;

/// What a range of seeds showed.
///
/// A sweep stops at the first seed that does not hold, a [`Campaign`](super::Campaign) at the last of as many different ones as were asked
/// for. What later seeds showed at the same time is dropped.
#[derive(Debug)]
#[must_use = "a failing sweep must be looked at: call `assert_ok`"]
pub struct Sweep {
    scenario: String,
    seeds: Range<u64>,
    passed: u64,
    failures: Vec<Failure>,
    coverage: Option<Coverage>,
    needs_coverage: bool,
    is_interrupted: bool,
    error: Option<DeterminismError>,
}

/// Seeds that do not hold, all in one way.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    report: Report,
    unconfirmed: Option<DeterminismError>,
    duplicates: u64,
    /// How to see it again, in words of whoever ran the campaign.
    rerun_hint: Option<String>,
    summary: Option<FailureSummary>,
    artifacts: Option<Artifacts>,
}

impl Failure {
    /// The report of the first of them.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Why two more runs of that seed could not be compared, if they could not: then what it shows is known of one run alone.
    pub fn unconfirmed(&self) -> Option<&DeterminismError> {
        self.unconfirmed.as_ref()
    }

    /// How it ended, as far as that is known: of a run that can be run again and was not interrupted.
    pub fn summary(&self) -> Option<&FailureSummary> {
        self.summary.as_ref()
    }

    /// What was kept of it, if anything was.
    pub fn artifacts(&self) -> Option<&Artifacts> {
        self.artifacts.as_ref()
    }

    /// How many seeds more failed in the same way.
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
        needs_coverage: bool,
    ) -> Self {
        let is_interrupted = result.is_interrupted;
        let failure = |(_, FailedSeed { report, unconfirmed }, duplicates)| {
            let rerun_hint = rerun_hint.map(|rerun_hint| rerun_hint(&report));
            // Whoever interrupts does not wait for one more run.
            let summary = if is_interrupted || unconfirmed.is_some() { None } else { target.failure_summary(&report) };
            Failure { report, unconfirmed, duplicates: duplicates, rerun_hint, summary: summary, artifacts: None }
        };
        let failures: Vec<Failure> = result.failures.into_iter().map(failure).collect();
        let failed: u64 = failures.iter().map(|failure| 1 + failure.duplicates).sum();
        let passed = result.done.saturating_sub(failed);
        let (scenario, coverage, error) = (target.name().to_owned(), result.coverage, result.error);
        Self { scenario, seeds, passed: passed, failures, coverage, needs_coverage, is_interrupted, error }
    }

    /// The seeds that were asked for.
    pub fn seeds(&self) -> Range<u64> {
        self.seeds.clone()
    }

    /// How many seeds held.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// How many seeds did not.
    pub fn failed(&self) -> u64 {
        self.failures.iter().map(|failure| 1 + failure.duplicates).sum()
    }

    /// The report of the first seed that did not hold.
    pub fn failure(&self) -> Option<&Report> {
        self.failures.first().map(Failure::report)
    }

    /// Each way in which seeds failed, in the order of its first seed.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// What the runs went through, if that was [counted](super::Campaign::with_coverage) and every seed of the range was run.
    pub fn coverage(&self) -> Option<&Coverage> {
        self.coverage.as_ref()
    }

    /// What the runs did not go through although that was required.
    fn missing(&self) -> Vec<String> {
        let coverage = self.coverage.as_ref().filter(|_| self.needs_coverage);
        coverage.map(Coverage::missing).unwrap_or_default()
    }

    /// Keeps all there is to know of each failure in files of its own below `root`: see [`Scenario::keep_artifacts`]. The text of the sweep says
    /// where they are. Of a sweep that was interrupted nobody looks for smaller cases; otherwise `progress` is told how far that is, before
    /// every run.
    ///
    /// # Panics
    /// If the scenario, which must be that of the sweep, cannot be run.
    pub fn keep_artifacts(
        &mut self,
        scenario: &Scenario,
        context: &ArtifactContext,
        root: &Path,
        progress: impl FnMut(&ShrinkProgress) + Send + Clone + 'static,
    ) {
        let bounds =
            if self.is_interrupted { ShrinkBounds { runs: 0, ..ShrinkBounds::default() } } else { ShrinkBounds::default() };
        for failure in &mut self.failures {
            failure.artifacts = Some(scenario.keep_artifacts(&failure.report, context, root, bounds, progress.clone()));
        }
    }

    /// Whether it was asked to stop before its end; then more seeds may fail.
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Why not all seeds could be run, if so: a process to run them in could not be started, or is not what it should be.
    pub fn error(&self) -> Option<&DeterminismError> {
        self.error.as_ref()
    }

    /// Whether every seed of a range that is not empty was run, and held, and went through together what was required.
    pub fn is_ok(&self) -> bool {
        let is_whole = !self.seeds.is_empty() && self.error.is_none() && !self.is_interrupted;
        is_whole && self.failures.is_empty() && self.missing().is_empty()
    }

    /// The exit code of a command that ends with this: 0 if every seed held, 1 with a finding, otherwise 3 with a seed that is not
    /// deterministic, otherwise 4 if something could not be judged or run; 130 if it was interrupted, whatever it found.
    pub fn exit_code(&self) -> u8 {
        if self.is_interrupted {
            return 130;
        }
        let codes = self.failures.iter().map(|failure| failure.report.outcome.exit_code());
        let least = codes.min().unwrap_or(Outcome::Held.exit_code());
        if least == 0 && !self.is_ok() { Outcome::Unknown.exit_code() } else { least }
    }

    /// Passes if every seed of a range that is not empty was run, and held.
    ///
    /// # Panics
    /// With the reports of the seeds that did not hold, why some could not be run, or if there was no seed at all.
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
        if self.is_interrupted {
            write!(formatter, ", interrupted before all were run")?;
        }
        if let Some(error) = &self.error {
            write!(formatter, "; the others could not be run: {error}")?;
        }
        if let Some(coverage) = &self.coverage {
            write!(formatter, "\n{}", coverage.to_string().trim_end())?;
        }
        for Failure { report, unconfirmed, duplicates, rerun_hint, summary, artifacts } in failures {
            let text = report.text(rerun_hint.as_deref());
            // The minimized case shows what the whole run would show at length.
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
    use rstest::rstest;

    use super::*;

    fn sweep(outcomes: &[Outcome], is_interrupted: bool) -> Sweep {
        let failure = |(seed, outcome): (u64, &Outcome)| {
            let mut report = Report::blank("test", SeedSchedule::new(Seed(seed)));
            report.outcome = *outcome;
            (seed, FailedSeed { report, unconfirmed: None }, 0)
        };
        let failures = (0..).zip(outcomes).map(failure).collect();
        let target = Scenario::new("test").nodes("node", 1, async |_| {});
        Sweep::new(&target, 0..64, CampaignResult { done: 64, failures, coverage: None, is_interrupted, error: None }, None, false)
    }

    #[rstest]
    #[case(&[], 0)]
    #[case(&[Outcome::Panicked], 1)]
    #[case(&[Outcome::Nondeterministic], 3)]
    #[case(&[Outcome::Exhausted], 4)]
    #[case(&[Outcome::Unknown, Outcome::Nondeterministic, Outcome::Violated], 1)]
    #[case(&[Outcome::Unknown, Outcome::Nondeterministic], 3)]
    fn a_finding_weighs_most_and_an_interrupt_more_than_all(#[case] outcomes: &[Outcome], #[case] code: u8) {
        assert_eq!(sweep(outcomes, false).exit_code(), code);
        assert_eq!(sweep(outcomes, true).exit_code(), 130);
    }
}
