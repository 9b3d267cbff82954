//! What a large cluster takes in time and memory.

use std::io;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use tempfile::TempDir;

use crate::check::{Environment, timed};
use crate::command::{Call, CallError};
use crate::program;

/// 1,000 edges, 10,000 clients and 1,000 writes a second for a minute, from the root of the workspace. No ready scenario: it takes long.
pub const SCENARIO: &str = "scenarios/large/edge-cache-at-size.json";

/// The most it may take: a quarter of the minute that it simulates, at some 60 million messages a quarter of a microsecond for each.
pub const TIME_BOUND: Duration = Duration::from_secs(15);

/// The most memory it may hold at once: what every machine that builds this has.
pub const MEMORY_BOUND_KIB: u64 = 1024 * 1024;

/// How often the system is asked how much memory the process has held. The answer only grows, so that nothing is missed but the end.
const GLANCE: Duration = Duration::from_millis(20);

/// Runs the large scenario with the built command line and holds time and memory against their bounds.
///
/// Memory is known on Linux only; elsewhere the step says so and judges the time.
///
/// # Errors
///
/// The program is missing or failed, or took more than it may.
pub fn measure(environment: &Environment) -> Result<(), SizeError> {
    let folder = TempDir::new()?;
    let program = program::built(environment)?;
    let call = Call::other(&program, &format!("run --scenario {SCENARIO} --out")).and(&folder.path().join("report.json"));
    let mut process = call.start(&environment.cargo, &environment.root)?;
    let (ended, took) = timed(|| watch(&mut process));
    let (status, memory) = ended?;
    call.succeeded(status)?;
    let held = memory.map_or_else(|| "an unknown amount of memory".to_owned(), |kib| format!("{} MiB", kib / 1024));
    println!("      took {took:.1?} of {TIME_BOUND:?} and held {held} of {} MiB", MEMORY_BOUND_KIB / 1024);
    judge(took, memory)
}

fn judge(took: Duration, memory: Option<u64>) -> Result<(), SizeError> {
    match memory {
        _ if took > TIME_BOUND => Err(SizeError::Slow { took }),
        Some(held) if held > MEMORY_BOUND_KIB => Err(SizeError::Large { held }),
        _ => Ok(()),
    }
}

/// Waits for the end of a process, and answers with how it ended and the most memory it was seen to hold, in KiB.
fn watch(process: &mut Child) -> io::Result<(ExitStatus, Option<u64>)> {
    let status = format!("/proc/{}/status", process.id());
    let mut most = None;
    loop {
        most = most.max(std::fs::read_to_string(Path::new(&status)).ok().and_then(|text| peak(&text)));
        if let Some(ended) = process.try_wait()? {
            return Ok((ended, most));
        }
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "the process that is watched runs in the machine's time")]
fn pause() {
    std::thread::sleep(GLANCE);
}

/// The most memory a process has held so far, in KiB, as Linux tells it.
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The large scenario could not be run, or took more than it may.
#[derive(Debug, thiserror::Error)]
pub enum SizeError {
    /// There is no place for a report, or the process could not be watched.
    #[error("the run could not be watched: {0}")]
    Unwatched(#[from] io::Error),
    /// Cargo would not say where it builds.
    #[error("cargo does not say where it builds: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    /// The program failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It took too long.
    #[error("{SCENARIO} took {took:.1?}, at most {TIME_BOUND:?} may be; on an idle machine run it again, then profile it")]
    Slow {
        /// How long.
        took: Duration,
    },
    /// It held too much.
    #[error(
        "{SCENARIO} held {held} KiB, at most {MEMORY_BOUND_KIB} KiB may be; look for what grows with messages or pairs of nodes"
    )]
    Large {
        /// How much, in KiB.
        held: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_what_linux_says() {
        assert_eq!(peak("Name:\tcluster-sim\nVmPeak:\t  700000 kB\nVmHWM:\t  347220 kB\nVmRSS:\t  1 kB\n"), Some(347_220));
        assert_eq!(peak("Name:\tcluster-sim\n"), None);
        assert_eq!(peak("VmHWM:\t  many kB\n"), None);
    }

    #[test]
    fn what_is_within_both_bounds_passes_and_nothing_else() {
        let (little, much) = (Duration::from_secs(1), TIME_BOUND + Duration::from_millis(1));
        assert!(judge(TIME_BOUND, Some(MEMORY_BOUND_KIB)).is_ok() && judge(little, None).is_ok());
        assert!(matches!(judge(much, Some(1)), Err(SizeError::Slow { .. })));
        assert!(matches!(judge(little, Some(MEMORY_BOUND_KIB + 1)), Err(SizeError::Large { .. })));
    }
}
