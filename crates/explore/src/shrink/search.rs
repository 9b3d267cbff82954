//! Runs candidate cases and keeps those that still break the rule.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use cluster_sim_runtime::{Digest, Heartbeat, Seed, finalize, fold_bytes, without_panic_output};
use cluster_sim_simulation::driver::{BegunOperation, OperationTimes, Outline};
use cluster_sim_simulation::{Decision, Finding, Report};
use parking_lot::Mutex;

use super::{ShrinkBounds, ShrinkProgress};
use crate::clock::now;
use crate::replay::Case;
use crate::runner::{Runner, watched};
use crate::trial::Trial;

/// The smallest case so far, and the state of the search.
#[derive(Debug, Clone)]
pub(super) struct Best {
    pub(super) case: Case,
    /// The finding and the digest of its run.
    pub(super) ran: (Finding, Digest),
    /// All decisions of its run, while they are known.
    pub(super) decisions: Option<Vec<Decision>>,
    pub(super) runs: u64,
    /// A limit was reached; no further candidate runs.
    pub(super) is_spent: bool,
}

/// Finding and digest of the run of a case.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    finding: Option<Finding>,
    digest: Digest,
}

impl Tried {
    pub(super) fn of(report: &Report) -> Self {
        Self { finding: report.finding(), digest: report.digest }
    }

    /// The finding and the digest, if the run broke the rule of that finding.
    pub(super) fn broke(self, finding: &Finding) -> Option<(Finding, Digest)> {
        let Self { finding: found, digest } = self;
        Some((found.filter(|found| found.is_like(finding))?, digest))
    }
}

/// Outlives the search thread, so that a run that never returns loses nothing.
pub(super) type Shared = Arc<Mutex<Best>>;

/// Called before every run.
pub(super) type Progress<'a> = &'a mut (dyn FnMut(&ShrinkProgress) + Send);

/// A search for smaller cases.
pub(super) struct Search<'a> {
    runner: &'a Runner,
    outline: &'a Outline,
    /// The run that failed.
    failed: &'a Report,
    seed: Seed,
    finding: Finding,
    bounds: ShrinkBounds,
    started: Instant,
    heartbeat: Arc<Heartbeat>,
    /// Ends the search as a limit does.
    stop: Arc<AtomicBool>,
    best: Shared,
    /// The results of all cases that ran, by the hash of the case.
    tried: BTreeMap<u64, Tried>,
    progress: Progress<'a>,
}

impl<'a> Search<'a> {
    /// Starts with a case that breaks the rule.
    pub(super) fn new(
        (runner, outline, failed): &'a (Runner, Outline, Report),
        (seed, finding, best): (Seed, Finding, Shared),
        (bounds, stop): (ShrinkBounds, Arc<AtomicBool>),
        heartbeat: Arc<Heartbeat>,
        progress: Progress<'a>,
    ) -> Self {
        let (first, (found, digest)) = {
            let best = best.lock();
            (hash_of(&best.case), best.ran.clone())
        };
        let tried = BTreeMap::from([(first, Tried { finding: Some(found), digest })]);
        Self { runner, outline, failed, seed, finding, bounds, started: now(), heartbeat, stop, best, tried, progress }
    }

    pub(super) fn case(&self) -> Case {
        self.best.lock().case.clone()
    }

