//! Leading processes that work: giving out seeds, taking in what they showed, replacing those that ended.

use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Start;
use super::exit::WorkerExit;
use super::process::{WorkerOutput, WorkerProcess};
use super::protocol::WorkerMessage;
use crate::campaign::DeterminismError;
use crate::campaign::determinism::Call;
use crate::campaign::state::Shared;
use crate::campaign::target::{Job, SeedResult};
use crate::campaign::watchdog::{now, watched};
use crate::report::{OtherRun, Outcome};

/// The most seeds that a process is given at a time.
const SEEDS_MOST: u64 = 256;
/// A range that took longer than this is not followed by a larger one.
const RANGE_TAKES: Duration = Duration::from_millis(100);
/// How often whoever waits for a process looks whether it is still wanted.
const TICK: Duration = Duration::from_millis(50);
/// Where steps may go on for ever, a process still has to say that it is there.
const PATIENCE_MOST: Duration = Duration::from_secs(30);
/// The least time within which a process has to come to its work, whatever is done before that.
const START_LEAST: Duration = Duration::from_secs(30);
/// The least time within which a process has to say that it is there: it does so twice a second, on a machine that may be busy.
const SILENCE_LEAST: Duration = Duration::from_secs(5);

/// Runs seeds in as many processes as there are desks, until none is left or `between` says that it is over.
pub(super) fn lead(job: &Job, shared: &Arc<Shared>, start: Start, call: Call, between: &mut dyn FnMut() -> bool) {
    let patience = job.subject.patience().min(PATIENCE_MOST);
    let leader = Leader { shared: Arc::clone(shared), start, call, silence: (2 * patience).max(SILENCE_LEAST), patience };
    let watches: Vec<_> = shared.desks.iter().map(|_| Arc::default()).collect();
    let leads = move |worker, _| leader.lead(worker);
    watched(Duration::MAX, &watches, leads, |_| unreachable!("processes are watched by whoever leads them"), between);
}

/// A process that could not be started.
pub(super) fn not_started(error: &io::Error) -> DeterminismError {
    DeterminismError::NotStarted { elsewhere: OtherRun::OtherProcess, reason: error.to_string() }
}

/// The work is over for one of those who lead: nobody wants it any more, or it cannot be done, which was said.
struct Over;

/// What came of a seed in a process.
enum Came {
    /// All is known of it.
    Through(SeedResult),
    /// All is known of it, and the process is not to be used any more.
    Stuck(SeedResult),
    /// The process ended in the middle of it.
    Down(WorkerExit),
}

struct Leader {
    shared: Arc<Shared>,
    start: Start,
    call: Call,
    patience: Duration,
    silence: Duration,
}

impl Leader {
    /// Runs seeds in one process after the other, as one of so many workers.
    fn lead(&self, worker: usize) {
        let (mut process, mut most) = (None, 1);
        while let Some(seeds) = self.shared.seeds.take_some(most).filter(|_| !self.shared.is_stopped()) {
            let began = now();
            if self.run(&mut process, worker, seeds).is_err() {
                return;
            }
            if began.elapsed() < RANGE_TAKES {
                most = (2 * most).min(SEEDS_MOST);
            }
        }
    }

    /// Runs a range of seeds, in the process that is there or in fresh ones.
    fn run(&self, process: &mut Option<WorkerProcess>, worker: usize, seeds: Range<u64>) -> Result<(), Over> {
        let mut is_given = false;
        for seed in seeds.clone() {
            if seed > self.shared.seeds.end() {
                // What it would still do does not count.
                *process = None;
                return Ok(());
            }
            let working = match process {
                Some(working) => working,
                None => {
                    is_given = false;
                    process.insert(self.start()?)
                }
            };
            if !is_given {
                working.order(&(seed..seeds.end));
                is_given = true;
            }
            self.shared.desks[worker].begin(seed);
            let examined = match self.wait_for(working, seed)? {
                Came::Through(examined) => examined,
                Came::Stuck(examined) => {
                    *process = None;
                    examined
                }
                Came::Down(ending) => {
                    *process = None;
                    self.shared.failing(seed);
                    self.look_again(seed, ending)?
                }
            };
            self.shared.done(worker, seed, examined);
        }
        Ok(())
    }

