//! Runs that never come back.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use cluster_sim_invariants::Violation;
use cluster_sim_runtime::{Seed, SeedSchedule, Watch, Whereabouts};
use cluster_sim_vocabulary::VirtualInstant;

use crate::report::{Outcome, Report};
use crate::scenario::Scenario;

/// The rule that a run breaks which does not come back from a step.
const RULE: &str = "every step returns";

/// Does work in a thread of its own for as long as its runs go on taking steps; nothing if one does not come back from a step for so long.
///
/// Nothing can end a thread from outside: one that never comes back is left behind, and costs a core until the process ends.
pub(super) fn watched<T: Send + 'static>(
    patience: Duration,
    watch: &Arc<Watch>,
    work: impl FnOnce(Arc<Watch>) -> T + Send + 'static,
) -> Option<T> {
    let (tell, told) = sync_channel(1);
    let watching = Arc::clone(watch);
    let run = move || {
        let ended = catch_unwind(AssertUnwindSafe(|| work(watching)));
        // Nobody listens any more if it came back after all.
        let _ = tell.send(ended);
    };
    // A test is known by the name of its thread.
    let name = thread::current().name().unwrap_or("sweep").to_owned();
    thread::Builder::new().name(name).spawn(run).expect("the machine has room for one thread more");
    wait(&told, watch, patience).map(|ended| ended.unwrap_or_else(|panic| resume_unwind(panic)))
}

/// Waits for the end of work, as long as its runs go on taking steps.
fn wait<T>(told: &Receiver<T>, watch: &Watch, patience: Duration) -> Option<T> {
    let mut seen = watch.progress();
    loop {
        match told.recv_timeout(patience) {
            Ok(ended) => return Some(ended),
            Err(RecvTimeoutError::Disconnected) => unreachable!("work tells its end, also when it panics"),
            Err(RecvTimeoutError::Timeout) if watch.progress() == seen => return None,
            Err(RecvTimeoutError::Timeout) => seen = watch.progress(),
        }
    }
}

/// The report of a seed that did not come back from a step: runs it once more to that step, this time by name.
pub(super) fn stuck(scenario: &Scenario, seed: Seed, patience: Duration) -> Report {
    let watch = Arc::new(Watch::with_names());
    let again = scenario.clone();
    let came_back = watched(patience, &watch, move |watch| again.run_under(seed, Some(watch)));
    let waited = patience.as_secs_f64();
    let whereabouts = watch.whereabouts().filter(|_| came_back.is_none());
    let at = whereabouts.as_ref().map_or(VirtualInstant::ZERO, |whereabouts| whereabouts.at);
    let message = match whereabouts {
        Some(Whereabouts { node, task: Some(task), .. }) => {
            format!("a poll of {node}, task {task}, did not return for {waited}s of real time")
        }
        Some(Whereabouts { node, task: None, .. }) => format!("a step of {node} did not return for {waited}s of real time"),
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
