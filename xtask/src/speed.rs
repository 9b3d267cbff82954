//! How long the users' scenario takes.

use std::io;
use std::time::Duration;

use tempfile::TempDir;

use crate::check::{Environment, timed};
use crate::command::{Call, CallError};
use crate::program;

/// The scenario that the format's first users wrote, from the root of the workspace.
pub const SCENARIO: &str = "scenarios/edge-cache.json";

/// The most it may take from the start of the process to its end, report written.
///
/// EDGE-D10 asks for 30 virtual seconds in well under a real one. Measured in November 2026 on two shared cores: 5 to 10 ms.
pub const BOUND: Duration = Duration::from_millis(50);

/// How often it is run. The best counts: a machine that is busy with something else makes a run longer, and nothing makes it shorter.
const TRIES: u32 = 5;

/// Runs the users' scenario with the built command line and holds the best time against the bound.
///
/// # Errors
///
/// The program is missing or failed, or every run took longer.
pub fn measure(environment: &Environment) -> Result<(), SpeedError> {
    let folder = TempDir::new()?;
    let program = program::built(environment)?;
    let call = Call::other(&program, &format!("run --scenario {SCENARIO} --out")).and(&folder.path().join("report.json"));
    let mut best = Duration::MAX;
    for _ in 0..TRIES {
        let (ended, took) = timed(|| call.read(&environment.cargo, &environment.root));
        ended?;
        best = best.min(took);
    }
    println!("      the best of {TRIES} runs took {best:.1?}, at most {BOUND:?} may be");
    if best <= BOUND { Ok(()) } else { Err(SpeedError::Slow { best }) }
}

/// The users' scenario could not be run, or not fast enough.
#[derive(Debug, thiserror::Error)]
pub enum SpeedError {
    /// There is no place for a report.
    #[error("no folder for the report can be had: {0}")]
    Folder(#[from] io::Error),
    /// Cargo would not say where it builds.
    #[error("cargo does not say where it builds: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    /// The program failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Every run took too long.
    #[error(
        "{SCENARIO} took {best:.1?} in the best of {TRIES} runs, at most {BOUND:?} may be\n       \
         on an idle machine run it again; if it stays so, profile what the last change added to a step"
    )]
    Slow {
        /// The shortest time.
        best: Duration,
    },
}
