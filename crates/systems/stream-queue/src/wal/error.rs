//! Errors of a write-ahead log.

use cluster_sim_node::DiskError;
use thiserror::Error;

use crate::format::{BatchError, RecordError, SealError, SegmentHeaderError};

/// A write-ahead log refused something, or is damaged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WalError {
    /// The disk failed, or is full. A log that was written to has to be reopened.
    #[error("the disk failed: {0}")]
    Disk(#[from] DiskError),
    /// An earlier operation failed or was given up, so it is open what the disk has; nothing was done.
    #[error("an earlier write of this log failed, so its end on the disk is unknown; reopen it first")]
    NotReopened,
    /// A record has another offset than the end of the log; nothing was written.
    #[error("the record has offset {found}, and the log ends at {expected}; append the records in order")]
    NotDense {
        /// The end of the log, or of the records before.
        expected: u64,
        /// The offset of the record.
        found: u64,
    },
    /// A record has the greatest offset of all; nothing was written.
    ///
    /// The log could not tell its end after it.
    #[error("the record has the offset {}, and no log has that many; use another partition", u64::MAX)]
    OffsetsSpent,
    /// A record cannot be encoded; nothing was written.
    #[error("record {offset} cannot be written: {cause}")]
    Unwritable {
        /// Its offset.
        offset: u64,
        /// The part of it that is too large.
        cause: RecordError,
    },
    /// A segment begins with no header, or that of another partition.
    #[error("{path}: {cause}")]
    Header {
        /// The path of the segment.
        path: String,
        /// The damage.
        cause: SegmentHeaderError,
    },
    /// A record is damaged; all before it are sound.
    #[error("{path}: {cause}")]
    Damaged {
        /// The path of the segment.
        path: String,
        /// Offset and place of the record, from the start of the segment, and its damage.
        cause: BatchError,
    },
    /// A segment does not begin where the one before it ends, so one is missing or was cut off.
    #[error("{path}: the records from {expected} to {found} are missing before it; copy them from another replica")]
    Gap {
        /// The path of the segment after the gap.
        path: String,
        /// The first offset that is missing.
        expected: u64,
        /// The base of the segment.
        found: u64,
    },
    /// A segment begins before the one before it ends.
    #[error("{path}: the segment begins at {found}, and the one before it ends at {expected}; move one of them away")]
    Overlap {
        /// The path of the later segment.
        path: String,
        /// The end of the earlier one.
        expected: u64,
        /// The base of the later one.
        found: u64,
    },
    /// A log was to be begun where there is one.
    #[error("{directory}: there are segments already; recover them, or remove them all")]
    NotEmpty {
        /// The directory.
        directory: String,
    },
    /// The log ends before records that were durable.
    #[error("{directory}: the log ends at {end}, and records up to {durable_end} were durable; copy them from another replica")]
    Lost {
        /// The directory of the log.
        directory: String,
        /// Its end.
        end: u64,
        /// The end that is known to have been durable.
        durable_end: u64,
    },
    /// The checkpoint beside the segments is damaged.
    #[error("{path}: {cause}")]
    Checkpoint {
        /// The path of the checkpoint.
        path: String,
        /// The damage.
        cause: SealError,
    },
    /// A file has an ending of a segment and no offset as its name.
    #[error("{path}: the name is no offset; move the file away")]
    FileName {
        /// The path of the file.
        path: String,
    },
    /// The log has no record of that offset.
    #[error("offset {offset} is not in the log, which has {start} to {end}")]
    OutOfRange {
        /// The offset asked for.
        offset: u64,
        /// The first offset of the log.
        start: u64,
        /// The offset after the last.
        end: u64,
    },
    /// The first segment cannot be removed, since records are still appended to it.
    #[error("the log has no closed segment to remove; it begins at {start}")]
    NotClosed {
        /// The first offset of the log.
        start: u64,
    },
}
