//! [`OpenJournals`]: the directories in which a node has a journal open.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::JournalError;

/// The directories in which journals are open, in one life of a node.
///
/// Two journals in one directory would write over each other's records, and lose what one of them had synced.
#[derive(Debug, Clone, Default)]
pub struct OpenJournals {
    directories: Arc<Mutex<BTreeSet<String>>>,
}

impl OpenJournals {
    /// Claims a directory until the result is dropped.
    ///
    /// # Errors
    /// [`JournalError::AlreadyOpen`] if another journal has claimed it.
    pub fn claim(&self, directory: &str) -> Result<DirectoryClaim, JournalError> {
        let directory = directory.trim_matches('/').to_owned();
        let is_free = self.directories.lock().unwrap_or_else(PoisonError::into_inner).insert(directory.clone());
        if is_free { Ok(DirectoryClaim { open: self.clone(), directory }) } else { Err(JournalError::AlreadyOpen { directory }) }
    }
}

/// The claim of an open journal to its directory.
#[derive(Debug)]
pub struct DirectoryClaim {
    open: OpenJournals,
    directory: String,
}

impl Drop for DirectoryClaim {
    fn drop(&mut self) {
        self.open.directories.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.directory);
    }
}
