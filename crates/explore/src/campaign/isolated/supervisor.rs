//! The supervisor: hands out seeds to worker processes, collects results, replaces workers that end.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cluster_sim_simulation::{OtherRun, Outcome};

use super::Start;
use super::exit::WorkerExit;
use super::process::{WorkerOutput, WorkerProcess};
use super::protocol::WorkerMessage;
use crate::campaign::DeterminismError;
use crate::campaign::determinism::Call;
use crate::campaign::state::Shared;
use crate::campaign::target::{Job, SeedResult};
use crate::campaign::watchdog::{now, watched};

/// Largest range handed out at once.
const SEEDS_MAX: u64 = 256;
/// Ranges grow while they complete faster than this.
const RANGE_TIME: Duration = Duration::from_millis(100);
/// Interval at which a waiting supervisor checks for cancellation.
const TICK: Duration = Duration::from_millis(50);
/// Bound for step timeouts, which may be infinite: a worker must still show that it is alive.
const STEP_TIMEOUT_MAX: Duration = Duration::from_secs(30);
/// Least time for a worker to reach its call, whatever the program does before.
const START_TIMEOUT_MIN: Duration = Duration::from_secs(30);
/// Least time without a message before a worker is killed.
///
/// A worker sends one twice a second, on a machine that may be busy.
const SILENCE_MIN: Duration = Duration::from_secs(5);

/// Runs seeds in one worker process per slot until none is left or `keep_waiting` returns false.
pub(super) fn supervise(job: &Job, shared: &Arc<Shared>, start: Start, call: Call, keep_waiting: &mut dyn FnMut() -> bool) {
    let step_timeout = job.target.step_timeout().min(STEP_TIMEOUT_MAX);
    let supervisor =
        Supervisor { shared: Arc::clone(shared), start, call, silence_max: (2 * step_timeout).max(SILENCE_MIN), step_timeout };
    let heartbeats: Vec<_> = shared.slots.iter().map(|_| Arc::default()).collect();
    let supervise = move |worker, _| supervisor.supervise(worker);
    watched(Duration::MAX, &heartbeats, supervise, |_| unreachable!("supervisors have no step timeout"), keep_waiting);
}

/// The error for a worker that could not be started.
pub(super) fn not_started(error: &io::Error) -> DeterminismError {
    DeterminismError::NotStarted { other_run: OtherRun::OtherProcess, reason: error.to_string() }
}

/// The campaign was cancelled, or cannot go on for a reason that is already recorded.
struct Stopped;

/// How a seed ended in a worker.
enum SeedEnd {
    /// It is done.
    Done(SeedResult),
    /// It never returned from a step; the worker ends.
    Stuck(SeedResult),
    /// The worker ended in the middle of it.
    Exited(WorkerExit),
}

struct Supervisor {
    shared: Arc<Shared>,
    start: Start,
    call: Call,
    step_timeout: Duration,
    silence_max: Duration,
}

impl Supervisor {
    /// Runs seeds for one slot, in one worker after the other.
    fn supervise(&self, worker: usize) {
        let (mut process, mut batch) = (None, 1);
        while let Some(seeds) = self.shared.seeds.take_some(batch).filter(|_| !self.shared.is_stopped()) {
            let started = now();
            if self.run(&mut process, worker, seeds).is_err() {
                return;
            }
            if started.elapsed() < RANGE_TIME {
                batch = (2 * batch).min(SEEDS_MAX);
            }
        }
    }

    /// Runs a range of seeds, in the present worker or in fresh ones.
    fn run(&self, process: &mut Option<WorkerProcess>, worker: usize, seeds: Range<u64>) -> Result<(), Stopped> {
        let mut is_ordered = false;
        for seed in seeds.clone() {
            if seed > self.shared.seeds.end() {
                // Later seeds do not count.
                *process = None;
                return Ok(());
            }
            let running = match process {
                Some(running) => running,
                None => {
                    is_ordered = false;
                    process.insert(self.start()?)
                }
            };
            if !is_ordered {
                running.send_order(&(seed..seeds.end));
                is_ordered = true;
            }
            self.shared.slots[worker].begin(seed);
            let result = match self.wait_for(running, seed)? {
                SeedEnd::Done(result) => result,
                SeedEnd::Stuck(result) => {
                    *process = None;
                    result
                }
                SeedEnd::Exited(exit) => {
                    *process = None;
                    self.shared.suspect(seed);
                    self.confirm_exit(seed, exit)?
                }
            };
            self.shared.done(worker, seed, result);
        }
        Ok(())
    }

