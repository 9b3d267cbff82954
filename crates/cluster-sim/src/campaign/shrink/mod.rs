//! The smallest case that breaks the same rule.

mod ddmin;
mod decisions;
mod faults;
mod search;
mod topology;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_runtime::{Digest, Heartbeat};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use search::{Best, Search, Shared};

use super::watchdog::watched;
use crate::replay::Case;
use crate::report::{Finding, Report};
use crate::scenario::Scenario;

/// How many of the nodes that are left out are named.
const NAMES: usize = 4;

/// When to stop looking for a smaller case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShrinkBounds {
    /// After so many runs.
    pub runs: u64,
    /// After so much real time. A case found in less time is the same on every machine.
    pub time: Duration,
}

impl Default for ShrinkBounds {
    /// 10,000 runs, one minute.
    fn default() -> Self {
        Self { runs: 10_000, time: Duration::from_secs(60) }
    }
}

/// How far the search for a smaller case got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShrinkProgress {
    /// Runs so far.
    pub runs: u64,
    /// Faults in the smallest case so far.
    pub faults: usize,
    /// Decisions in it; nothing as long as the seed decides.
    pub decisions: Option<usize>,
}

/// The smallest case found, and the run that it tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minimized {
    /// The case.
    pub case: Case,
    /// What its run found.
    pub finding: Finding,
    /// The digest of its run.
    pub digest: Digest,
    /// How many runs it took.
    pub runs: u64,
    /// Whether nothing more could be left out. If not, a bound ended the search.
    pub is_minimal: bool,
    /// Faults before and after.
    pub faults: (usize, usize),
    /// Decisions before and after: of the run under its seed, and of the case.
    pub decisions: (usize, Option<usize>),
    /// Whether a test drives the runs by hand. What it does so is part of the scenario and not of the case: nobody tried to leave it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
}

impl fmt::Display for Minimized {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, faults, decisions, runs, is_minimal, by_hand, .. } = self;
        write!(formatter, "faults {} -> {}, decisions {} -> ", faults.0, faults.1, decisions.0)?;
        match decisions.1 {
            Some(left) => write!(formatter, "{left}")?,
            None => write!(formatter, "those of the seed")?,
        }
        if let Some(decisions) = case.decisions.as_ref().filter(|decisions| !decisions.is_empty()) {
            write!(formatter, " ({})", decisions::count_by_choice(decisions))?;
        }
        if !case.absent.is_empty() {
            let named: Vec<&str> = case.absent.iter().take(NAMES).map(String::as_str).collect();
            write!(formatter, ", without {}", named.join(", "))?;
            if case.absent.len() > NAMES {
                write!(formatter, " and {} more", case.absent.len() - NAMES)?;
            }
        }
        if *by_hand {
            write!(formatter, ", scripted steps stay")?;
        }
        let end = if *is_minimal { "minimal" } else { "a bound ended the search" };
        write!(formatter, "; {runs} runs, {end}")
    }
}

impl Scenario {
    /// Looks for the smallest case that breaks the same rule as a run of this scenario did: whole kinds of faults go, single ones, their
    /// length and their targets; time, clients and other nodes; then what chance decided, kind by kind, link by link, piece by piece. Every
    /// step is tried by a run. What a client does is its own code: a case leaves out the client, or the time after it, and no single
    /// operation of it.
    ///
    /// Nothing if the run held, or found nothing that could be looked for again, or does not find it again. The same run and bounds give
    /// the same case, unless time runs out, and a smallest case is its own smallest case.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    pub fn shrink(&self, report: &Report) -> Option<Minimized> {
        self.shrink_within(Case::of(report), report, ShrinkBounds::default(), |_| {})
    }

    /// The same from a case that is known to break the rule that `report` tells of, within bounds, and with word before every run. A run
    /// that is in the same step for longer than the scenario's [`step_timeout`](Self::step_timeout) ends the search, and what was found before it
    /// counts.
    ///
    /// # Panics
    /// If the scenario cannot be run.
    pub fn shrink_within(
        &self,
        case: Case,
        report: &Report,
        bounds: ShrinkBounds,
        progress: impl FnMut(&ShrinkProgress) + Send + 'static,
    ) -> Option<Minimized> {
        let (seed, finding) = (report.seed(), report.finding()?);
        let (first, decisions) = case.apply_to(self).run_with_decisions(seed);
        if !first.finding().is_some_and(|found| found.is_like(&finding)) {
            return None;
        }
        let before = (case.faults.faults().len(), decisions.len());
        let best: Shared = Arc::new(Mutex::new(Best { case, report: first, runs: 0, is_spent: false }));
        let (scenario, shared, progress) = (self.clone(), Arc::clone(&best), Mutex::new(progress));
        let search = move |_, watch| {
            let found = (seed, finding.clone(), Arc::clone(&shared));
            minimize(&mut Search::new(&scenario, found, bounds, watch, &mut *progress.lock()));
        };
        let completed =
            watched(self.0.step_timeout, &[Arc::new(Heartbeat::default())], search, |_| {}, &mut || true).pop().flatten();
        let Best { case, report, runs, is_spent } = best.lock().clone();
        Some(Minimized {
            finding: report.finding()?,
            digest: report.digest,
            runs,
            is_minimal: !is_spent && completed.is_some(),
            faults: (before.0, case.faults.faults().len()),
            decisions: (before.1, case.decisions.as_ref().map(Vec::len)),
            by_hand: self.0.script.is_some(),
            case,
        })
    }
}

/// Leaves out whatever can go, until nothing can.
fn minimize(search: &mut Search<'_>) {
    decisions::remove_all(search);
    loop {
        let before = search.case();
        faults::remove(search);
        faults::shorten(search);
        faults::narrow(search);
        topology::shorten(search);
        topology::remove_nodes(search);
        decisions::remove(search);
        if search.is_spent() || before == search.case() {
            return;
        }
    }
}
