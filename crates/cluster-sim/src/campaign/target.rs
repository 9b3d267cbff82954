//! What a campaign runs from every seed.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_invariants::{Verdict, Violation};
use cluster_sim_runtime::{Heartbeat, Seed};
use cluster_sim_types::VirtualInstant;

use super::DeterminismError;
use super::coverage::Coverage;
use super::failures::FailedSeed;
use super::watchdog;
use crate::explain::{FailureSummary, Recording};
use crate::report::{CheckKind, CheckReport, Outcome, Report};
use crate::scenario::Scenario;

/// Something that has a report for every seed.
pub(super) trait Target: Send + Sync {
    /// What it is called.
    fn name(&self) -> &str;

    /// A hash of what it declares, but for the code in it.
    fn declared(&self) -> u64;

    /// For how much real time one of its steps may go on; for ever, if nobody can tell one step from the next.
    fn step_timeout(&self) -> Duration;

    /// Runs one seed, and leaves word of every step if it can.
    fn run(&self, seed: Seed, heartbeat: &Arc<Heartbeat>) -> Report;

    /// What to say of a seed that showed `found`, after two more runs; and why these could not be compared, if they could not.
    fn confirm(&self, seed: Seed, found: Report, heartbeat: &Arc<Heartbeat>) -> (Report, Option<DeterminismError>);

    /// The report of a seed that does not come back from a step. Leaves a thread behind.
    fn stuck(&self, seed: Seed) -> Report;

    /// How the run ended that showed this, by one more run; nothing where none can be had, or where it is another.
    fn failure_summary(&self, report: &Report) -> Option<FailureSummary>;
}

impl Target for Scenario {
    fn name(&self) -> &str {
        self.name()
    }

    fn declared(&self) -> u64 {
        super::reexec::declared(self)
    }

    fn step_timeout(&self) -> Duration {
        self.0.step_timeout
    }

    fn run(&self, seed: Seed, heartbeat: &Arc<Heartbeat>) -> Report {
        self.run_watched(seed, Some(Arc::clone(heartbeat)))
    }

    fn confirm(&self, seed: Seed, found: Report, heartbeat: &Arc<Heartbeat>) -> (Report, Option<DeterminismError>) {
        self.confirm(seed, found, Arc::clone(heartbeat))
    }

    fn stuck(&self, seed: Seed) -> Report {
        watchdog::stuck(self, seed, self.0.step_timeout)
    }

    fn failure_summary(&self, report: &Report) -> Option<FailureSummary> {
        if report.outcome == Outcome::Nondeterministic || !is_rerunnable(report) {
            return None;
        }
        let (scenario, seed) = (self.clone(), report.seed());
        let record = move |_, heartbeat| Recording::of_run(scenario.start_watched(seed, Some(heartbeat)), Recording::EVENTS);
        let recorded = watchdog::watched(self.0.step_timeout, &[Arc::new(Heartbeat::default())], record, |_| {}, &mut || true);
        let recording = recorded.into_iter().next().flatten()?;
        // A rule from elsewhere, over the report, is none that the run itself breaks.
        FailureSummary::of(&recording).filter(|_| recording.report.digest == report.digest)
    }
}

/// Whether a run can be run again in this process.
pub(super) fn is_rerunnable(report: &Report) -> bool {
    let process_rules = [watchdog::RULE, super::isolated::SURVIVES];
    report.violations.first().is_none_or(|violation| !process_rules.contains(&violation.rule.as_str()))
}

/// A rule of the campaign, over the report of a run in which everything else held.
#[derive(Clone)]
pub(super) struct ReportCheck {
    pub(super) name: String,
    pub(super) test: Arc<dyn Fn(&Report) -> Verdict + Send + Sync>,
}

impl ReportCheck {
    /// Says so in a report if it does not hold.
    fn apply(&self, report: &mut Report) {
        match (self.test)(report) {
            Verdict::Holds => {}
            Verdict::Violated(evidence) => {
                let (rule, at, step) = (self.name.clone(), report.ended_at, report.steps);
                report.violations.push(Violation { rule, at, step, nodes: evidence.nodes, message: evidence.message });
                report.outcome = Outcome::Violated;
            }
            Verdict::Unknown(reason) => {
                let (name, kind) = (self.name.clone(), CheckKind::Eventually);
                report.checks.push(CheckReport { name, kind, times_checked: 0, unknown: Some(reason) });
                if report.outcome == Outcome::Held {
                    report.outcome = Outcome::Unknown;
                }
            }
        }
    }
}

/// What is run from every seed, and judged.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) target: Arc<dyn Target>,
    pub(super) report_checks: Vec<ReportCheck>,
    /// What runs go through is counted.
    pub(super) counts_coverage: bool,
}

/// What a seed showed: when its run ended, and everything else only if it did not hold.
pub(super) struct SeedResult {
    pub(super) ended_at: VirtualInstant,
    /// What its run went through, if that is counted.
    pub(super) coverage: Option<Box<Coverage>>,
    pub(super) failed: Option<Box<FailedSeed>>,
}

impl Job {
    /// Runs one seed, and looks twice more at it if it does not hold; in this thread, so that what its earlier seeds left behind in it is
    /// found out. `failing` is called before that.
    pub(super) fn run_seed(&self, seed: u64, heartbeat: &Arc<Heartbeat>, on_failure: impl FnOnce()) -> SeedResult {
        let report = self.target.run(Seed(seed), heartbeat);
        let ended_at = report.ended_at;
        let coverage = self.counts_coverage.then(|| Box::new(Coverage::of(&report)));
        let fails = |apply: &ReportCheck| (apply.test)(&report) != Verdict::Holds;
        if report.outcome == Outcome::Held && !self.report_checks.iter().any(fails) {
            return SeedResult { ended_at, coverage, failed: None };
        }
        on_failure();
        let (mut report, unconfirmed) = self.target.confirm(Seed(seed), report, heartbeat);
        if report.outcome == Outcome::Held {
            self.report_checks.iter().for_each(|apply| apply.apply(&mut report));
        }
        let failed = (report.outcome != Outcome::Held).then(|| Box::new(FailedSeed { report, unconfirmed }));
        SeedResult { ended_at, coverage, failed }
    }
}
