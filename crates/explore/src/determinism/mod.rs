//! Runs one seed twice and compares the two runs event by event.
//!
//! The verifier ([`verifier`]) runs in the calling thread. The producer ([`producer`]) runs in a fresh thread ([`thread`], for
//! [`Explore::check_determinism`](crate::Explore::check_determinism)) or in another process ([`process`], for [`Explore::check_determinism_in_process`](crate::Explore::check_determinism_in_process));
//! [`protocol`] is what they send each other. Both observe their run and cut it into windows of 4,096 events and facts
//! ([`checkpoint`]). The producer sends the hash of each window. At the first hash that differs from its own, the verifier asks
//! for the log of that window ([`log_line`]), in which [`diff`] finds the first event that differs.
//!
//! Both sides keep a window until its hashes agree, and the producer is at most four windows ahead. So memory is bounded for a
//! run of any length, and the log is that of the run that differs: a run that leaks could not be repeated to get it. Both runs
//! stop soon after the first difference.
//!
//! [`confirm`] checks a failing seed of a sweep and makes it a [`FailedSeed`]. It runs the verifier in the sweep's own thread, since a fresh one would hide
//! what earlier seeds left behind.

mod checkpoint;
mod confirm;
mod diff;
mod error;
mod failed_seed;
mod log_line;
mod process;
mod producer;
mod protocol;
mod thread;
mod verifier;

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use cluster_sim_runtime::{Seed, SeedSchedule};
use cluster_sim_simulation::driver::{MakeReport, message_of};
use cluster_sim_simulation::{Difference, DifferingEvent, Divergence, OtherRun, Outcome, Report, Scenario};

pub use error::DeterminismError;

pub(super) use confirm::{confirm, confirm_report};
pub(super) use failed_seed::FailedSeed;
use process::ProducerProcess;
use producer::Producer;
use protocol::{ProducerHandle, ProducerMessage};
use thread::ProducerThread;
use verifier::{Finding, Verifier};

use crate::child::{Call, ChildError, FromChild, Parent, Role};
use crate::run_progress::RunProgress;
use crate::runner::{Runner, watched};
use crate::trial::Trial;

/// See [`Explore::check_determinism`](crate::Explore::check_determinism).
pub(crate) fn check_determinism(runner: &Runner, seed: Seed) -> DeterminismCheck {
    let start = || ProducerThread::start(runner.clone(), seed);
    compare_with(runner, Trial::new(seed), OtherRun::FreshThread, start).described(runner)
}

/// See [`Explore::check_determinism_in_process`](crate::Explore::check_determinism_in_process).
#[track_caller]
pub(crate) fn check_determinism_in_process(scenario: &Scenario, seed: Seed, progress: &RunProgress) -> DeterminismCheck {
    let (other_run, runner) = (OtherRun::OtherProcess, Runner::of(scenario));
    let call = Call::new(scenario, seed, Location::caller());
    match Role::of_this_call() {
        Role::Supervisor { thread, number } => {
            let start = || ProducerProcess::start(&thread, number, &call, runner.step_timeout());
            compare_with(&runner, watched(seed, &progress.heartbeat()), other_run, start).described(&runner)
        }
        Role::Worker => produce_and_exit(&runner, seed, call),
        Role::PassThrough { .. } => DeterminismCheck::new(&runner, seed, other_run, 0, Ok(scenario.run(seed))),
        Role::Unnamed => DeterminismCheck::new(&runner, seed, other_run, 0, Err(ChildError::NoName.into())),
    }
}

/// Runs in this thread, compares with the producer's run, and makes the result.
fn compare_with<T: ProducerHandle + 'static>(
    runner: &Runner,
    trial: Trial,
    other_run: OtherRun,
    start: impl FnOnce() -> Result<T, DeterminismError>,
) -> DeterminismCheck {
    let seed = trial.seed();
    // First, so that a scenario that cannot be run panics once only.
    runner.assert_valid(seed);
    let producer = match start() {
        Ok(producer) => producer,
        Err(error) => return DeterminismCheck::new(runner, seed, other_run, 0, Err(error)),
    };
    let (verifier, report) = runner.run_observed(trial, Verifier::new(producer));
    compared(runner, seed, other_run, verifier, report)
}

