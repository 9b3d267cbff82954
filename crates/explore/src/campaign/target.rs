//! [`Target`]: what a campaign runs with each seed.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_invariants::{Verdict, Violation};
use cluster_sim_runtime::{Exhausted, Heartbeat, Seed};
use cluster_sim_simulation::{CheckKind, CheckReport, CheckWork, Outcome, Profile, Report, Scenario, ScenarioError};
use cluster_sim_types::VirtualInstant;

use super::vacuity::idle_rules;
use crate::coverage::Coverage;
use crate::determinism::{FailedSeed, confirm, confirm_report};
use crate::process_rules::overtime;
use crate::profile::Profilers;
use crate::runner::{Runner, watched};
use crate::watchdog;

/// Makes a report for each seed.
pub(crate) trait Target: Send + Sync {
    /// Name in the sweep's text.
    fn name(&self) -> &str;

    /// Hash of the declaration, without the code in it.
    fn declared(&self) -> u64;

    /// Checks what it runs, if that is known before a run.
    ///
    /// # Errors
    /// If it cannot be run.
    fn validate(&self) -> Result<(), ScenarioError> {
        Ok(())
    }

    /// Real time that one step may take; `Duration::MAX` if steps cannot be observed.
    fn step_timeout(&self) -> Duration;

    /// Real time that the first run of a seed may take; `Duration::MAX` if runs cannot be ended.
    fn seed_timeout(&self) -> Duration;

    /// The scenario, if each run is one of a scenario: such runs can be measured.
    fn scenario(&self) -> Option<&Scenario> {
        None
    }

    /// Runs one seed and beats for every step, if it can.
    fn run(&self, seed: Seed, heartbeat: &Arc<Heartbeat>) -> Report;

    /// Runs one seed in a fresh thread, as [`run`](Self::run) does in this one.
    fn run_in_fresh_thread(&self, seed: Seed, heartbeat: &Arc<Heartbeat>) -> Report;

    /// Confirms a failing seed by two more runs, and records one of them if asked to and possible.
    fn confirm(&self, seed: Seed, found: Report, heartbeat: &Arc<Heartbeat>, records: bool) -> FailedSeed;

    /// Makes the report of a seed that does not return from a step. Leaves a thread running.
    fn stuck(&self, seed: Seed) -> Report;
}

impl Target for Runner {
    fn name(&self) -> &str {
        self.name()
    }

    fn declared(&self) -> u64 {
        self.declared()
    }

    fn validate(&self) -> Result<(), ScenarioError> {
        self.scenario().map_or(Ok(()), Scenario::validate)
    }

    fn step_timeout(&self) -> Duration {
        self.step_timeout()
    }

    fn seed_timeout(&self) -> Duration {
        self.seed_timeout()
    }

    fn scenario(&self) -> Option<&Scenario> {
        self.scenario()
    }

    fn run(&self, seed: Seed, heartbeat: &Arc<Heartbeat>) -> Report {
        self.run(watched(seed, heartbeat))
    }

    fn run_in_fresh_thread(&self, seed: Seed, heartbeat: &Arc<Heartbeat>) -> Report {
        self.run_in_fresh_thread(seed, heartbeat)
    }

    fn confirm(&self, seed: Seed, found: Report, heartbeat: &Arc<Heartbeat>, records: bool) -> FailedSeed {
        confirm(self, seed, found, heartbeat, records)
    }

    fn stuck(&self, seed: Seed) -> Report {
        watchdog::stuck(self, None, seed)
    }
}

/// A rule over the report of a run that passed everything else.
#[derive(Clone)]
pub(super) struct ReportCheck {
    pub(super) name: String,
    pub(super) test: Arc<dyn Fn(&Report) -> Verdict + Send + Sync>,
}

impl ReportCheck {
    /// Checks the report, and records a violation or an unknown rule in it.
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
                report.checks.push(CheckReport { name, kind, times_checked: 0, unknown: Some(reason), work: CheckWork::default() });
                if report.outcome == Outcome::Held {
                    report.outcome = Outcome::Unknown;
                }
            }
        }
    }
}

/// Work for each seed: a target and the extra rules on its report.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) target: Arc<dyn Target>,
    pub(super) report_checks: Vec<ReportCheck>,
    /// Whether coverage is counted.
    pub(super) counts_coverage: bool,
    /// Measure the runs, if a profile is made.
    pub(super) profilers: Option<Arc<Profilers>>,
}

