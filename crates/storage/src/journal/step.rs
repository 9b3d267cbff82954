//! The parts of a journal's work: what was asked, and the meaning of each answer of the disk.

use super::event::JournalEvent;
use super::segment::Segment;
use crate::error::DiskError;

/// The name of a segment that is being written.
pub(super) const NEW_SEGMENT: &str = "new";

/// Work that was asked for and not begun.
#[derive(Debug)]
pub(super) enum Command {
    Append(Vec<u8>),
    Sync,
    TruncateAfter(u64),
    RemoveBefore(u64),
}

/// The meaning of the answer to an operation.
#[derive(Debug, Clone)]
pub(super) enum Then {
    /// More operations follow.
    Nothing,
    /// The directory may exist already. If its path is given, its name may be in the cache alone, and is created again.
    Exists(Option<String>),
    /// The journal is open.
    Opened,
    /// Records of these lengths are written.
    Written(Vec<u64>),
    /// The end is durably cut back after a failed write.
    CutBack(DiskError),
    Synced(u64),
    /// A part of a new segment is written, which has no name yet.
    Prepared,
    /// The new segment has its name, durably, and replaces all from its first record on.
    Named(Segment, Option<JournalEvent>),
    /// A tombstone durably replaces the last segment.
    LastRemoved,
    /// A tombstone durably replaces the first segment; `is_last` if no other is to be removed.
    FirstRemoved {
        is_last: bool,
    },
    /// No segment had to be removed.
    NoneRemoved,
    /// Nothing depends on it.
    Tidied,
    /// A file is changed, so that its sync writes it; a full disk may lack the space.
    Touched,
}
