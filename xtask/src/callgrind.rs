//! Counts the instructions of a program with valgrind: a busy machine does not change the result.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use crate::command::{Call, CallError};
use crate::environment::Environment;

/// Whether valgrind is installed.
pub fn is_installed(environment: &Environment) -> bool {
    Call::other(Path::new("valgrind"), "--version").probe(&environment.cargo, &environment.root).is_some()
}

/// Runs a program; returns the instructions of all its threads, and what it printed.
///
/// # Errors
///
/// It failed, or valgrind wrote no count.
pub fn count(program: &Call, environment: &Environment) -> Result<(u64, String), CallgrindError> {
    let folder = TempDir::new()?;
    let output = folder.path().join("counts");
    let call = Call::other(Path::new("valgrind"), "-q --tool=callgrind");
    let call = call.with_argument(Path::new(&format!("--callgrind-out-file={}", output.display()))).wrapping(program);
    let printed = call.read(&environment.cargo, &environment.root)?;
    let counted = total(&fs::read_to_string(&output)?);
    let counted = counted.ok_or_else(|| CallgrindError::Unreadable { call: call.to_string() })?;
    Ok((counted, String::from_utf8_lossy(&printed).into_owned()))
}

/// The instructions of a whole run, from the output file of callgrind.
fn total(written: &str) -> Option<u64> {
    written.lines().find_map(|line| line.strip_prefix("totals:"))?.trim().parse().ok()
}

/// Instructions could not be counted.
#[derive(Debug, thiserror::Error)]
pub enum CallgrindError {
    /// The output of valgrind could not be written or read.
    #[error("the output of valgrind cannot be read: {0}")]
    File(#[from] io::Error),
    /// The program failed under valgrind.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The output contains no count.
    #[error("valgrind wrote no number of instructions for `{call}`; check its installation")]
    Unreadable {
        /// The call.
        call: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_from_the_file_of_callgrind() {
        assert_eq!(total("version: 1\nevents: Ir\nfn=(1) main\n1 20\n\ntotals: 93719543\n"), Some(93_719_543));
        assert_eq!(total("version: 1\n"), None);
    }
}
