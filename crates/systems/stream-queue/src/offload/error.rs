//! Errors of an archive.

use thiserror::Error;

use crate::format::{BatchError, SegmentHeaderError};

/// The object store failed, or does not have what the manifest says.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The store failed, or cannot be reached.
    #[error("the object store failed for {key}: {cause}; try again later")]
    Store {
        /// The key of the object.
        key: String,
        /// The error of the store.
        cause: object_store::Error,
    },
    /// The store answers that there is no such object.
    #[error("the object {key} is gone; restore it from a replica that has the segment")]
    Missing {
        /// The key of the object.
        key: String,
    },
    /// The object is not the segment.
    #[error("the object {key} is damaged: {cause}; restore it from a replica that has the segment")]
    Damaged {
        /// The key of the object.
        key: String,
        /// The damage.
        cause: SegmentDamage,
    },
    /// A segment is not stored, since it is damaged on this disk or not the one that was named.
    #[error("the segment of {key} is not stored: {cause}; read it from another replica")]
    NotASegment {
        /// The key that its object would have.
        key: String,
        /// The damage.
        cause: SegmentDamage,
    },
    /// The manifest has no segment with an offset.
    #[error("offset {offset} is not in the object store, which has the records up to {end}")]
    NotShipped {
        /// The offset.
        offset: u64,
        /// The end of the manifest.
        end: u64,
    },
}

/// Bytes that are not a segment, or not the one that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SegmentDamage {
    /// Fewer or more bytes came than the store has.
    #[error("{found} bytes came, and the store has {expected}")]
    Body {
        /// The bytes that came.
        found: u64,
        /// The bytes that the store says it has.
        expected: u64,
    },
    /// The object has more bytes than the segment could have, compressed.
    #[error("it has {found} bytes, and a segment of {segment} has at most {max} once it is compressed")]
    Oversize {
        /// The bytes of the object.
        found: u64,
        /// The bytes of the segment.
        segment: u64,
        /// The most that these can be once compressed.
        max: u64,
    },
    /// It cannot be decompressed to the length of the segment.
    #[error("it cannot be decompressed: {cause}")]
    Compression {
        /// The error of the decompressor.
        cause: String,
    },
    /// It has another length than the segment.
    #[error("it has {found} bytes decompressed, and the segment has {expected}")]
    Length {
        /// Its length.
        found: u64,
        /// The length of the segment.
        expected: u64,
    },
    /// It has another checksum than the segment.
    #[error("it has CRC {found:08x} and the segment has {expected:08x}")]
    Crc {
        /// Its checksum.
        found: u32,
        /// The checksum of the segment.
        expected: u32,
    },
    /// It begins with no header, or that of another partition.
    #[error(transparent)]
    Header(#[from] SegmentHeaderError),
    /// A record is damaged.
    #[error(transparent)]
    Record(#[from] BatchError),
    /// Its records end elsewhere.
    #[error("its records end at {found}, and those of the segment at {expected}")]
    End {
        /// The offset after its last record.
        found: u64,
        /// The end of the segment.
        expected: u64,
    },
}

impl ArchiveError {
    /// Tells whether the object or segment is damaged or gone, rather than out of reach.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Damaged { .. } | Self::NotASegment { .. })
    }
}
