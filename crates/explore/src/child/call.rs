//! Matches a call in this process with the same call in a process started to make it again.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::panic::Location;
use std::process::Command;
use std::thread;

use cluster_sim_runtime::Seed;
use cluster_sim_simulation::Scenario;
use cluster_sim_simulation::driver::DriveScenario;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::ChildError;

/// Environment variable with the number of the call that a process was started for, from 0.
const VARIABLE: &str = crate::environment::CALL;

/// Calls made so far, by thread name; a test makes them in the same order in every process.
static CALLS: Mutex<BTreeMap<String, u64>> = Mutex::new(BTreeMap::new());

/// Role of the calling process in a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Starts processes that make the same call, and works with them.
    Supervisor {
        /// Name of the calling thread; in a test, the name of the test.
        thread: String,
        /// Number of the call within that thread.
        number: u64,
    },
    /// Serves the process that started it, then exits.
    Worker,
    /// Runs locally, so that the program reaches the later call that it was started for.
    PassThrough {
        /// Name of the calling thread.
        thread: String,
        /// Number of the call within that thread.
        number: u64,
    },
    /// Fails: the thread has no name by which another process could find the call.
    Unnamed,
}

impl Role {
    /// Counts this call and returns the role of this process in it.
    pub(crate) fn of_this_call() -> Self {
        let Some(name) = thread::current().name().map(str::to_owned) else { return Self::Unnamed };
        let mut calls = CALLS.lock();
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

/// The call that this process was started for, if it was.
#[expect(clippy::disallowed_methods, reason = "the environment tells a process which call it was started for")]
fn requested_call() -> Option<u64> {
    std::env::var(VARIABLE).ok()?.parse().ok()
}

/// Arguments with which another process reaches the calls of that thread.
///
/// These name the test of that name alone; for the main thread they are the arguments of this process.
fn arguments(thread: &str) -> Vec<OsString> {
    if thread == "main" {
        return std::env::args_os().skip(1).collect();
    }
    // An ignored test runs here because the user asked for it.
    [thread, "--exact", "--nocapture", "--include-ignored"].map(OsString::from).to_vec()
}

/// Makes the commands that start this program again, so that its thread `thread` makes call `number` in them.
///
/// # Errors
/// If this program cannot be found.
pub(crate) fn this_program(thread: &str, number: u64) -> Result<impl Fn() -> Command + Send + Sync + use<>, ChildError> {
    let executable = std::env::current_exe()
        .map_err(|error| ChildError::NotStarted { command: "this program".to_owned(), reason: error.to_string() })?;
    let arguments = arguments(thread);
    Ok(move || {
        let mut command = Command::new(&executable);
        command.args(&arguments).env(VARIABLE, number.to_string());
        command
    })
}

/// Identity of a call, so that both processes make the same one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Call {
    /// File and line of the call.
    pub(crate) place: String,
    pub(crate) scenario: String,
    pub(crate) seed: Seed,
    /// Hash of the scenario's declaration, without the code in it.
    pub(crate) declared: u64,
}

impl Call {
    pub(crate) fn new(scenario: &Scenario, seed: Seed, place: &Location<'_>) -> Self {
        Self { place: place.to_string(), scenario: scenario.name().to_owned(), seed, declared: scenario.declaration_hash() }
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { place, scenario, seed, declared } = self;
        write!(formatter, "at {place} of scenario {scenario:?}, seed {seed}, declared as {declared:016x}")
    }
}
