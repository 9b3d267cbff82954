//! A campaign in processes of its own, so that a seed that takes its process along is a finding like others.
//!
//! Whoever leads ([`supervisor`]) gives each process ([`process`]) a range of seeds on its standard input and takes one line for every seed that
//! is done from its standard output ([`protocol`]). The process ([`worker`]) says now and then that it is alive. Where it ends by itself, or is
//! heard of no more, the seed that it was at is run once more in a fresh process, and is a finding ([`exit`]).

mod exit;
mod process;
mod protocol;
mod supervisor;
mod worker;

pub(super) use exit::SURVIVES;

use std::panic::Location;
use std::process::Command;
use std::sync::Arc;

use cluster_sim_runtime::Seed;

use super::DeterminismError;
use super::determinism::Call;
use super::reexec::{Role, VARIABLE, arguments};
use super::state::Shared;
use super::target::Job;

/// Starts the process that does a part of the work.
type Start = Arc<dyn Fn() -> Command + Send + Sync>;

/// Runs seeds in processes of this executable that come to the same call; in one of those, does the part of it, and does not come back.
pub(super) fn run_by_same_call(
    job: &Job,
    shared: &Arc<Shared>,
    first: u64,
    place: &Location<'_>,
    keep_waiting: &mut dyn FnMut() -> bool,
) {
    let call = call_of(job, first, &place.to_string());
    match Role::of_this_call() {
        Role::Worker => worker::work(job, call),
        Role::Unnamed => shared.give_up(DeterminismError::NoName),
        Role::Supervisor { thread, number } | Role::PassThrough { thread, number } => match std::env::current_exe() {
            Err(error) => shared.give_up(supervisor::not_started(&error)),
            Ok(executable) => {
                let start = move || {
                    let mut command = Command::new(&executable);
                    command.args(arguments(&thread)).env(VARIABLE, number.to_string());
                    command
                };
                supervisor::supervise(job, shared, Arc::new(start), call, keep_waiting);
            }
        },
    }
}

/// Runs seeds in processes that are started so.
pub(super) fn run(job: &Job, shared: &Arc<Shared>, start: Start, keep_waiting: &mut dyn FnMut() -> bool) {
    supervisor::supervise(job, shared, start, started_call(job), keep_waiting);
}

/// Does the part of a process that was started for it.
pub(super) fn work(job: &Job) -> ! {
    worker::work(job, started_call(job))
}

/// What processes that are started for nothing else come to.
fn started_call(job: &Job) -> Call {
    call_of(job, 0, "the start of a worker")
}

fn call_of(job: &Job, first: u64, place: &str) -> Call {
    let target = &job.target;
    Call { place: place.to_owned(), scenario: target.name().to_owned(), seed: Seed(first), declared: target.declared() }
}
