//! The step `digests`: compares the digests of the builtin scenarios with the committed ones.

use std::path::PathBuf;
use std::{fs, io, thread};

use similar::TextDiff;

use crate::command::{Call, CallError};
use crate::environment::Environment;
use crate::program;

/// The file of the committed digests, from the root of the workspace.
pub const COMMITTED: &str = "tests/digests.toml";

/// Runs `cluster-sim digests` in two processes at once, on one thread and on two, and compares each output with the committed file.
///
/// # Errors
///
/// The file or the program is missing, the program failed, or a byte differs.
pub fn compare(environment: &Environment) -> Result<(), DigestsError> {
    let path = environment.root.join(COMMITTED);
    let committed = fs::read(&path).map_err(|source| DigestsError::Unreadable { path, source })?;
    let program = program::release_binary(environment)?;
    let calls = [1, 2].map(|threads| Call::other(&program, &format!("digests --threads {threads}")));
    let printed = thread::scope(|scope| {
        let running = calls.each_ref().map(|call| scope.spawn(|| call.read(&environment.cargo, &environment.root)));
        running.map(|running| running.join().expect("it only runs a program"))
    });
    for (call, printed) in calls.iter().zip(printed) {
        let printed = printed?;
        if printed != committed {
            return Err(DigestsError::Differ { call: call.to_string(), difference: difference(&committed, &printed) });
        }
    }
    Ok(())
}

/// The lines that differ: `-` committed, `+` printed; a note if the texts are equal after lossy decoding.
fn difference(committed: &[u8], printed: &[u8]) -> String {
    let (committed, printed) = (String::from_utf8_lossy(committed), String::from_utf8_lossy(printed));
    let lines =
        TextDiff::from_lines(&*committed, &*printed).unified_diff().context_radius(1).header(COMMITTED, "printed").to_string();
    if lines.is_empty() { "the bytes differ only in invalid UTF-8".to_owned() } else { lines }
}

/// The digests differ from the committed ones, or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DigestsError {
    /// The committed file cannot be read.
    #[error("{} cannot be read: {source}; write it with `{WRITE}`", path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// `cargo metadata` failed, so the target directory is unknown.
    #[error("the target directory of cargo is unknown: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    /// `cluster-sim digests` failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The output differs from the committed file.
    #[error(
        "`{call}` does not print {COMMITTED}\n{difference}\n       if only this run differs, the simulator is not deterministic\n       \
         if the change is intended: `{WRITE}`, and a note `digest changed` in the changelog"
    )]
    Differ {
        /// The call whose output differs.
        call: String,
        /// The lines that differ.
        difference: String,
    },
}

/// The command that writes the committed file.
const WRITE: &str = "cargo run --release -p cluster-sim-cli -- digests > tests/digests.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_both_lines() {
        let text = difference(b"a = 1\nb = 2\n", b"a = 1\nb = 3\n");
        assert!(text.contains("-b = 2\n") && text.contains("+b = 3\n"), "{text}");
    }

    #[test]
    fn a_missing_last_newline_is_a_difference() {
        assert!(difference(b"a = 1\n", b"a = 1").contains("No newline"));
    }
}
