//! Showing a failing run again from its file.

use std::fmt;
use std::sync::Arc;

use cluster_sim_runtime::{Digest, Heartbeat, SeedSchedule};

use super::watchdog::{stuck, watched};
use crate::explain::{FailureSummary, Recording};
use crate::replay::{Case, Reproducer, ReproducerError};
use crate::report::{Finding, Outcome, Report};
use crate::scenario::Scenario;
use crate::sim::Sim;

/// What the replay of a file showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// The run.
    pub report: Report,
    /// In which respects it is not the run that the file is about, as sentences; nothing if it is.
    pub differences: Vec<String>,
    /// How it ended, if it did not hold and came to an end.
    pub summary: Option<FailureSummary>,
}

impl Replay {
    /// Whether it is the very run that the file is about.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty()
    }

    fn new((mut report, summary): (Report, Option<FailureSummary>), (finding, digest): (&Finding, Digest)) -> Self {
        let mut differences = Vec::new();
        match report.finding() {
            Some(found) if found == *finding => {}
            Some(found) => differences.push(format!("it finds something else: {found}, not {finding}")),
            None => differences.push(format!("it does not find it any more: {finding}")),
        }
        if report.digest != digest {
            differences.push(format!("its digest is {}, not {digest}: another run", report.digest));
        }
        ignore_unknown_of_other_rules(&mut report, &finding.rule);
        let summary = summary.filter(|_| report.outcome != Outcome::Held);
        Self { report, differences, summary }
    }
}

/// Lets a run hold of which only other rules than the case's own cannot tell: the case leaves out what they need.
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
        // A line that asks for the seed alone would ask for another case.
        write!(formatter, "{}", self.report.text(Some("replay the same file")).with_summary(self.summary.as_ref()))
    }
}

impl Scenario {
    /// Runs the smallest case of a file once more, and compares. Of a case that breaks nothing any more only its own rule is asked: others
    /// may have nothing to judge in it.
    ///
    /// # Errors
    /// If the file is about another scenario, or its case does not fit this one; nothing was run.
    pub fn replay(&self, reproducer: &Reproducer) -> Result<Replay, ReproducerError> {
        let (case, finding, digest) = reproducer.smallest();
        Ok(Replay::new(self.record_case(case, reproducer)?, (finding, digest)))
    }

    /// Runs the whole case of a file once more, as it was before anything was left out, and compares.
    ///
    /// # Errors
    /// If the file is about another scenario, or its case does not fit this one; nothing was run.
    pub fn replay_original(&self, reproducer: &Reproducer) -> Result<Replay, ReproducerError> {
        Ok(Replay::new(self.record_case(&reproducer.case, reproducer)?, (&reproducer.finding, reproducer.digest)))
    }

    /// Runs the smallest case of a file about something that was mended since: what it found must not come again.
    ///
    /// The run is [`Stale`](Outcome::Stale) if nothing of the case has an effect any more: no fault did anything, and none of its decisions
    /// was asked for. Then it shows nothing, and a new case must be found.
    ///
    /// A case leaves out what its own rule can do without. Other rules may have nothing to judge then, and the run holds all the same; if
    /// the case's own rule has nothing to judge, it is [`Unknown`](Outcome::Unknown).
    ///
    /// # Errors
    /// If the file is about another scenario, or its case does not fit this one; nothing was run.
    pub fn check_regression(&self, reproducer: &Reproducer) -> Result<Report, ReproducerError> {
        let (case, finding, _) = reproducer.smallest();
        let mut report = self.run_case(case, reproducer, Sim::run)?.unwrap_or_else(|stuck| stuck);
        ignore_unknown_of_other_rules(&mut report, &finding.rule);
        let has_decisions = case.decisions.as_ref().is_some_and(|decisions| !decisions.is_empty());
        let needs_something = has_decisions || !case.faults.faults().is_empty();
        if report.outcome == Outcome::Held && needs_something {
            let (_, used) = case.apply_to(self).run_with_decisions(reproducer.seed);
            let has_effect = report.faults.iter().any(|fault| fault.effect > 0);
            if !has_effect && used.is_empty() {
                report.outcome = Outcome::Stale;
            }
        }
        Ok(report)
    }

    /// Tells a case, and how it ended unless it held or never came to an end.
    fn record_case(&self, case: &Case, reproducer: &Reproducer) -> Result<(Report, Option<FailureSummary>), ReproducerError> {
        let recorded = self.run_case(case, reproducer, |sim| Recording::of_run(sim, Recording::EVENTS))?;
        Ok(match recorded {
            Ok(recording) => {
                let summary = FailureSummary::of(&recording);
                (recording.report, summary)
            }
            Err(stuck) => (stuck, None),
        })
    }

    /// Runs a case in that way; the report of a step that never ends, if there is one.
    fn run_case<T: Send + 'static>(
        &self,
        case: &Case,
        reproducer: &Reproducer,
        run: fn(Sim) -> T,
    ) -> Result<Result<T, Report>, ReproducerError> {
        if reproducer.scenario != self.name() {
            let (of, asked) = (reproducer.scenario.clone(), self.name().to_owned());
            return Err(ReproducerError::OtherScenario { of, asked });
        }
        let (scenario, seed, step_timeout) = (case.apply_to(self), reproducer.seed, self.0.step_timeout);
        scenario.try_start(SeedSchedule::new(seed)).map(drop).map_err(ReproducerError::Unfit)?;
        let checked = scenario.clone();
        let work = move |_, heartbeat| run(checked.start_watched(seed, Some(heartbeat)));
        let result = watched(step_timeout, &[Arc::new(Heartbeat::default())], work, |_| {}, &mut || true).pop().flatten();
        Ok(result.ok_or_else(|| stuck(&scenario, seed, step_timeout)))
    }
}
