//! The digests of the standard scenarios, held against the committed ones.

use std::path::PathBuf;
use std::{fs, io};

use similar::TextDiff;

use crate::check::Environment;
use crate::command::{Call, CallError};
use crate::program;

/// The committed digests, from the root of the workspace.
pub const COMMITTED: &str = "tests/digests.toml";

/// Runs `cluster-sim digests` in two processes, on one thread and on two, and holds each output against the committed file.
///
/// # Errors
///
/// The file or the program is missing, the program failed, or a byte differs.
pub fn compare(environment: &Environment) -> Result<(), DigestsError> {
    let path = environment.root.join(COMMITTED);
    let committed = fs::read(&path).map_err(|source| DigestsError::Unreadable { path, source })?;
    let program = program::built(environment)?;
    for threads in [1, 2] {
        let call = Call::other(&program, &format!("digests --threads {threads}"));
        let printed = call.read(&environment.cargo, &environment.root)?;
        if printed != committed {
            return Err(DigestsError::Differ { call: call.to_string(), difference: difference(&committed, &printed) });
        }
    }
    Ok(())
}

/// The lines that differ: `-` committed, `+` printed. Where only bytes differ that no line shows, says so.
fn difference(committed: &[u8], printed: &[u8]) -> String {
    let (committed, printed) = (String::from_utf8_lossy(committed), String::from_utf8_lossy(printed));
    let lines =
        TextDiff::from_lines(&*committed, &*printed).unified_diff().context_radius(1).header(COMMITTED, "printed").to_string();
    if lines.is_empty() { "the bytes differ where neither is text".to_owned() } else { lines }
}

/// The digests are not the committed ones, or could not be had.
#[derive(Debug, thiserror::Error)]
pub enum DigestsError {
    /// The committed file is not there.
    #[error("{} cannot be read: {source}; write it with `{WRITE}`", path.display())]
    Unreadable {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Cargo would not say where it builds.
    #[error("cargo does not say where it builds: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    /// The program failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A byte differs.
    #[error(
        "`{call}` does not print {COMMITTED}\n{difference}\n       if only this run differs, the simulator is not deterministic\n       \
         if the change is meant: `{WRITE}`, and a note `digest changed` in the changelog"
    )]
    Differ {
        /// Which of the two runs.
        call: String,
        /// The lines.
        difference: String,
    },
}

/// The line that writes the committed file.
const WRITE: &str = "cargo run --release -p cluster-sim-cli -- digests > tests/digests.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_both_lines() {
        let shown = difference(b"a = 1\nb = 2\n", b"a = 1\nb = 3\n");
        assert!(shown.contains("-b = 2\n") && shown.contains("+b = 3\n"), "{shown}");
    }

    #[test]
    fn a_missing_last_newline_is_a_difference() {
        assert!(difference(b"a = 1\n", b"a = 1").contains("No newline"));
    }
}
