//! Runs candidate cases and keeps those that still break the rule.

use std::sync::Arc;
use std::time::Instant;

use cluster_sim_runtime::{Heartbeat, Seed};
use cluster_sim_simulation::driver::DriveScenario;
use cluster_sim_simulation::{Finding, Report, Scenario};
use parking_lot::Mutex;

use super::{ShrinkBounds, ShrinkProgress};
use crate::campaign::watchdog::now;
use crate::replay::Case;

/// The smallest case so far, and the state of the search.
#[derive(Debug, Clone)]
pub(super) struct Best {
    pub(super) case: Case,
    /// The report of its run.
    pub(super) report: Report,
    pub(super) runs: u64,
    /// A limit was reached; no further candidate runs.
    pub(super) is_spent: bool,
}

/// Outlives the search thread, so that a run that never returns loses nothing.
pub(super) type Shared = Arc<Mutex<Best>>;

/// Called before every run.
pub(super) type Progress<'a> = &'a mut (dyn FnMut(&ShrinkProgress) + Send);

/// A search for smaller cases.
pub(super) struct Search<'a> {
    scenario: &'a Scenario,
    seed: Seed,
    finding: Finding,
    bounds: ShrinkBounds,
    started: Instant,
    heartbeat: Arc<Heartbeat>,
    best: Shared,
    /// Finding of the whole scenario without faults and decisions; computed on first use.
    baseline: Option<Option<Finding>>,
    progress: Progress<'a>,
}

impl<'a> Search<'a> {
    /// Starts with a case that breaks the rule.
    pub(super) fn new(
        scenario: &'a Scenario,
        (seed, finding, best): (Seed, Finding, Shared),
        bounds: ShrinkBounds,
        heartbeat: Arc<Heartbeat>,
        progress: Progress<'a>,
    ) -> Self {
        Self { scenario, seed, finding, bounds, started: now(), heartbeat, best, baseline: None, progress }
    }

    pub(super) fn case(&self) -> Case {
        self.best.lock().case.clone()
    }

    pub(super) fn seed(&self) -> Seed {
        self.seed
    }

    pub(super) fn scenario(&self) -> &'a Scenario {
        self.scenario
    }

    /// The finding of the smallest case.
    pub(super) fn found(&self) -> Option<Finding> {
        self.best.lock().report.finding()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.best.lock().is_spent
    }

    /// Runs a candidate, and keeps it if it breaks the rule.
    pub(super) fn try_case(&mut self, case: Case) -> bool {
        let Some(report) = self.run(&case) else { return false };
        let is_reproduced = report.finding().is_some_and(|finding| finding.is_like(&self.finding));
        if is_reproduced {
            let mut best = self.best.lock();
            (best.case, best.report) = (case, report);
        }
        is_reproduced
    }

    /// As [`try_case`](Self::try_case), for a candidate with fewer nodes or less time.
    ///
    /// Such a candidate can break a rule just because something that the rule needs is gone, in fixed code too. So without faults
    /// and decisions it must break nothing that the whole scenario does not break. If the whole scenario then breaks the rule
    /// itself, the two are indistinguishable, and the candidate is rejected.
    pub(super) fn try_topology(&mut self, case: Case) -> bool {
        let without_chance = |case: Case| Case { decisions: Some(Vec::new()), ..case.with_faults(&[]) };
        if self.baseline.is_none() {
            self.baseline = self.run(&without_chance(Case::default())).map(|report| report.finding());
        }
        let Some(baseline) = self.baseline.clone() else { return false };
        if baseline.as_ref().is_some_and(|found| found.is_like(&self.finding)) {
            return false;
        }
        let Some(report) = self.run(&without_chance(case.clone())) else { return false };
        let is_known = |found: Finding| baseline.is_some_and(|known| found.is_like(&known));
        report.finding().is_none_or(is_known) && self.try_case(case)
    }

    fn run(&mut self, case: &Case) -> Option<Report> {
        let progress = {
            let mut best = self.best.lock();
            best.is_spent |= best.runs >= self.bounds.runs || self.started.elapsed() >= self.bounds.time;
            if best.is_spent {
                return None;
            }
            best.runs += 1;
            ShrinkProgress {
                runs: best.runs,
                faults: best.case.faults.faults().len(),
                decisions: best.case.decisions.as_ref().map(Vec::len),
            }
        };
        (self.progress)(&progress);
        Some(case.apply_to(self.scenario).run_watched(self.seed, Some(Arc::clone(&self.heartbeat))))
    }
}