/// Makes the result, after the run in this thread gave a report or the verifier left it.
fn compared<T: ProducerHandle + 'static>(
    runner: &Runner,
    seed: Seed,
    other_run: OtherRun,
    verifier: Verifier<T>,
    report: Report,
) -> DeterminismCheck {
    let (producer, finding, entries) = verifier.into_parts();
    let differ = |event: Option<DifferingEvent>, differences: Vec<Difference>| {
        let divergence = Divergence { other_run, event, differences };
        Report::nondeterministic(runner.name(), SeedSchedule::new(seed), divergence)
    };
    let result = match finding {
        Finding::Event(event, differences) => {
            producer.abandon();
            Ok(differ(Some(event), differences))
        }
        Finding::Reports(differences) => match (producer.join(), report) {
            (Err(error), _) => Err(error),
            (Ok(()), report) if differences.is_empty() => Ok(report),
            (Ok(()), _) => Ok(differ(None, differences)),
        },
        Finding::Failed(error) => Err(producer.explain(error)),
    };
    DeterminismCheck::new(runner, seed, other_run, entries, result)
}

/// Serves as the other process: sends its run and exits.
fn produce_and_exit(runner: &Runner, seed: Seed, call: Call) -> ! {
    // If the parent is gone, the first checkpoint fails too.
    let _ = Parent.send(&FromChild::<ProducerMessage>::Reached(call));
    let run = || drop(runner.run_observed(Trial::new(seed), Producer::new(Parent, runner.step_timeout())));
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(()) => std::process::exit(0),
        Err(panic) => {
            let _ = Parent.send(&FromChild::<ProducerMessage>::Panicked(message_of(&*panic)));
            std::process::exit(1)
        }
    }
}

/// Result of comparing two runs of one seed.
#[derive(Debug)]
#[must_use = "two runs that differ must be looked at: call `assert_ok`"]
pub struct DeterminismCheck {
    scenario: String,
    seed: Seed,
    other_run: OtherRun,
    entries: u64,
    result: Result<Report, DeterminismError>,
}

impl DeterminismCheck {
    /// Shows the messages of the last events, by one more run, if the two runs agree on a failure.
    fn described(mut self, runner: &Runner) -> Self {
        if let Ok(report) = &mut self.result {
            runner.describe_failure(report);
        }
        self
    }

    fn new(runner: &Runner, seed: Seed, other_run: OtherRun, entries: u64, result: Result<Report, DeterminismError>) -> Self {
        Self { scenario: runner.name().to_owned(), seed, other_run, entries, result }
    }

    /// Whether both runs were equal, passed or failed.
    pub fn agreed(&self) -> bool {
        self.result.as_ref().is_ok_and(|report| report.divergence.is_none())
    }

    /// Outcome of the run, if both are equal.
    ///
    /// [`Nondeterministic`](Outcome::Nondeterministic) if they differ, [`Unknown`](Outcome::Unknown) if they could not be
    /// compared.
    pub fn outcome(&self) -> Outcome {
        self.result.as_ref().map_or(Outcome::Unknown, |report| report.outcome)
    }

    /// Returns the report of the run; if the runs differ, one that says only that.
    ///
    /// # Errors
    /// If the two runs could not be compared.
    pub fn report(&self) -> Result<&Report, &DeterminismError> {
        self.result.as_ref()
    }

    /// As [`report`](Self::report), by value.
    ///
    /// # Errors
    /// If the two runs could not be compared.
    pub fn into_report(self) -> Result<Report, DeterminismError> {
        self.result
    }

    /// The first difference between the two runs.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.result.as_ref().ok()?.divergence.as_deref()
    }

    /// Number of equal events and facts at the start of both runs, in whole windows.
    ///
    /// The end of a run counts as one.
    pub fn compared(&self) -> u64 {
        self.entries
    }

    /// Panics unless both runs are equal and passed.
    ///
    /// # Panics
    /// With the first difference, the report of a failing run, or why the two could not be compared.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.outcome() == Outcome::Held, "{self}");
    }
}

impl fmt::Display for DeterminismCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, seed, other_run, entries, .. } = self;
        match &self.result {
            Err(error) => write!(formatter, "could not compare two runs of {scenario}, seed {seed}: {error}"),
            Ok(report) if report.divergence.is_some() => write!(formatter, "{report}"),
            Ok(report) => {
                writeln!(formatter, "two runs, one here and one in {other_run}, agree in {entries} events and facts")?;
                write!(formatter, "{report}")
            }
        }
    }
}

#[cfg(test)]
mod tests;