    /// Runs a seed once more that took its process along, alone in a fresh one.
    fn look_again(&self, seed: u64, ending: WorkerExit) -> Result<SeedResult, Over> {
        let mut process = self.start()?;
        process.order(&(seed..seed + 1));
        let name = &self.call.scenario;
        let failed = match self.wait_for(&mut process, seed)? {
            Came::Down(again) if again.is_like(&ending) => again.confirmed(name, seed),
            Came::Down(other) => ending.refuted(name, seed, &other.how()),
            Came::Through(examined) | Came::Stuck(examined) => {
                let outcome = examined.failed.map_or(Outcome::Held, |failed| failed.report.outcome);
                ending.refuted(name, seed, &format!("{outcome:?}").to_lowercase())
            }
        };
        Ok(SeedResult { ended_at: failed.report.ended_at, coverage: None, failed: Some(Box::new(failed)) })
    }

    /// Starts a process and waits until it comes to its work.
    fn start(&self) -> Result<WorkerProcess, Over> {
        let command = (self.start)();
        let started = format!("{command:?}");
        let mut process = WorkerProcess::start(command).map_err(|error| self.give_up(not_started(&error)))?;
        let patience = self.patience.max(START_LEAST);
        match self.hear(&mut process, now(), patience)? {
            WorkerOutput::WorkerMessage(WorkerMessage::CoveragePoint(found)) if found == self.call => Ok(process),
            WorkerOutput::WorkerMessage(WorkerMessage::CoveragePoint(found)) => {
                let (expected, found) = (self.call.to_string(), found.to_string());
                Err(self.give_up(DeterminismError::OtherCall { expected, found }))
            }
            WorkerOutput::WorkerMessage(word) => Err(self.give_up(garbled(&word))),
            WorkerOutput::Silence => {
                let (elsewhere, said) = (OtherRun::OtherProcess, quoted(&process));
                Err(self.give_up(DeterminismError::Silent { elsewhere, patience, said }))
            }
            WorkerOutput::End(status) => {
                let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
                Err(self.give_up(DeterminismError::NeverReached { command: started, status, said: quoted(&process) }))
            }
        }
    }

    /// Waits until all is known of a seed that a process is at.
    fn wait_for(&self, process: &mut WorkerProcess, seed: u64) -> Result<Came, Over> {
        let mut heard_at = now();
        loop {
            match self.hear(process, heard_at, self.silence)? {
                WorkerOutput::WorkerMessage(WorkerMessage::Alive) => heard_at = now(),
                WorkerOutput::WorkerMessage(WorkerMessage::Done { seed: done, ended_at, coverage, failed }) if done == seed => {
                    return Ok(Came::Through(SeedResult { ended_at, coverage, failed }));
                }
                WorkerOutput::WorkerMessage(WorkerMessage::Stuck { seed: stuck, failed }) if stuck == seed => {
                    return Ok(Came::Stuck(SeedResult { ended_at: failed.report.ended_at, coverage: None, failed: Some(failed) }));
                }
                WorkerOutput::WorkerMessage(WorkerMessage::Panicked(message)) => {
                    // A bug of the simulator, or a scenario that cannot be run, as in a thread of this process.
                    self.shared.seeds.end_at(seed);
                    std::panic::panic_any(message)
                }
                WorkerOutput::WorkerMessage(word) => return Err(self.give_up(garbled(&word))),
                WorkerOutput::Silence => return Ok(Came::Down(WorkerExit::silent(self.silence, &process.said()))),
                WorkerOutput::End(status) => return Ok(Came::Down(WorkerExit::ended(status, &process.said()))),
            }
        }
    }

    /// Waits for what a process says next, as long as it was heard of last and is wanted.
    fn hear(&self, process: &mut WorkerProcess, heard_at: Instant, patience: Duration) -> Result<WorkerOutput, Over> {
        loop {
            match process.hear(TICK) {
                Err(error) => return Err(self.give_up(error)),
                Ok(WorkerOutput::Silence) if self.shared.is_stopped() => return Err(Over),
                Ok(WorkerOutput::Silence) if heard_at.elapsed() < patience => {}
                Ok(heard) => return Ok(heard),
            }
        }
    }

    fn give_up(&self, error: DeterminismError) -> Over {
        self.shared.give_up(error);
        Over
    }
}

fn garbled(word: &WorkerMessage) -> DeterminismError {
    DeterminismError::Garbled { word: format!("{word:?}") }
}

/// What a process said last, on lines of its own.
fn quoted(process: &WorkerProcess) -> String {
    process.said().iter().map(|line| format!("  | {line}")).collect::<Vec<_>>().join("\n")
}
