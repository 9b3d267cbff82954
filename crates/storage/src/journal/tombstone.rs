//! Tombstones stand for removed segments until their names are durably gone.
//!
//! A sync of a directory that fails may leave the removal of a name in the cache alone, and no later sync writes it. A name that
//! nothing knows any more cannot be removed again, and a crash would bring the segment back. So a removal replaces the segment first:
//! the name of what replaced it is seen when the journal is opened again, and the replacement is repeated.

use super::frame::{Frame, decode};
use crate::operation::{DiskOp, FileId};

/// The number of the record in a tombstone: records are numbered from 1.
const NO_RECORD: u64 = 0;

/// The file that stands for a removed segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tombstone {
    /// The first record of the segment.
    pub(super) first: u64,
    pub(super) bytes: Vec<u8>,
}

impl Tombstone {
    /// For a segment behind the last one: a record of no number.
    pub(super) fn last(first: u64) -> Self {
        let mut bytes = Vec::new();
        Frame { sequence: NO_RECORD, watermark: 0, payload: &[] }.encode(first, 0, &mut bytes);
        Self { first, bytes }
    }

    /// For a segment before the first one: an empty file, so that segments can be removed from a full disk.
    pub(super) fn first(first: u64) -> Self {
        Self { first, bytes: Vec::new() }
    }

    /// The write of its bytes, if it has any.
    pub(super) fn write(&self, file: FileId) -> Option<DiskOp> {
        (!self.bytes.is_empty()).then(|| DiskOp::Write { file, offset: 0, data: self.bytes.clone() })
    }
}

/// Takes the tombstones out of the files of a journal, which are in order.
///
/// Only the last segment may be empty, so an empty one before all others was removed.
pub(super) fn take_tombstones(files: &mut Vec<(u64, Vec<u8>)>) -> Vec<Tombstone> {
    let is_last = |(first, bytes): &(u64, Vec<u8>)| decode(bytes, *first, 0).is_some_and(|frame| frame.sequence == NO_RECORD);
    let last: Vec<_> = files.extract_if(.., |file| is_last(file)).collect();
    let empty = files.iter().take(files.len().saturating_sub(1)).take_while(|(_, bytes)| bytes.is_empty()).count();
    files.drain(..empty).chain(last).map(|(first, bytes)| Tombstone { first, bytes }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tombstones_are_told_from_segments() {
        let tombstone = |first| (first, Tombstone::last(first).bytes);
        let mut files = vec![(1, vec![]), (4, vec![]), (6, vec![1]), tombstone(7), (8, vec![]), tombstone(9)];
        let firsts: Vec<u64> = take_tombstones(&mut files).into_iter().map(|found| found.first).collect();
        assert_eq!((firsts, files), (vec![1, 4, 7, 9], vec![(6, vec![1]), (8, vec![])]), "one after a segment is damage");
        let mut files = vec![(5, vec![])];
        assert_eq!((take_tombstones(&mut files), files.len()), (vec![], 1), "the last segment may be empty");
        let mut files = vec![(5, Tombstone::last(6).bytes)];
        assert_eq!((take_tombstones(&mut files), files.len()), (vec![], 1), "it stands for one segment only");
    }
}