    /// The outline of the scenario.
    pub(super) fn outline(&self) -> &'a Outline {
        self.outline
    }

    /// The clients that number their operations and began one in the run that failed.
    pub(super) fn clients(&self) -> impl Iterator<Item = &'a String> + use<'a> {
        self.failed.operations.keys()
    }

    /// The operations that clients begin in the run of the smallest case, in order of time; runs it once more.
    ///
    /// Nothing once a limit is reached, or if no client numbers its operations.
    pub(super) fn begun(&mut self) -> Vec<BegunOperation> {
        if self.failed.operations.is_empty() || self.count_run().is_none() {
            return Vec::new();
        }
        let case = self.case();
        without_panic_output(|| self.runner.run_observed(self.trial(&case), OperationTimes::default())).0.into_operations()
    }

    /// Whether the rule is about what clients saw.
    pub(super) fn is_about_history(&self) -> bool {
        self.failed.histories.contains_key(&self.finding.rule)
    }

    /// As [`try_case`](Self::try_case), for a candidate whose clients do less.
    ///
    /// Whether a correct system could have given the answers of a history does not depend on questions that were not asked.
    /// Another rule may well ask that something was done.
    pub(super) fn try_operations(&mut self, case: Case) -> bool {
        if self.is_about_history() { self.try_case(case) } else { self.try_topology(case) }
    }

    /// A run of a case.
    fn trial(&self, case: &Case) -> Trial {
        watched(self.seed, &self.heartbeat).under(case)
    }

    /// The finding of the smallest case.
    pub(super) fn found(&self) -> Finding {
        self.best.lock().ran.0.clone()
    }

    /// All decisions of the run of the smallest case; runs it once more if they are not known. Nothing once a limit is reached.
    pub(super) fn decisions(&mut self) -> Option<Vec<Decision>> {
        let (case, known) = {
            let best = self.best.lock();
            (best.case.clone(), best.decisions.clone())
        };
        if known.is_some() {
            return known;
        }
        self.count_run()?;
        Some(without_panic_output(|| self.runner.run_with_decisions(self.trial(&case))).1)
    }

    pub(super) fn is_spent(&self) -> bool {
        self.best.lock().is_spent
    }

    /// Runs a candidate, and keeps it if it breaks the rule.
    pub(super) fn try_case(&mut self, case: Case) -> bool {
        let Some(ran) = self.run(&case).and_then(|tried| tried.broke(&self.finding)) else { return false };
        let mut best = self.best.lock();
        if best.case != case {
            (best.case, best.ran, best.decisions) = (case, ran, None);
        }
        true
    }

    /// As [`try_case`](Self::try_case), for a candidate with fewer nodes or less time.
    ///
    /// Such a candidate can break a rule just because something that the rule needs is gone, in fixed code too. So without faults
    /// and decisions it must break nothing that the whole scenario does not break. If the whole scenario then breaks the rule
    /// itself, the two are indistinguishable, and the candidate is rejected.
    pub(super) fn try_topology(&mut self, case: Case) -> bool {
        let without_chance = |case: Case| Case { decisions: Some(Vec::new()), ..case.with_faults(&[]) };
        let breaks_anyway = |known: &Tried| known.clone().broke(&self.finding).is_some();
        if self.tried.get(&hash_of(&without_chance(Case::default()))).is_some_and(breaks_anyway) {
            return false;
        }
        // Most candidates break nothing, and need no second run.
        if self.run(&case).and_then(|tried| tried.broke(&self.finding)).is_none() {
            return false;
        }
        let Some(Tried { finding: baseline, .. }) = self.run(&without_chance(Case::default())) else { return false };
        if baseline.as_ref().is_some_and(|found| found.is_like(&self.finding)) {
            return false;
        }
        let Some(Tried { finding, .. }) = self.run(&without_chance(case.clone())) else { return false };
        let is_known = |found: Finding| baseline.is_some_and(|known| found.is_like(&known));
        finding.is_none_or(is_known) && self.try_case(case)
    }

    /// Runs a case, or returns the result of its earlier run. Nothing once a limit is reached.
    fn run(&mut self, case: &Case) -> Option<Tried> {
        let hash = hash_of(case);
        if let Some(known) = self.tried.get(&hash) {
            return Some(known.clone());
        }
        self.count_run()?;
        let tried = Tried::of(&without_panic_output(|| self.runner.run(self.trial(case))));
        self.tried.insert(hash, tried.clone());
        Some(tried)
    }

    /// Counts and reports a run that starts. Nothing once a limit is reached.
    fn count_run(&mut self) -> Option<()> {
        let progress = {
            let mut best = self.best.lock();
            let is_over = best.runs >= self.bounds.runs || self.started.elapsed() >= self.bounds.time;
            best.is_spent |= is_over || self.stop.load(Ordering::Relaxed);
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
        Some(())
    }
}

/// Identity of a case; two of the at most some ten thousand cases of a search share one with a probability below 10^-11.
fn hash_of(case: &Case) -> u64 {
    let text = serde_json::to_vec(case).expect("a case is plain data");
    finalize(fold_bytes(0, &text))
}