    /// Runs a seed that ended its worker once more, alone in a fresh one.
    fn confirm_exit(&self, seed: u64, exit: WorkerExit) -> Result<SeedResult, Stopped> {
        let mut process = self.start()?;
        process.send_order(&(seed..seed + 1));
        let name = &self.call.scenario;
        let failed = match self.wait_for(&mut process, seed)? {
            SeedEnd::Exited(rerun) if rerun.is_like(&exit) => rerun.confirmed(name, seed),
            SeedEnd::Exited(other) => exit.refuted(name, seed, &other.describe()),
            SeedEnd::Done(result) | SeedEnd::Stuck(result) => {
                let outcome = result.failed.map_or(Outcome::Held, |failed| failed.report.outcome);
                exit.refuted(name, seed, &format!("{outcome:?}").to_lowercase())
            }
        };
        Ok(SeedResult { ended_at: failed.report.ended_at, coverage: None, failed: Some(Box::new(failed)) })
    }

    /// Starts a worker and waits until it reaches its call.
    fn start(&self) -> Result<WorkerProcess, Stopped> {
        let command = (self.start)();
        let started = format!("{command:?}");
        let mut process = WorkerProcess::start(command).map_err(|error| self.give_up(not_started(&error)))?;
        let timeout = self.step_timeout.max(START_TIMEOUT_MIN);
        match self.recv(&mut process, now(), timeout)? {
            WorkerOutput::Message(WorkerMessage::Reached(found)) if found == self.call => Ok(process),
            WorkerOutput::Message(WorkerMessage::Reached(found)) => {
                let (expected, found) = (self.call.to_string(), found.to_string());
                Err(self.give_up(DeterminismError::OtherCall { expected, found }))
            }
            WorkerOutput::Message(message) => Err(self.give_up(garbled(&message))),
            WorkerOutput::TimedOut => {
                let (other_run, output) = (OtherRun::OtherProcess, quoted(&process));
                Err(self.give_up(DeterminismError::Silent { other_run, timeout, output }))
            }
            WorkerOutput::Exited(status) => {
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                Err(self.give_up(DeterminismError::NeverReached { command: started, status, output: quoted(&process) }))
            }
        }
    }

    /// Waits for the end of a seed.
    fn wait_for(&self, process: &mut WorkerProcess, seed: u64) -> Result<SeedEnd, Stopped> {
        let mut alive_at = now();
        loop {
            match self.recv(process, alive_at, self.silence_max)? {
                WorkerOutput::Message(WorkerMessage::Alive) => alive_at = now(),
                WorkerOutput::Message(WorkerMessage::Done { seed: done, ended_at, coverage, failed }) if done == seed => {
                    return Ok(SeedEnd::Done(SeedResult { ended_at, coverage, failed }));
                }
                WorkerOutput::Message(WorkerMessage::Stuck { seed: stuck, failed }) if stuck == seed => {
                    return Ok(SeedEnd::Stuck(SeedResult {
                        ended_at: failed.report.ended_at,
                        coverage: None,
                        failed: Some(failed),
                    }));
                }
                WorkerOutput::Message(WorkerMessage::Panicked(message)) => {
                    // A bug of the simulator, or a scenario that cannot be run: panics, as in a thread of this process.
                    self.shared.seeds.end_at(seed);
                    std::panic::panic_any(message)
                }
                WorkerOutput::Message(message) => return Err(self.give_up(garbled(&message))),
                WorkerOutput::TimedOut => return Ok(SeedEnd::Exited(WorkerExit::silent(self.silence_max, &process.stderr_tail()))),
                WorkerOutput::Exited(status) => return Ok(SeedEnd::Exited(WorkerExit::ended(status, &process.stderr_tail()))),
            }
        }
    }

    /// Waits for the next output, for `timeout` since `alive_at` or until the campaign is cancelled.
    fn recv(&self, process: &mut WorkerProcess, alive_at: Instant, step_timeout: Duration) -> Result<WorkerOutput, Stopped> {
        loop {
            match process.recv(TICK) {
                Err(error) => return Err(self.give_up(error)),
                Ok(WorkerOutput::TimedOut) if self.shared.is_stopped() => return Err(Stopped),
                Ok(WorkerOutput::TimedOut) if alive_at.elapsed() < step_timeout => {}
                Ok(output) => return Ok(output),
            }
        }
    }

    fn give_up(&self, error: DeterminismError) -> Stopped {
        self.shared.give_up(error);
        Stopped
    }
}

fn garbled(message: &WorkerMessage) -> DeterminismError {
    DeterminismError::Garbled { message: format!("{message:?}") }
}

/// The last lines of standard error, each on a line of its own.
fn quoted(process: &WorkerProcess) -> String {
    process.stderr_tail().iter().map(|line| format!("  | {line}")).collect::<Vec<_>>().join("\n")
}
