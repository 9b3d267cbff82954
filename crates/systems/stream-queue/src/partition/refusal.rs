//! Reasons why a command has no effect.

use thiserror::Error;

use super::bounds::{
    BATCH_BYTES_MAX, BATCH_RECORDS_MAX, GROUP_BYTES_MAX, GROUPS_MAX, KEY_BYTES_MAX, MANIFEST_MAX, SEGMENT_BYTES_MAX,
};
use crate::format::RecordError;

/// A command that had no effect, on any replica.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A batch has no records.
    #[error("the batch has no records; publish at least one")]
    EmptyBatch,
    /// A batch has too many records.
    #[error("the batch has {records} records, and at most {BATCH_RECORDS_MAX} fit; split it")]
    LongBatch {
        /// Their number.
        records: usize,
    },
    /// A batch has too many bytes.
    #[error("the batch has {bytes} bytes, and at most {BATCH_BYTES_MAX} fit; split it")]
    LargeBatch {
        /// The bytes of its records as encoded.
        bytes: usize,
    },
    /// A record of a batch cannot be encoded.
    #[error("record {index} of the batch cannot be appended: {cause}")]
    Record {
        /// Its place in the batch, from 0.
        index: usize,
        /// The part of it that is too large.
        cause: RecordError,
    },
    /// A producer skipped a batch, or its earlier batches were never appended.
    #[error("the producer sent batch {found} and its next one is {expected}; send the batches in order, from 1")]
    SequenceGap {
        /// The number that would be next.
        expected: u64,
        /// The number of the batch.
        found: u64,
    },
    /// A batch was appended long ago, and its offsets are no longer known.
    #[error("batch {found} of the producer was appended, and offsets are known from batch {oldest} on; it must not be sent again")]
    Forgotten {
        /// The oldest batch whose offsets are known.
        oldest: u64,
        /// The number of the batch.
        found: u64,
    },
    /// A retry has other records than the batch of that number.
    #[error("batch {sequence} of the producer was appended with other records; number each batch once")]
    OtherBatch {
        /// The number of the batch.
        sequence: u64,
    },
    /// There are no offsets left for a batch.
    #[error("the partition ends at {end}, and no offsets are left for {records} records; use another partition")]
    OffsetsSpent {
        /// The end of the partition.
        end: u64,
        /// The records of the batch.
        records: usize,
    },
    /// The name of a group is empty or too long.
    #[error("the name of the group has {bytes} bytes; name it with 1 to {GROUP_BYTES_MAX}")]
    GroupName {
        /// Its bytes.
        bytes: usize,
    },
    /// There are too many groups.
    #[error("the partition has {GROUPS_MAX} groups, which are all that it can; use one of them")]
    TooManyGroups,
    /// A group would go back.
    #[error("the group has committed {committed}, and {found} is before that; start a consumer there without a commit")]
    OffsetRegresses {
        /// The offset that is committed.
        committed: u64,
        /// The offset of the command.
        found: u64,
    },
    /// A group would go on where there are no records yet.
    #[error("the partition ends at {end}, and {found} is beyond that; commit at most the end")]
    OffsetBeyondEnd {
        /// The end of the partition.
        end: u64,
        /// The offset of the command.
        found: u64,
    },
    /// A segment comes from a leader that was replaced.
    #[error("the segment was shipped in epoch {found}, and the manifest has one of epoch {epoch}; the present leader ships it")]
    StaleEpoch {
        /// The highest epoch of the manifest.
        epoch: u64,
        /// The epoch of the segment.
        found: u64,
    },
    /// A segment is not the next one.
    #[error("the segment begins at {found}, and the next one to ship begins at {expected}; ship them in order")]
    NotNext {
        /// The end of the manifest.
        expected: u64,
        /// The base of the segment.
        found: u64,
    },
    /// A segment has no records, or some that the partition does not have.
    #[error("the segment has records from {base} to {segment_end}, and the partition ends at {end}; ship closed segments")]
    SegmentRange {
        /// Its base.
        base: u64,
        /// Its end.
        segment_end: u64,
        /// The end of the partition.
        end: u64,
    },
    /// A segment is too large to be read back.
    #[error("the segment has {bytes} bytes, and at most {SEGMENT_BYTES_MAX} can be read back; use smaller segments")]
    LargeSegment {
        /// Its bytes.
        bytes: u64,
    },
    /// The key of a segment's object is empty or too long.
    #[error("the key of the object has {bytes} bytes; use 1 to {KEY_BYTES_MAX}")]
    Key {
        /// Its bytes.
        bytes: usize,
    },
    /// The manifest is full.
    #[error("the manifest has {MANIFEST_MAX} segments, which are all that it can; use larger segments")]
    ManifestFull,
}
