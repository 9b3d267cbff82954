//! Finds runs that never return from a step, and ends those that take too long.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use cluster_sim_runtime::{Heartbeat, Position, Seed};
use cluster_sim_simulation::Report;
use cluster_sim_types::VirtualInstant;

use super::clock::now;
use super::process_rules::{STEPS_RETURN, violated};
use super::replay::Case;
use super::runner::{self, Runner};
use super::trial::Trial;

/// Interval at which the waiting thread checks heartbeats.
const TICK: Duration = Duration::from_millis(50);

/// Runs work in one thread per heartbeat, and waits for each as long as its heartbeat advances.
///
/// Returns nothing for a thread whose heartbeat did not advance for `step_timeout`; `on_stuck` is called with its index.
/// `keep_waiting` is polled every 50 ms; once it returns false, remaining threads are left behind. A thread cannot be stopped:
/// one that never returns costs a core until the process ends.
///
/// # Panics
/// With the first panic of the work, after every thread ended or was left behind.
pub(super) fn watched<T: Send + 'static>(
    step_timeout: Duration,
    heartbeats: &[Arc<Heartbeat>],
    work: impl Fn(usize, Arc<Heartbeat>) -> T + Send + Sync + 'static,
    on_stuck: impl FnMut(usize),
    keep_waiting: &mut dyn FnMut() -> bool,
) -> Vec<Option<T>> {
    let work = Arc::new(work);
    let (sender, results) = sync_channel(heartbeats.len());
    // The name of the thread identifies the test.
    let name = thread::current().name().unwrap_or("sweep").to_owned();
    for (index, heartbeat) in heartbeats.iter().enumerate() {
        let (work, heartbeat, sender) = (Arc::clone(&work), Arc::clone(heartbeat), sender.clone());
        let run = move || {
            let result = catch_unwind(AssertUnwindSafe(|| work(index, heartbeat)));
            // Fails if this thread was given up and returned after all.
            let _ = sender.send((index, result));
        };
        thread::Builder::new().name(name.clone()).spawn(run).expect("the machine has room for one thread more");
    }
    let result = wait(&results, heartbeats, step_timeout, on_stuck, keep_waiting);
    result.into_iter().map(|result| result.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic)))).collect()
}

/// Waits for all work, each as long as its heartbeat advances.
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
                // A thread that was given up may return after all; its failure is already recorded.
                if seen.remove(&index).is_some() {
                    ended[index] = Some(result);
                }
            }
            Err(RecvTimeoutError::Disconnected) => unreachable!("work sends its result even if it panics"),
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

/// Ends runs that take longer than a limit of real time, at their next step.
pub(super) struct RunLimit {
    timeout: Duration,
    /// The run of each heartbeat, and when it was first seen.
    seen: Vec<(Option<u64>, Instant)>,
}

impl RunLimit {
    pub(super) fn new(timeout: Duration, heartbeats: usize) -> Self {
        Self { timeout, seen: vec![(None, now()); heartbeats] }
    }

    /// Ends the runs that are over the limit. Runs that confirm a failure are not limited: they would seem to differ from it.
    pub(super) fn check(&mut self, heartbeats: &[Arc<Heartbeat>]) {
        for (heartbeat, (run, since)) in heartbeats.iter().zip(&mut self.seen) {
            let present = heartbeat.first_run();
            if present != *run {
                (*run, *since) = (present, now());
            } else if since.elapsed() >= self.timeout {
                run.iter().for_each(|run| heartbeat.end_run(*run));
            }
        }
    }
}

/// Makes the report of a seed that did not return from a step, under a case or as it is.
///
/// Runs the seed again to record which node and task it was in.
pub(super) fn stuck(runner: &Runner, case: Option<&Case>, seed: Seed) -> Report {
    let (heartbeat, step_timeout) = (Arc::new(Heartbeat::with_names()), runner.step_timeout());
    let (rerun, case) = (runner.clone(), case.cloned());
    let work = move |_, heartbeat| {
        let trial = runner::watched(seed, &heartbeat);
        rerun.run(case.iter().fold(trial, Trial::under))
    };
    let rerun_report = watched(step_timeout, &[Arc::clone(&heartbeat)], work, |_| {}, &mut || true);
    let rerun_report = rerun_report.into_iter().next().flatten();
    let waited = step_timeout.as_secs_f64();
    let position = heartbeat.position().filter(|_| rerun_report.is_none());
    let at = position.as_ref().map_or(VirtualInstant::ZERO, |position| position.at);
    let message = match position {
        Some(Position { node, task: Some(task), .. }) => {
            format!("a poll of {node}, task {task}, did not return for {waited}s of real time")
        }
        Some(Position { node, task: None, .. }) => format!("a step of {node} did not return for {waited}s of real time"),
        None => format!("a step did not return for {waited}s of real time, but did in a second run"),
    };
    let (_, steps) = heartbeat.progress();
    violated(STEPS_RETURN, runner.name(), seed, (at, steps), message)
}
