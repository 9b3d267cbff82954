//! A file with a history, which is read in one go and never as a whole in memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use cluster_sim::check::history::History;
use cluster_sim::check::history::file::{FileError, FileVocabulary, read_history};
use cluster_sim_registry::{ScenarioError, ScenarioErrorKind};
use serde::de::DeserializeOwned;

use crate::progress::{self, Progress};

/// The largest file that is read, in bytes; five million operations take some 1 GiB, and the history as much memory.
const LARGEST: u64 = 1 << 30;

/// A file with a history.
#[derive(Debug)]
pub(crate) struct HistoryFile {
    file: File,
    /// Its length in bytes; 0 for a pipe.
    length: u64,
}

impl HistoryFile {
    /// Opens a file.
    ///
    /// # Errors
    /// If it cannot be opened, or is larger than 1 GiB.
    pub(crate) fn open(path: &Path, name: &str) -> Result<Self, ScenarioError> {
        let opened = File::open(path).and_then(|file| match file.metadata()? {
            folder if folder.is_dir() => Err(io::Error::from(io::ErrorKind::IsADirectory)),
            metadata => Ok(Self { file, length: metadata.len() }),
        });
        let file = opened.map_err(|error| {
            let (kind, cure) = match error.kind() {
                io::ErrorKind::NotFound => (ScenarioErrorKind::Missing, "name a file with a history".to_owned()),
                _ => (ScenarioErrorKind::Unreadable, format!("name a file that you may read ({error})")),
            };
            ScenarioError::new(kind, name, "FILE", &format!("{name:?}"), &cure)
        })?;
        match file.length > LARGEST {
            true => Err(refused(name, &FileError::too_large(LARGEST as usize))),
            false => Ok(file),
        }
    }

    /// Reads the history, beside a bar on a terminal.
    ///
    /// # Errors
    /// [`FileError`] with the first line that is no event of such a history.
    pub(crate) fn read<F>(self, names: &F) -> Result<History<F::Op, F::Answer>, FileError>
    where
        F: FileVocabulary<Op: DeserializeOwned, Answer: DeserializeOwned>,
    {
        let Self { file, length } = self;
        progress::with_bytes("read", length, |progress| read_history(names, Counted { file, left: LARGEST, progress }))
    }
}

/// The error for a file that is no such history.
pub(crate) fn refused(file: &str, error: &FileError) -> ScenarioError {
    let place = if error.line > 0 { format!("line {}", error.line) } else { "the history".to_owned() };
    ScenarioError::new(ScenarioErrorKind::Misfit, file, &place, "the file", &error.to_string())
}

/// Counts what is read, and ends with an error at the bound: a pipe does not say how long it is.
struct Counted<'p> {
    file: File,
    left: u64,
    progress: &'p Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, FileError::too_large(LARGEST as usize));
        self.left = self.left.checked_sub(count as u64).ok_or_else(too_large)?;
        self.progress.advance(count as u64);
        Ok(count)
    }
}
