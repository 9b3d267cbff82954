//! The supervisor: hands out seeds to worker processes, collects results, replaces workers that end.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_simulation::Outcome;

use super::Start;
use super::protocol::{WorkerMessage, WorkerOrder};
use super::worker_exit::WorkerExit;
use crate::campaign::sample::Sample;
use crate::campaign::state::Shared;
use crate::campaign::target::{Job, SeedResult};
use crate::child::{Call, ChildError, ChildProcess};
use crate::clock::now;
use crate::watchdog::watched;

/// Largest range handed out at once.
const SEEDS_MAX: u64 = 256;
/// Ranges grow while they complete faster than this.
const RANGE_TIME: Duration = Duration::from_millis(100);
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
    let supervisor = Supervisor {
        shared: Arc::clone(shared),
        start,
        call,
        start_timeout: step_timeout.max(START_TIMEOUT_MIN),
        silence_max: (2 * step_timeout).max(SILENCE_MIN),
    };
    let heartbeats: Vec<_> = shared.slots.iter().map(|_| Arc::default()).collect();
    let supervise = move |worker, _| supervisor.supervise(worker);
    watched(Duration::MAX, &heartbeats, supervise, |_| unreachable!("supervisors have no step timeout"), keep_waiting);
}

/// A worker process.
type Worker = ChildProcess<WorkerMessage>;

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
    /// Real time in which a worker must reach its call.
    start_timeout: Duration,
    /// Real time without a message before a worker is killed.
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
    fn run(&self, process: &mut Option<Worker>, worker: usize, seeds: Range<u64>) -> Result<(), Stopped> {
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
                let (keeps, sample) = (self.shared.keeps(seed), self.shared.sample.clone());
                running.send(&WorkerOrder { from: seed, to: seeds.end, keeps, sample });
                is_ordered = true;
            }
            self.shared.begin(worker, seed);
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
        process.send(&WorkerOrder { from: seed, to: seed + 1, keeps: false, sample: Sample::none() });
        let name = &self.call.scenario;
        let failed = match self.wait_for(&mut process, seed)? {
            SeedEnd::Exited(rerun) if rerun.is_like(&exit) => rerun.confirmed(name, seed),
            SeedEnd::Exited(other) => exit.refuted(name, seed, &other.describe()),
            SeedEnd::Done(result) | SeedEnd::Stuck(result) => {
                let outcome = result.failed.map_or(Outcome::Held, |failed| failed.report.outcome);
                exit.refuted(name, seed, &format!("{outcome:?}").to_lowercase())
            }
        };
        let ended_at = failed.report.ended_at;
        let failed = Some(Box::new(failed));
        Ok(SeedResult { ended_at, coverage: None, profile: None, failed, passed: None, idle: Vec::new(), is_exceeded: false })
    }

    /// Starts a worker and waits until it reaches its call.
    fn start(&self) -> Result<Worker, Stopped> {
        match ChildProcess::start((self.start)(), &self.call, self.start_timeout, &|| !self.shared.is_stopped()) {
            Ok(worker) => worker.ok_or(Stopped),
            // Until it has a process group of its own, it gets the interrupts of this one, so the campaign is interrupted.
            Err(ChildError::NeverReached { exit, .. }) if exit.is_interrupt() => {
                self.shared.interrupt();
                Err(Stopped)
            }
            Err(error) => Err(self.give_up(error)),
        }
    }

    /// Waits for the end of a seed.
    fn wait_for(&self, process: &mut Worker, seed: u64) -> Result<SeedEnd, Stopped> {
        match process.recv(self.silence_max, &|| !self.shared.is_stopped()) {
            Ok(None) => Err(Stopped),
            Ok(Some(WorkerMessage::Done { seed: done, ended_at, coverage, profile, failed, passed, idle, is_exceeded }))
                if done == seed =>
            {
                Ok(SeedEnd::Done(SeedResult { ended_at, coverage, profile, failed, passed, idle, is_exceeded }))
            }
            Ok(Some(WorkerMessage::Stuck { seed: stuck, failed })) if stuck == seed => Ok(SeedEnd::Stuck(SeedResult {
                ended_at: failed.report.ended_at,
                coverage: None,
                profile: None,
                failed: Some(failed),
                passed: None,
                idle: Vec::new(),
                is_exceeded: false,
            })),
            Ok(Some(message)) => Err(self.give_up(ChildError::garbled(&message))),
            Err(ChildError::Panicked { message }) => {
                // A bug of the simulator, or a scenario that cannot be run: panics, as in a thread of this process.
                self.shared.seeds.end_at(seed);
                std::panic::panic_any(message)
            }
            Err(ChildError::Silent { timeout, .. }) => Ok(SeedEnd::Exited(WorkerExit::silent(timeout, &process.stderr_tail()))),
            // A message that it had not sent to the end is lost with it.
            Err(ChildError::Exited { exit, .. } | ChildError::CutOff { exit, .. }) if !self.shared.is_stopped() => {
                Ok(SeedEnd::Exited(WorkerExit::ended(&exit, &process.stderr_tail())))
            }
            Err(error) => Err(self.give_up(error)),
        }
    }

    /// Records why seeds cannot be run, unless the campaign was cancelled: the same interrupt may have ended the worker.
    fn give_up(&self, error: ChildError) -> Stopped {
        if !self.shared.is_stopped() {
            self.shared.give_up(error);
        }
        Stopped
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::process::Command;

    use cluster_sim_runtime::Seed;

    use super::*;

    #[test]
    fn a_worker_that_is_silent_from_its_start_is_an_error() {
        let shared = Arc::new(Shared::new(0..8, Sample::none(), NonZeroUsize::MIN, 1, Arc::default()));
        let (place, scenario) = (String::new(), String::new());
        let supervisor = Supervisor {
            shared: Arc::clone(&shared),
            start: Arc::new(|| {
                let mut silent = Command::new("sh");
                // Until its standard input closes.
                silent.args(["-c", "read line"]);
                silent
            }),
            call: Call { place, scenario, seed: Seed(0), declared: 0 },
            start_timeout: Duration::from_millis(500),
            silence_max: SILENCE_MIN,
        };
        supervisor.supervise(0);
        let result = shared.take_result();
        let Some(ChildError::Silent { timeout, .. }) = &result.error else { panic!("{:?}", result.error) };
        assert_eq!((*timeout, result.done), (Duration::from_millis(500), 0));
    }
}
