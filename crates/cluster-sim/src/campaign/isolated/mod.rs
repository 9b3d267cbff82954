//! A campaign in processes of its own, so that a seed that takes its process along is a finding like others.
//!
//! Whoever leads ([`leading`]) gives each process ([`process`]) a range of seeds on its standard input and takes one line for every seed that
//! is done from its standard output ([`words`]). The process ([`working`]) says now and then that it is alive. Where it ends by itself, or is
//! heard of no more, the seed that it was at is run once more in a fresh process, and is a finding ([`ending`]).

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

use super::TwiceError;
use super::determinism::Call;
use super::reexec::{Part, VARIABLE, arguments};
use super::state::Shared;
use super::target::Case;

/// Starts the process that does a part of the work.
type Start = Arc<dyn Fn() -> Command + Send + Sync>;

/// Runs seeds in processes of this executable that come to the same call; in one of those, does the part of it, and does not come back.
pub(super) fn run_by_same_call(
    case: &Case,
    shared: &Arc<Shared>,
    first: u64,
    place: &Location<'_>,
    between: &mut dyn FnMut() -> bool,
) {
    let call = call_of(case, first, &place.to_string());
    match Part::of_this_call() {
        Part::Tell => worker::work(case, call),
        Part::Refuse => shared.give_up(TwiceError::NoName),
        Part::Lead { thread, number } | Part::GoOn { thread, number } => match std::env::current_exe() {
            Err(error) => shared.give_up(supervisor::not_started(&error)),
            Ok(executable) => {
                let start = move || {
                    let mut command = Command::new(&executable);
                    command.args(arguments(&thread)).env(VARIABLE, number.to_string());
                    command
                };
                supervisor::lead(case, shared, Arc::new(start), call, between);
            }
        },
    }
}

/// Runs seeds in processes that are started so.
pub(super) fn run(case: &Case, shared: &Arc<Shared>, start: Start, between: &mut dyn FnMut() -> bool) {
    supervisor::lead(case, shared, start, started_call(case), between);
}

/// Does the part of a process that was started for it.
pub(super) fn work(case: &Case) -> ! {
    worker::work(case, started_call(case))
}

/// What processes that are started for nothing else come to.
fn started_call(case: &Case) -> Call {
    call_of(case, 0, "the start of a worker")
}

fn call_of(case: &Case, first: u64, place: &str) -> Call {
    let subject = &case.subject;
    Call { place: place.to_owned(), scenario: subject.name().to_owned(), seed: Seed(first), declared: subject.declared() }
}
