//! Replays reproducer files.

use std::fmt;

use cluster_sim_runtime::Digest;
use cluster_sim_simulation::text::ShowReport;
use cluster_sim_simulation::{Decision, FailureSummary, Finding, Outcome, Recording, Report};

use super::process_rules::PROCESS_RULES;
use super::replay::{Reproducer, ReproducerError};
use super::run_progress::RunProgress;
use super::runner::{self, Runner};
use super::watchdog::{stuck, watched};

/// The run of a reproducer's case, compared with the recorded run.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The report of the replay.
    pub report: Report,
    /// One sentence for each way in which the replay differs from the recorded run.
    pub differences: Vec<String>,
    /// How the run failed; absent if it passed or never returned from a step.
    pub summary: Option<FailureSummary>,
    /// The run from start to end; absent if it never returned from a step.
    pub recording: Option<Recording>,
}

impl Replay {
    /// Whether finding and digest are those of the file.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty()
    }

    fn new(run: Result<Recording, Report>, (finding, digest): (&Finding, Digest)) -> Self {
        let (mut report, recording) = match run {
            Ok(recording) => (recording.report.clone(), Some(recording)),
            Err(stuck) => (stuck, None),
        };
        let mut differences = Vec::new();
        match report.finding() {
            Some(found) if found == *finding => {}
            Some(found) => differences.push(format!("it finds something else: {found}, not {finding}")),
            None => differences.push(format!("it no longer finds it: {finding}")),
        }
        if report.digest != digest {
            differences.push(format!("its digest is {}, not {digest}: another run", report.digest));
        }
        ignore_unknown_of_other_rules(&mut report, &finding.rule);
        let summary = recording.as_ref().filter(|_| report.outcome != Outcome::Held).and_then(FailureSummary::of);
        Self { report, differences, summary, recording }
    }
}

/// Passes a run whose only unknown rules are other than `rule`.
///
/// A minimized case may leave out what other rules need.
fn ignore_unknown_of_other_rules(report: &mut Report, rule: &str) {
    let is_known = report.checks.iter().all(|check| check.name != rule || check.unknown.is_none());
    if report.outcome == Outcome::Unknown && is_known {
        report.outcome = Outcome::Held;
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_same() {
            true => writeln!(formatter, "the same run, event by event")?,
            false => self.differences.iter().try_for_each(|difference| writeln!(formatter, "not the same run: {difference}"))?,
        }
        // The report's own hint would run the seed with the scenario's faults, not this case.
        write!(formatter, "{}", self.report.text(Some("replay the same file")).with_summary(self.summary.as_ref()))
    }
}

/// See [`Explore::replay`](crate::Explore::replay).
pub(crate) fn replay(runner: &Runner, reproducer: &Reproducer) -> Result<Replay, ReproducerError> {
    replay_with_progress(runner, reproducer, &RunProgress::default())
}

/// See [`Explore::replay_with_progress`](crate::Explore::replay_with_progress).
pub(crate) fn replay_with_progress(
    runner: &Runner,
    reproducer: &Reproducer,
    progress: &RunProgress,
) -> Result<Replay, ReproducerError> {
    let (_, finding, digest) = reproducer.smallest();
    let run = run_case(runner, reproducer, progress)?.map(|(recording, _)| recording);
    Ok(Replay::new(run, (finding, digest)))
}

/// See [`Explore::check_regression`](crate::Explore::check_regression).
pub(crate) fn check_regression(runner: &Runner, reproducer: &Reproducer) -> Result<Report, ReproducerError> {
    let (case, finding, _) = reproducer.smallest();
    let (mut report, used) = match run_case(runner, reproducer, &RunProgress::default())? {
        Ok((recording, used)) => (recording.report, used),
        Err(stuck) => return Ok(stuck),
    };
    assert_rule(&report, finding)?;
    ignore_unknown_of_other_rules(&mut report, &finding.rule);
    let has_decisions = case.decisions.as_ref().is_some_and(|decisions| !decisions.is_empty());
    let needs_something = has_decisions || !case.faults.faults().is_empty();
    if report.outcome == Outcome::Held && needs_something {
        let has_effect = report.faults.iter().any(|fault| fault.effect > 0 && !fault.by_hand);
        if !has_effect && used.is_empty() {
            report.outcome = Outcome::Stale;
        }
    }
    Ok(report)
}

/// Returns an error if the finding is a broken rule that the scenario of the report does not have.
fn assert_rule(report: &Report, finding: &Finding) -> Result<(), ReproducerError> {
    let is_of_process = PROCESS_RULES.contains(&finding.rule.as_str());
    let has_rule = report.checks.iter().any(|check| check.name == finding.rule);
    if finding.outcome != Outcome::Violated || is_of_process || has_rule {
        return Ok(());
    }
    let known = report.checks.iter().map(|check| check.name.clone()).collect();
    Err(ReproducerError::UnknownRule { rule: finding.rule.clone(), scenario: report.scenario.clone(), known })
}

/// Records the smallest case of a reproducer under the watchdog, with its decisions.
///
/// The inner error is the report of a step that never returned.
fn run_case(
    runner: &Runner,
    reproducer: &Reproducer,
    progress: &RunProgress,
) -> Result<Result<(Recording, Vec<Decision>), Report>, ReproducerError> {
    let (case, seed, name) = (reproducer.smallest().0, reproducer.seed, reproducer.scenario.clone());
    let (replayed, replayed_case) = (runner.clone(), case.clone());
    let work = move |_, heartbeat| replayed.replay(runner::watched(seed, &heartbeat).under(&replayed_case), &name);
    let result = watched(runner.step_timeout(), &[progress.heartbeat()], work, |_| {}, &mut || true).pop().flatten();
    result.map_or_else(|| Ok(Err(stuck(runner, Some(case), seed))), |recorded| recorded.map(Ok))
}
