//! Minimizes a failing run: finds a smaller case that breaks the same rule.
//!
//! Tries smaller cases and keeps one if its run breaks the same rule, or panics with the same message, ignoring numbers:
//!
//! 1. no decision at all ([`decisions`]), once;
//! 2. then, until a whole round changes nothing: kinds of faults, single faults, their duration, the sides of cuts, moments that a trigger
//!    chose ([`faults`]);
//!    a shorter fault phase, absent clients, other absent nodes ([`topology`]); stretches of time with what clients do in them ([`time`]);
//!    operations of clients ([`operations`]); decisions by kind, by link, in pieces ([`ddmin`]) and one by one.
//!
//! A case keeps all that correct code may need, so that it holds once the bug is mended: the members of groups that serve, unless
//! [`Scenario::may_shrink`](cluster_sim_simulation::Scenario::may_shrink) names the group; the time of the run as a whole; a
//! fault that ends an earlier one which stays.
//!
//! Removing a node or ending the faults early can itself break a rule that needs it. So a case with fewer nodes or less time must, without
//! faults and decisions, break nothing that the whole scenario does not break then ([`search`]). If the whole scenario breaks the
//! rule even then, nodes and time stay.
//!
//! Operations of a client can be removed if it asks for them by `NodeInfo::operations`. If the rule is about the history of clients,
//! the time of what they no longer do goes too, and later faults come earlier: no answers of a correct system depend on when faults
//! come. Steps of a
//! [`Scenario::script`](cluster_sim_simulation::Scenario::script) stay too, and those of a test that steers its
//! [`Trial`](crate::Trial); the result says so.
//!
//! No case runs twice: a later round asks for many cases that an earlier one tried, and the results of these are kept. The search
//! is bounded by runs and by real time and runs in a watched thread. It is deterministic unless time ends it, and a
//! minimal case minimizes to itself.

mod ddmin;
mod decisions;
mod faults;
mod operations;
mod search;
mod time;
mod topology;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cluster_sim_runtime::{Heartbeat, without_panic_output};
use cluster_sim_simulation::{Decision, Report};
use parking_lot::Mutex;

use search::{Best, Search, Shared, Tried};

use crate::clock::now;
use crate::replay::{Case, Minimized};
use crate::runner::Runner;
use crate::trial::Trial;
use crate::watchdog::watched;

/// How long a run may take after the time of the search is over.
const GRACE: Duration = Duration::from_secs(1);

/// Limits of a minimization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShrinkBounds {
    /// Number of runs.
    pub runs: u64,
    /// Real time. A search that ends earlier finds the same case on every machine.
    pub time: Duration,
}

impl ShrinkBounds {
    /// No search: artifacts keep the case as it was found.
    pub const NONE: Self = Self { runs: 0, time: Duration::ZERO };
}

impl Default for ShrinkBounds {
    /// 10,000 runs, one minute.
    fn default() -> Self {
        Self { runs: 10_000, time: Duration::from_secs(60) }
    }
}

/// Progress of a minimization, reported before each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShrinkProgress {
    /// Runs so far, with the one that starts.
    pub runs: u64,
    /// Faults in the smallest case so far.
    pub faults: usize,
    /// Decisions in the smallest case so far; absent while the seed decides.
    pub decisions: Option<usize>,
}

/// See [`Explore::shrink`](crate::Explore::shrink).
pub(crate) fn shrink(runner: &Runner, report: &Report) -> Option<Minimized> {
    shrink_within(runner, Case::of(report), report, ShrinkBounds::default(), |_| {})
}

/// See [`Explore::shrink_within`](crate::Explore::shrink_within).
pub(crate) fn shrink_within(
    runner: &Runner,
    case: Case,
    report: &Report,
    bounds: ShrinkBounds,
    progress: impl FnMut(&ShrinkProgress) + Send + 'static,
) -> Option<Minimized> {
    shrink_from(runner, (case, None), report, (bounds, &Arc::default()), progress)
}

/// As [`shrink_within`], but starts without a run if the decisions of the case are `known`.
///
/// They must come from a run in this process that gave `report`. Once `stop` is true, the search ends with its smallest case so far
/// and leaves behind the run in progress.
pub(super) fn shrink_from(
    runner: &Runner,
    (case, known): (Case, Option<Vec<Decision>>),
    report: &Report,
    (bounds, stop): (ShrinkBounds, &Arc<AtomicBool>),
    progress: impl FnMut(&ShrinkProgress) + Send + 'static,
) -> Option<Minimized> {
    let (seed, finding) = (report.seed(), report.finding()?);
    let begin = || match known {
        Some(decisions) => Some((Tried::of(report), decisions, runner.outline(report)?)),
        None => {
            let (first, decisions) = runner.run_with_decisions(Trial::new(seed).under(&case));
            Some((Tried::of(&first), decisions, runner.outline(&first)?))
        }
    };
    let (first, decisions, outline) = without_panic_output(begin)?;
    let first = first.broke(&finding)?;
    let before = (case.faults.faults().len(), decisions.len());
    let best: Shared = Arc::new(Mutex::new(Best { case, ran: first, decisions: Some(decisions), runs: 0, is_spent: false }));
    let (is_scripted, kept_groups) = (outline.is_scripted, outline.kept_groups.clone());
    let (shared, progress) = (Arc::clone(&best), Mutex::new(progress));
    let (searched, stopped) = ((runner.clone(), outline, report.clone()), Arc::clone(stop));
    let search = move |_, watch| {
        let found = (seed, finding.clone(), Arc::clone(&shared));
        let limits = (bounds, Arc::clone(&stopped));
        minimize(&mut Search::new(&searched, found, limits, watch, &mut *progress.lock()));
    };
    let (heartbeat, began) = (Arc::new(Heartbeat::default()), now());
    let mut goes_on = || !stop.load(Ordering::Relaxed) && began.elapsed().saturating_sub(GRACE) <= bounds.time;
    let timeout = runner.step_timeout();
    let completed = watched(timeout, &[Arc::clone(&heartbeat)], search, |_| {}, &mut goes_on).pop().flatten();
    if completed.is_none() {
        // The run that is left behind ends too, if its steps return.
        heartbeat.end_run(heartbeat.progress().0);
    }
    let Best { case, ran: (finding, digest), runs, is_spent, .. } = best.lock().clone();
    Some(Minimized {
        finding,
        digest,
        runs,
        is_minimal: !is_spent && completed.is_some(),
        faults: (before.0, case.faults.faults().len()),
        decisions: (before.1, case.decisions.as_ref().map(Vec::len)),
        operations: operations::count(&report.operations, &case),
        by_hand: is_scripted,
        kept_groups,
        case,
    })
}

/// Removes all that can be removed, until a round removes nothing.
fn minimize(search: &mut Search<'_>) {
    decisions::remove_all(search);
    loop {
        let before = search.case();
        faults::remove(search);
        faults::shorten(search);
        faults::narrow(search);
        faults::move_to_instants(search);
        topology::shorten(search);
        topology::remove_nodes(search);
        operations::find_window(search);
        if time::cut(search) {
            decisions::remove_all(search);
        }
        operations::remove(search);
        decisions::remove(search);
        if search.is_spent() || before == search.case() {
            return;
        }
    }
}
