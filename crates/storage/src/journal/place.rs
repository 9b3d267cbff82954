//! Where a record is.

use super::frame::decode;

/// The place of a record in the files of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPlace {
    /// The path of the segment.
    pub path: String,
    /// The first record of the segment.
    pub(super) segment: u64,
    /// Where the record begins.
    pub offset: u64,
    /// Its length, in bytes, with header.
    pub length: u32,
}

impl RecordPlace {
    /// Reads the payload of record `sequence` from the bytes at this place; `None` if they are damaged.
    pub fn decode<'a>(&self, sequence: u64, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let frame = decode(bytes, self.segment, self.offset)?;
        (frame.sequence == sequence).then_some(frame.payload)
    }
}
