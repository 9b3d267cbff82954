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
    step_timeout: Duration,
    heartbeats: &[Arc<Heartbeat>],
    work: impl Fn(usize, Arc<Heartbeat>) -> T + Send + Sync + 'static,
    on_stuck: impl FnMut(usize),
    keep_waiting: &mut dyn FnMut() -> bool,
) -> Vec<Option<T>> {
    let work = Arc::new(work);
    let (sender, results) = sync_channel(heartbeats.len());
    // A test is known by the name of its thread.
    let name = thread::current().name().unwrap_or("sweep").to_owned();
    for (index, heartbeat) in heartbeats.iter().enumerate() {
        let (work, heartbeat, sender) = (Arc::clone(&work), Arc::clone(heartbeat), sender.clone());
        let run = move || {
            let result = catch_unwind(AssertUnwindSafe(|| work(index, heartbeat)));
            // Nobody listens any more if it came back after all.
            let _ = sender.send((index, result));
        };
        thread::Builder::new().name(name.clone()).spawn(run).expect("the machine has room for one thread more");
    }
    let result = wait(&results, heartbeats, step_timeout, on_stuck, keep_waiting);
    result.into_iter().map(|result| result.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic)))).collect()
}

/// Waits for the end of all work, of each as long as its runs go on taking steps.
fn wait<T>(
    results: &Receiver<(usize, T)>,
    heartbeats: &[Arc<Heartbeat>],
    step_timeout: Duration,
    mut on_stuck: impl FnMut(usize),
    keep_waiting: &mut dyn FnMut() -> bool,
) -> Vec<Option<T>> {
    let mut ended: Vec<Option<T>> = heartbeats.iter().map(|_| None).collect();
    let mut seen: BTreeMap<usize, (u64, u64)> = heartbeats.iter().map(|heartbeat| heartbeat.progress()).enumerate().collect();
    let mut checked_at = now();
    while !seen.is_empty() {
        match results.recv_timeout(step_timeout.saturating_sub(checked_at.elapsed()).min(TICK)) {
            Ok((index, result)) => {
                // One that was given up may come back after all; it was judged by then.
                if seen.remove(&index).is_some() {
                    ended[index] = Some(result);
                }
            }
            Err(RecvTimeoutError::Disconnected) => unreachable!("work tells its end, also when it panics"),
            Err(RecvTimeoutError::Timeout) if !keep_waiting() => break,
            Err(RecvTimeoutError::Timeout) if checked_at.elapsed() < step_timeout => {}
            Err(RecvTimeoutError::Timeout) => {
                checked_at = now();
                seen.retain(|index, seen| {
                    let progress = heartbeats[*index].progress();
                    let is_alive = progress != *seen;
                    *seen = progress;
                    if !is_alive {
                        on_stuck(*index);
                    }
                    is_alive
                });
            }
        }
    }
    ended
}

/// The report of a seed that did not come back from a step: runs it once more to that step, this time by name.
pub(super) fn stuck(scenario: &Scenario, seed: Seed, step_timeout: Duration) -> Report {
    let heartbeat = Arc::new(Heartbeat::with_names());
    let rerun = scenario.clone();
    let heartbeats = [Arc::clone(&heartbeat)];
    let rerun_report =
        watched(step_timeout, &heartbeats, move |_, heartbeat| rerun.run_watched(seed, Some(heartbeat)), |_| {}, &mut || true);
    let rerun_report = rerun_report.into_iter().next().flatten();
    let waited = step_timeout.as_secs_f64();
    let position = heartbeat.position().filter(|_| rerun_report.is_none());
    let at = position.as_ref().map_or(VirtualInstant::ZERO, |position| position.at);
    let message = match position {
        Some(Position { node, task: Some(task), .. }) => {
            format!("a poll of {node}, task {task}, did not return for {waited}s of real time")
        }
        Some(Position { node, task: None, .. }) => format!("a step of {node} did not return for {waited}s of real time"),
        None => format!("a step did not return for {waited}s of real time, and did when the seed was run again"),
    };
    let (_, steps) = heartbeat.progress();
    let mut report = Report::blank(scenario.name(), SeedSchedule::new(seed));
    report.by_hand = false;
    report.violations.push(Violation { rule: RULE.to_owned(), at, step: steps, nodes: Vec::new(), message });
    report.outcome = Outcome::Violated;
    report.steps = steps;
    report.ended_at = at;
    report
}
