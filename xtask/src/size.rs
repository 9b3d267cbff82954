//! The step `size`: time and memory of a large cluster.

use std::io;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use tempfile::TempDir;

use crate::command::{Call, CallError};
use crate::environment::{Environment, timed};
use crate::program;

/// 1,000 edges, 10,000 clients and 1,000 writes per second for a minute, from the root of the workspace. Not a builtin scenario, since it is slow.
pub const SCENARIO: &str = "scenarios/large/edge-cache-at-size.json";

/// The bound on time: a quarter of the simulated minute; for some 60 million messages a quarter of a microsecond each.
pub const TIME_BOUND: Duration = Duration::from_secs(15);

/// The bound on peak memory, which every machine that builds the workspace has.
pub const MEMORY_BOUND_KIB: u64 = 1024 * 1024;

/// How often the peak memory is read. It only grows, so a poll can miss only growth right before the end.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Runs the large scenario with the built command line and compares time and memory with their bounds.
///
/// Memory is known on Linux only; elsewhere the step checks the time alone.
///
/// # Errors
///
/// The program is missing or failed, or exceeded a bound.
pub fn measure(environment: &Environment) -> Result<(), SizeError> {
    let folder = TempDir::new()?;
    let program = program::release_binary(environment)?;
    let call = Call::other(&program, &format!("run --scenario {SCENARIO} --out")).with_argument(&folder.path().join("report.json"));
    let mut process = call.start(&environment.cargo, &environment.root)?;
    let (ended, took) = timed(|| watch(&mut process));
    let (status, memory) = ended?;
    call.succeeded(status)?;
    let peak = memory.map_or_else(|| "an unknown amount of memory".to_owned(), |kib| format!("{} MiB", kib / 1024));
    println!("      took {took:.1?} of {TIME_BOUND:?} and {peak} of {} MiB", MEMORY_BOUND_KIB / 1024);
    judge(took, memory)
}

fn judge(took: Duration, memory: Option<u64>) -> Result<(), SizeError> {
    match memory {
        _ if took > TIME_BOUND => Err(SizeError::Slow { took }),
        Some(peak_kib) if peak_kib > MEMORY_BOUND_KIB => Err(SizeError::Large { peak_kib }),
        _ => Ok(()),
    }
}

/// Waits for the end of a process; returns its status and the peak memory that was read, in KiB.
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

#[expect(clippy::disallowed_methods, reason = "the watched process runs in time of the machine")]
fn pause() {
    std::thread::sleep(POLL_INTERVAL);
}

/// The peak memory of a process in KiB, from its `/proc` status on Linux.
fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The large scenario could not be run, or exceeded a bound.
#[derive(Debug, thiserror::Error)]
pub enum SizeError {
    /// There is no folder for the report, or the process could not be watched.
    #[error("the run could not be watched: {0}")]
    Unwatched(#[from] io::Error),
    /// `cargo metadata` failed, so the target directory is unknown.
    #[error("the target directory of cargo is unknown: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    /// The program failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It took too long.
    #[error("{SCENARIO} took {took:.1?}, the bound is {TIME_BOUND:?}; run it again on an idle machine, then profile it")]
    Slow {
        /// The time.
        took: Duration,
    },
    /// It needed too much memory.
    #[error(
        "{SCENARIO} needed {peak_kib} KiB, the bound is {MEMORY_BOUND_KIB} KiB; look for state that grows with messages or pairs of nodes"
    )]
    Large {
        /// The peak memory in KiB.
        peak_kib: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_proc_status() {
        assert_eq!(peak("Name:\tcluster-sim\nVmPeak:\t  700000 kB\nVmHWM:\t  347220 kB\nVmRSS:\t  1 kB\n"), Some(347_220));
        assert_eq!(peak("Name:\tcluster-sim\n"), None);
        assert_eq!(peak("VmHWM:\t  many kB\n"), None);
    }

    #[test]
    fn a_run_passes_only_within_both_bounds() {
        let (little, much) = (Duration::from_secs(1), TIME_BOUND + Duration::from_millis(1));
        assert!(judge(TIME_BOUND, Some(MEMORY_BOUND_KIB)).is_ok() && judge(little, None).is_ok());
        assert!(matches!(judge(much, Some(1)), Err(SizeError::Slow { .. })));
        assert!(matches!(judge(little, Some(MEMORY_BOUND_KIB + 1)), Err(SizeError::Large { .. })));
    }
}
