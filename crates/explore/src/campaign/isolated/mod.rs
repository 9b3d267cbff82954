//! Runs seeds in worker processes; an abort or a hang fails that seed.
//!
//! The [`supervisor`] orders ranges of seeds from its child processes and gets one message per completed seed ([`protocol`]). The
//! [`worker`] detects steps that never return by itself and sends a sign of life twice a second. A worker that ends in the middle
//! of a seed, or sends nothing for too long, is replaced; its seed runs once more in a fresh worker, and is a finding if that one
//! ends the same way ([`worker_exit`]).

mod protocol;
mod supervisor;
mod worker;
mod worker_exit;

use std::panic::Location;
use std::process::Command;
use std::sync::Arc;

use cluster_sim_runtime::Seed;

use super::state::Shared;
use super::target::Job;
use crate::child::{Call, ChildError, Role, this_program};

/// Makes the command that starts a worker.
type Start = Arc<dyn Fn() -> Command + Send + Sync>;

/// Runs seeds in workers that are this executable and reach the same call.
///
/// In a worker, serves the supervisor and never returns.
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
        Role::Unnamed => shared.give_up(ChildError::NoName),
        Role::Supervisor { thread, number } | Role::PassThrough { thread, number } => match this_program(&thread, number) {
            Err(error) => shared.give_up(error),
            Ok(start) => supervisor::supervise(job, shared, Arc::new(start), call, keep_waiting),
        },
    }
}

/// Runs seeds in workers that `start` starts.
pub(super) fn run(job: &Job, shared: &Arc<Shared>, start: Start, keep_waiting: &mut dyn FnMut() -> bool) {
    supervisor::supervise(job, shared, start, started_call(job), keep_waiting);
}

/// Serves as a worker that was started by [`run`]'s command.
pub(super) fn work(job: &Job) -> ! {
    worker::work(job, started_call(job))
}

/// The call of workers that are started for nothing else.
fn started_call(job: &Job) -> Call {
    call_of(job, 0, "the start of a worker")
}

fn call_of(job: &Job, first: u64, place: &str) -> Call {
    let target = &job.target;
    Call { place: place.to_owned(), scenario: target.name().to_owned(), seed: Seed(first), declared: target.declared() }
}
