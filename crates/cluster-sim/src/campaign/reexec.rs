//! Which of a program's calls is which, in this process and in the one started to make it again.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::panic::Location;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use cluster_sim_runtime::{Seed, fold_bytes};

use super::determinism::Call;
use crate::scenario::{Definition, Scenario};

/// The variable that tells a process which of the calls of its test it is to make: their number, from 0.
pub(super) const VARIABLE: &str = "CLUSTER_SIM_CALL";

/// How many calls were made so far, by the name of the thread. A test makes them in the same order in every process.
static CALLS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// What a call is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Start other processes that make the same call, and give them their part.
    Supervisor {
        /// Which thread makes the call: for a test the name of the test.
        thread: String,
        /// Which of its calls it is.
        number: u64,
    },
    /// Do the part of the process that was started for it, tell of it, and end.
    Worker,
    /// Run, so that the program comes to a later call, which is the one to tell of.
    PassThrough {
        /// As above.
        thread: String,
        /// As above.
        number: u64,
    },
    /// Nothing can be done: the thread has no name.
    Unnamed,
}

impl Role {
    /// The part of the call that this thread makes now.
    pub(super) fn of_this_call() -> Self {
        let Some(name) = thread::current().name().map(str::to_owned) else { return Self::Unnamed };
        let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        let count = calls.entry(name.clone()).or_insert(0);
        let number = *count;
        *count += 1;
        match requested_call() {
            None => Self::Supervisor { thread: name, number },
            Some(requested) if number < requested => Self::PassThrough { thread: name, number },
            Some(_) => Self::Worker,
        }
    }
}

/// The number of the call that this process was started for, if it was.
#[expect(clippy::disallowed_methods, reason = "a process is told by its environment that it was started to make a call again")]
fn requested_call() -> Option<u64> {
    std::env::var(VARIABLE).ok()?.parse().ok()
}

/// What makes a thread of that name come to its calls in another process: the test of that name, or in a main thread what this process
/// was started with.
pub(super) fn arguments(thread: &str) -> Vec<OsString> {
    if thread == "main" {
        return std::env::args_os().skip(1).collect();
    }
    // A test that is ignored unless asked for runs here because somebody asked.
    [thread, "--exact", "--nocapture", "--include-ignored"].map(OsString::from).to_vec()
}

/// A hash of what a scenario declares, but for the code in it.
pub(super) fn declared(scenario: &Scenario) -> u64 {
    // What runs of it found out and left behind is not declared; a copy has no memory of theirs.
    let definition = Definition { checked: OnceLock::new(), ..Definition::clone(&scenario.0) };
    fold_bytes(0, format!("{definition:?}").as_bytes())
}

impl Call {
    pub(super) fn new(scenario: &Scenario, seed: Seed, place: &Location<'_>) -> Self {
        Self { place: place.to_string(), scenario: scenario.name().to_owned(), seed, declared: declared(scenario) }
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { place, scenario, seed, declared } = self;
        write!(formatter, "at {place} of scenario {scenario:?}, seed {seed}, declared as {declared:016x}")
    }
}