/// Result of a seed: when its run ended, and the failure if it failed.
pub(super) struct SeedResult {
    pub(super) ended_at: VirtualInstant,
    /// Coverage of the run, if counted.
    pub(super) coverage: Option<Box<Coverage>>,
    /// Profile of the run, if one is made.
    pub(super) profile: Option<Box<Profile>>,
    pub(super) failed: Option<Box<FailedSeed>>,
    /// The report of a run that passed, if it is kept.
    pub(super) passed: Option<Box<Report>>,
    /// The rules that had nothing to judge in a run that passed otherwise.
    pub(super) idle: Vec<String>,
    /// Whether its faults went beyond what the scenario claims to survive, so that it proves nothing.
    pub(super) is_exceeded: bool,
}

impl Job {
    /// Runs one seed and confirms a failure by two more runs, the recorded one in this thread.
    ///
    /// A fresh thread would hide what earlier seeds left behind in this one. `is_shown` is called before the confirmation: a
    /// failure that will not be shown need not be recorded. `keeps` a report although it passed. A sampled seed that passed runs
    /// once more, in a fresh thread.
    pub(super) fn run_seed(
        &self,
        seed: u64,
        keeps: bool,
        is_sampled: bool,
        heartbeat: &Arc<Heartbeat>,
        is_shown: impl FnOnce(&Report) -> bool,
    ) -> SeedResult {
        heartbeat.begin_seed();
        let (report, profile) = match &self.profilers {
            None => (self.target.run(Seed(seed), heartbeat), None),
            Some(profilers) => {
                let (report, profile) = profilers.run(Seed(seed), heartbeat);
                (report, Some(Box::new(profile)))
            }
        };
        let ended_at = report.ended_at;
        if report.exhausted == Some(Exhausted::RealTime) {
            let failed = Some(Box::new(FailedSeed::unrecorded(overtime(report, self.target.seed_timeout()))));
            return SeedResult { ended_at, coverage: None, profile, failed, passed: None, idle: Vec::new(), is_exceeded: false };
        }
        let coverage = self.counts_coverage.then(|| Box::new(Coverage::of(&report)));
        let fails = |apply: &ReportCheck| (apply.test)(&report) != Verdict::Holds;
        let idle = idle_rules(&report);
        // Beyond a claim nothing is proved: neither a pass nor a failure, counted by its outcome.
        let proves_nothing = report.outcome == Outcome::AssumptionExceeded;
        let passes = matches!(report.outcome, Outcome::Held | Outcome::AssumptionExceeded) || !idle.is_empty();
        if passes && (proves_nothing || !self.report_checks.iter().any(fails)) {
            let passed = (keeps && !proves_nothing).then(|| Box::new(report.clone()));
            let failed = if is_sampled { self.check_repeats(seed, report, heartbeat) } else { None };
            // A seed that fails says nothing about the rules that it left idle.
            let (passed, idle) = if failed.is_none() { (passed, idle) } else { (None, Vec::new()) };
            let is_exceeded = proves_nothing && failed.is_none();
            return SeedResult { ended_at, coverage, profile, failed, passed, idle, is_exceeded };
        }
        // For a rule over the report there is nothing to record: the run itself breaks no rule.
        let records = is_shown(&report) && report.outcome != Outcome::Held;
        let mut failed = self.target.confirm(Seed(seed), report, heartbeat, records);
        if failed.report.outcome == Outcome::Held {
            self.report_checks.iter().for_each(|apply| apply.apply(&mut failed.report));
        }
        let failed = (failed.report.outcome != Outcome::Held).then(|| Box::new(failed));
        SeedResult { ended_at, coverage, profile, failed, passed: None, idle: Vec::new(), is_exceeded: false }
    }

    /// Runs a seed that passed once more, and returns a failure if that gives another report.
    fn check_repeats(&self, seed: u64, passed: Report, heartbeat: &Arc<Heartbeat>) -> Option<Box<FailedSeed>> {
        let rerun = self.target.run_in_fresh_thread(Seed(seed), heartbeat);
        let differs = confirm_report(passed.clone(), &rerun);
        differs.divergence.as_ref()?;
        // Two runs event by event show where they part, unless both happen to be alike.
        let confirmed = self.target.confirm(Seed(seed), passed, heartbeat, false);
        let is_shown = confirmed.report.outcome == Outcome::Nondeterministic;
        Some(Box::new(if is_shown { confirmed } else { FailedSeed::unrecorded(differs) }))
    }
}
