//! The results of work that was asked of a journal.

use super::error::JournalError;
use crate::error::DiskError;

/// The result of work that was asked of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum JournalEvent {
    /// All that was recovered is durable.
    Opened,
    /// The records up to this one are written, and not durable.
    Appended {
        /// The number of the last one.
        up_to: u64,
    },
    /// The records up to this one are durable.
    Synced {
        /// The number of the last one.
        up_to: u64,
    },
    /// The records after this one are durably gone.
    Truncated {
        /// The number of the last record.
        after: u64,
    },
    /// The segments that have only records before the one that was named are durably gone.
    Removed {
        /// The number of the first record that is kept.
        first: u64,
    },
    /// The disk refused a write, and the journal goes on. All that was asked and not answered was dropped, also syncs.
    Refused {
        /// The number that the next append gets.
        next: u64,
        /// The cause, such as a full disk.
        error: DiskError,
    },
    /// It is open what is durable: the journal refuses all work until it is opened again.
    Failed {
        /// The cause, such as a failed sync.
        error: DiskError,
    },
}

impl JournalEvent {
    /// Returns what succeeded.
    ///
    /// # Errors
    /// [`JournalError::Disk`] for [`Refused`](Self::Refused); [`JournalError::Failed`] for [`Failed`](Self::Failed).
    pub fn into_result(self) -> Result<Self, JournalError> {
        match self {
            Self::Refused { error, .. } => Err(JournalError::Disk(error)),
            Self::Failed { error } => Err(JournalError::Failed { cause: error }),
            event => Ok(event),
        }
    }
}
