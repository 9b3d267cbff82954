//! The configuration of a journal.

use super::error::JournalError;
use super::segment::MAX_SEGMENT;
use crate::operation::FileId;

/// The configuration of a journal: how long its segments are.
///
/// ```
/// use cluster_sim_storage::JournalOptions;
///
/// let options = JournalOptions::default().segment_bytes(64 << 10);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct JournalOptions {
    pub(super) segment_bytes: u64,
    pub(super) slot: u32,
}

impl Default for JournalOptions {
    /// Segments of 16 MiB.
    fn default() -> Self {
        Self { segment_bytes: 16 << 20, slot: 0 }
    }
}

impl JournalOptions {
    /// Sets the length, in bytes, from which on a segment gets no more records.
    ///
    /// At most [`MAX_SEGMENT`](crate::MAX_SEGMENT). A segment has at least one record, of any length.
    pub fn segment_bytes(self, bytes: u64) -> Self {
        Self { segment_bytes: bytes, ..self }
    }

    /// Sets the slot of a machine's journal; async nodes need none.
    ///
    /// A machine with several journals gives each its own. The slot decides the tag and the numbers of open files that the journal
    /// uses; it counts both down from the largest.
    pub fn slot(self, slot: u32) -> Self {
        Self { slot, ..self }
    }

    /// Returns the tag of a machine's disk operations in this slot.
    pub fn tag(&self) -> u64 {
        u64::MAX - u64::from(self.slot)
    }

    /// Returns the numbers of the files that a machine's journal opens in this slot.
    pub fn files(&self) -> [FileId; 2] {
        let last = u32::MAX - 2 * (self.slot % (u32::MAX / 2));
        [FileId(last), FileId(last - 1)]
    }

    pub(super) fn check(&self) -> Result<(), JournalError> {
        match self.segment_bytes {
            bytes if bytes > MAX_SEGMENT => Err(JournalError::SegmentTooLarge { bytes }),
            _ => Ok(()),
        }
    }
}
