//! Runs that never come back.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use cluster_sim_invariants::Violation;
use cluster_sim_runtime::{Heartbeat, Position, Seed, SeedSchedule};
use cluster_sim_types::VirtualInstant;

use crate::report::{Outcome, Report};
use crate::scenario::Scenario;

/// The rule that a run breaks which does not come back from a step.
pub(super) const RULE: &str = "every step returns";
/// How often whoever waits looks up.
const TICK: Duration = Duration::from_millis(50);

#[expect(clippy::disallowed_methods, reason = "only the machine's clock tells that a step does not come back; no run is told")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Does work in as many threads as there are watches, for as long as the runs of each go on taking steps. Nothing for a thread that does not
/// come back from a step for so long; `given_up` is told which. `between` is asked now and then: once it says no, nobody is waited for.
///
/// Nothing can end a thread from outside: one that never comes back is left behind, and costs a core until the process ends.
///
/// # Panics
/// With the first panic of the work, after every thread ended or was given up.
pub(super) fn watched<T: Send + 'static>(
    patience: Duration,
    watches: &[Arc<Heartbeat>],
    work: impl Fn(usize, Arc<Heartbeat>) -> T + Send + Sync + 'static,
    given_up: impl FnMut(usize),
    between: &mut dyn FnMut() -> bool,
) -> Vec<Option<T>> {
    let work = Arc::new(work);
    let (tell, told) = sync_channel(watches.len());
    // A test is known by the name of its thread.
    let name = thread::current().name().unwrap_or("sweep").to_owned();
    for (index, watch) in watches.iter().enumerate() {
        let (work, watch, tell) = (Arc::clone(&work), Arc::clone(watch), tell.clone());
        let run = move || {
            let ended = catch_unwind(AssertUnwindSafe(|| work(index, watch)));
            // Nobody listens any more if it came back after all.
            let _ = tell.send((index, ended));
        };
        thread::Builder::new().name(name.clone()).spawn(run).expect("the machine has room for one thread more");
    }
    let ended = wait(&told, watches, patience, given_up, between);
    ended.into_iter().map(|ended| ended.map(|ended| ended.unwrap_or_else(|panic| resume_unwind(panic)))).collect()
}

/// Waits for the end of all work, of each as long as its runs go on taking steps.
fn wait<T>(
    told: &Receiver<(usize, T)>,
    watches: &[Arc<Heartbeat>],
    patience: Duration,
    mut given_up: impl FnMut(usize),
    between: &mut dyn FnMut() -> bool,
) -> Vec<Option<T>> {
    let mut all: Vec<Option<T>> = watches.iter().map(|_| None).collect();
    let mut seen: BTreeMap<usize, (u64, u64)> = watches.iter().map(|watch| watch.progress()).enumerate().collect();
    let mut observations_read = now();
    while !seen.is_empty() {
        match told.recv_timeout(patience.saturating_sub(observations_read.elapsed()).min(TICK)) {
            Ok((index, ended)) => {
                // One that was given up may come back after all; it was judged by then.
                if seen.remove(&index).is_some() {
                    all[index] = Some(ended);
                }
            }
            Err(RecvTimeoutError::Disconnected) => unreachable!("work tells its end, also when it panics"),
            Err(RecvTimeoutError::Timeout) if !between() => break,
            Err(RecvTimeoutError::Timeout) if observations_read.elapsed() < patience => {}
            Err(RecvTimeoutError::Timeout) => {
                observations_read = now();
                seen.retain(|index, seen| {
                    let progress = watches[*index].progress();
                    let goes_on = progress != *seen;
                    *seen = progress;
                    if !goes_on {
                        given_up(*index);
                    }
                    goes_on
                });
            }
        }
    }
    all
}

/// The report of a seed that did not come back from a step: runs it once more to that step, this time by name.
pub(super) fn stuck(scenario: &Scenario, seed: Seed, patience: Duration) -> Report {
    let watch = Arc::new(Heartbeat::with_names());
    let again = scenario.clone();
    let watches = [Arc::clone(&watch)];
    let came_back = watched(patience, &watches, move |_, watch| again.run_under(seed, Some(watch)), |_| {}, &mut || true);
    let came_back = came_back.into_iter().next().flatten();
    let waited = patience.as_secs_f64();
    let whereabouts = watch.position().filter(|_| came_back.is_none());
    let at = whereabouts.as_ref().map_or(VirtualInstant::ZERO, |whereabouts| whereabouts.at);
    let message = match whereabouts {
        Some(Position { node, task: Some(task), .. }) => {
            format!("a poll of {node}, task {task}, did not return for {waited}s of real time")
        }
        Some(Position { node, task: None, .. }) => format!("a step of {node} did not return for {waited}s of real time"),
        None => format!("a step did not return for {waited}s of real time, and did when the seed was run again"),
    };
    let (_, steps) = watch.progress();
    let mut report = Report::blank(scenario.name(), SeedSchedule::new(seed));
    report.by_hand = false;
    report.violations.push(Violation { rule: RULE.to_owned(), at, step: steps, nodes: Vec::new(), message });
    report.outcome = Outcome::Violated;
    report.steps = steps;
    report.ended_at = at;
    report
}
