//! One seed run twice, and the two runs compared event by event.
//!
//! [`Scenario::check_determinism`] runs the second one in a fresh thread, [`Scenario::check_determinism_in_process`] in a process of its own. Both sides cut what
//! comes about into windows ([`checkpoint`]), the one elsewhere tells the hash of each ([`producer`], in [`protocol`] that a thread or a process
//! carries), the one here compares ([`verifier`]) and asks for the log of the first window that differs, in which [`diff`] finds the
//! first event that does.
//!
//! Memory is bounded by a few windows on each side, whatever the length of the run. Both runs are over soon after they part.

mod checkpoint;
mod confirm;
mod diff;
mod error;
mod log_line;
mod process;
mod producer;
mod protocol;
mod thread;
mod verifier;

use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;

use cluster_sim_runtime::{Heartbeat, Seed, SeedSchedule};

pub use error::DeterminismError;

pub(super) use confirm::confirm_report;
use process::{ParentProcess, ProducerProcess};
use producer::Producer;
pub(super) use protocol::Call;
use protocol::{ProducerHandle, ProducerMessage, VerifierHandle};
use thread::ProducerThread;
use verifier::{Finding, Verifier};

use super::reexec::Role;
use crate::report::{Difference, DifferingEvent, Divergence, OtherRun, Outcome, Report};
use crate::scenario::Scenario;
use crate::sim::message_of;

impl Scenario {
    /// Runs one seed twice at the same time, in this thread and in a fresh one, and compares the two runs event by event.
    ///
    /// Compared are all events and all facts (by their `Debug` form) in their order, and in the end the reports. At the first difference
    /// both stop. What a fresh thread cannot show, such as statics that a run in this process left behind, is for
    /// [`check_determinism_in_process`](Self::check_determinism_in_process).
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// struct Counter(u64);
    ///
    /// impl Machine for Counter {
    ///     type Message = ();
    ///     type View = u64;
    ///     fn step(&mut self, _: LocalInstant, _: Input<()>, effects: &mut Effects<()>) {
    ///         self.0 += 1;
    ///         effects.arm(Timer(0), Duration::from_secs(1));
    ///     }
    ///     fn view(&self) -> &u64 {
    ///         &self.0
    ///     }
    /// }
    ///
    /// let scenario = Scenario::new("counting").machines("counter", 2, |_: &NodeInfo| Counter(0));
    /// let twice = scenario.twice(Seed(7));
    /// twice.assert_ok();
    /// assert_eq!(twice.outcome(), Outcome::Held);
    /// ```
    ///
    /// # Panics
    /// If the scenario cannot be run, or code in it panics where a run makes no finding of it.
    pub fn check_determinism(&self, seed: Seed) -> DeterminismCheck {
        self.check_determinism_watched(seed, None)
    }

    /// The same, with word of every step of the run in this thread left for somebody who watches from outside.
    fn check_determinism_watched(&self, seed: Seed, heartbeat: Option<Arc<Heartbeat>>) -> DeterminismCheck {
        self.compared(seed, OtherRun::FreshThread, heartbeat, |scenario| ProducerThread::start(scenario.clone(), seed))
    }

    /// Runs one seed twice at the same time, in this process and in another one, and compares the two runs as [`check_determinism`](Self::check_determinism) does.
    ///
    /// The other process is this executable, started again: in a test to run the test of this thread's name alone, in a main thread with
    /// the arguments of this process. There the same call tells its run and ends the process. Everything before the call is done there
    /// too, so a test must come to its calls in the same order each time; calls of this method before the one in question run there once
    /// and compare nothing. Its standard input and output carry the comparison.
    ///
    /// A process that cannot be started, ends early, comes to another call or gives no sign of life for the scenario's
    /// [`step_timeout`](Self::step_timeout) is an error of the comparison, which is no pass. It must come to the call in that time too.
    ///
    /// # Panics
    /// As [`check_determinism`](Self::check_determinism).
    #[track_caller]
    pub fn check_determinism_in_process(&self, seed: Seed) -> DeterminismCheck {
        let other_run = OtherRun::OtherProcess;
        let call = Call::new(self, seed, Location::caller());
        match Role::of_this_call() {
            Role::Supervisor { thread, number } => {
                let start = |scenario: &Self| ProducerProcess::start(&thread, number, &call, scenario.0.step_timeout);
                self.compared(seed, other_run, None, start)
            }
            Role::Worker => self.produce_and_exit(seed, call),
            Role::PassThrough { .. } => DeterminismCheck::new(self, seed, other_run, 0, Ok(self.run(seed))),
            Role::Unnamed => DeterminismCheck::new(self, seed, other_run, 0, Err(DeterminismError::NoName)),
        }
    }

