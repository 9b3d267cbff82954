//! Why a journal refused work.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::frame::MAX_PAYLOAD;
use super::segment::MAX_SEGMENT;
use crate::error::DiskError;

/// A journal was not opened, or refused work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The disk refused an operation, as when it is full. The journal is as it was before the call.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Another journal of the node is open in the directory; two would write over each other's records.
    #[error("the journal in {directory:?} is open already; use that one, or drop it first")]
    AlreadyOpen {
        /// The directory.
        directory: String,
    },
    /// The disk failed so that it is unknown what is durable; the journal refuses all work from then on.
    #[error("the journal refuses work, because it is unknown what is durable: {cause}; open it again")]
    Failed {
        /// The error of the disk.
        cause: DiskError,
    },
    /// A record that was synced is damaged.
    #[error("record {sequence} is corrupt, at byte {offset} of {segment}: {evidence}; restore it from a copy")]
    Corrupt {
        /// The path of the segment.
        segment: Arc<str>,
        /// Where the record begins, or would begin.
        offset: u64,
        /// The number of the record.
        sequence: u64,
        /// How it is known that it was synced.
        evidence: SyncEvidence,
    },
    /// A payload is longer than [`MAX_PAYLOAD`].
    #[error("a payload of {length} bytes is too long for a record; split it in parts of at most {MAX_PAYLOAD} bytes")]
    RecordTooLarge {
        /// Its length, in bytes.
        length: u64,
    },
    /// Segments would be longer than [`MAX_SEGMENT`].
    #[error("segments of {bytes} bytes are too long; a segment has at most {MAX_SEGMENT} bytes")]
    SegmentTooLarge {
        /// The length that was asked for.
        bytes: u64,
    },
    /// The journal does not have the record, or not written yet.
    #[error("there is no record {sequence}; {}", held(*first, *next))]
    NoSuchRecord {
        /// The number.
        sequence: u64,
        /// The number of the first record that it has.
        first: u64,
        /// The number after the last one.
        next: u64,
    },
    /// A record is no change of an [`EntryLog`](crate::EntryLog).
    #[error("record {sequence} is no change of a log; give each log a journal of its own")]
    NotALog {
        /// The number of the record.
        sequence: u64,
    },
    /// An [`EntryLog`](crate::EntryLog) does not reach to an index, or has only its snapshot.
    #[error("the log has no entry {index} to begin or end at; after its snapshot of {base} it ends at {last}")]
    NoSuchEntry {
        /// The index that was asked for.
        index: u64,
        /// The index of the snapshot; 0 without one.
        base: u64,
        /// The index of the last entry.
        last: u64,
    },
}

/// The records that a journal has.
fn held(first: u64, next: u64) -> String {
    match next.saturating_sub(first) {
        0 => format!("the journal is empty, and the next one gets the number {next}"),
        1 => format!("the journal has {first} alone"),
        _ => format!("the journal has those from {first} to {}", next - 1),
    }
}

/// How it is known that a damaged record was synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncEvidence {
    /// A whole record behind it, of this number, was written when it was known to be synced.
    Record(u64),
    /// A later segment begins with the record of this number.
    ///
    /// It was created when all before it were synced.
    Segment(u64),
    /// It was whole when the journal was opened or the record was written.
    Earlier,
}

impl fmt::Display for SyncEvidence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(sequence) => write!(formatter, "record {sequence} says that it was synced"),
            Self::Segment(first) => write!(formatter, "it was synced before the segment of record {first} was created"),
            Self::Earlier => formatter.write_str("it was whole when it was written or recovered"),
        }
    }
}