    /// Runs here, follows what a teller tells of the run elsewhere, and says what came of it.
    fn compared<T: ProducerHandle + 'static>(
        &self,
        seed: Seed,
        other_run: OtherRun,
        heartbeat: Option<Arc<Heartbeat>>,
        start: impl FnOnce(&Self) -> Result<T, DeterminismError>,
    ) -> DeterminismCheck {
        // First of all, so that a scenario that cannot be run says so once.
        let sim = self.start_watched(seed, heartbeat);
        let producer = match start(self) {
            Ok(producer) => producer,
            Err(error) => return DeterminismCheck::new(self, seed, other_run, 0, Err(error)),
        };
        let (verifier, report) = sim.run_observed(Verifier::new(producer));
        let (producer, finding, entries) = verifier.into_parts();
        let parted = |event: Option<DifferingEvent>, differences: Vec<Difference>| {
            let divergence = Divergence { elsewhere: other_run, event, differences };
            Report::nondeterministic(self.name(), SeedSchedule::new(seed), divergence)
        };
        let result = match finding {
            Finding::Event(event, differences) => {
                producer.abandon();
                Ok(parted(Some(event), differences))
            }
            Finding::Reports(differences) => match (producer.join(), report) {
                (Err(error), _) => Err(error),
                (Ok(()), Some(report)) if differences.is_empty() => Ok(report),
                (Ok(()), _) => Ok(parted(None, differences)),
            },
            Finding::Failed(error) => Err(producer.explain(error)),
        };
        DeterminismCheck::new(self, seed, other_run, entries, result)
    }

    /// The part of the process that was started for it.
    fn produce_and_exit(&self, seed: Seed, call: Call) -> ! {
        let mut parent = ParentProcess;
        // If nobody listens any more, the first checkpoint finds that out too.
        let _ = parent.send(ProducerMessage::Reached(call));
        let run = || drop(self.start(seed).run_observed(Producer::new(parent, self.0.step_timeout)));
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(()) => std::process::exit(0),
            Err(panic) => {
                let _ = ParentProcess.send(ProducerMessage::Panicked(message_of(&*panic)));
                std::process::exit(1)
            }
        }
    }
}

/// What two runs of one seed showed.
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
    fn new(scenario: &Scenario, seed: Seed, other_run: OtherRun, entries: u64, result: Result<Report, DeterminismError>) -> Self {
        Self { scenario: scenario.name().to_owned(), seed, other_run, entries, result }
    }

    /// Whether the two runs were the same, whatever they showed.
    pub fn agreed(&self) -> bool {
        self.result.as_ref().is_ok_and(|report| report.divergence.is_none())
    }

    /// How the run ended, if both were the same; `Nondeterministic` if they differ; `Unknown` if they could not be compared.
    pub fn outcome(&self) -> Outcome {
        self.result.as_ref().map_or(Outcome::Unknown, |report| report.outcome)
    }

    /// The report of the run; of two that differ that they do, and nothing else.
    ///
    /// # Errors
    /// If the two runs could not be compared.
    pub fn report(&self) -> Result<&Report, &DeterminismError> {
        self.result.as_ref()
    }

    /// The report itself.
    ///
    /// # Errors
    /// If the two runs could not be compared.
    pub fn into_report(self) -> Result<Report, DeterminismError> {
        self.result
    }

    /// Where the two runs part, if they do.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.result.as_ref().ok()?.divergence.as_deref()
    }

    /// How many events and facts the two runs have in common, as far as whole windows were compared; the end of a run counts as one.
    pub fn compared(&self) -> u64 {
        self.entries
    }

    /// Passes if both runs were the same and everything held.
    ///
    /// # Panics
    /// With the first event that differs, the report of a run that did not hold, or why the two could not be compared.
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
