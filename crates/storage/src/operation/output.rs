//! The results of operations.

use crate::error::DiskError;

/// The kind of thing that a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A file.
    File,
    /// A directory.
    Directory,
}

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// The name.
    pub name: String,
    /// The kind of thing that it stands for.
    pub kind: EntryKind,
}

/// Kind and length of a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    /// File or directory.
    pub kind: EntryKind,
    /// The length of a file in bytes; zero for a directory.
    pub length: u64,
}

/// The space of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// In all, in bytes.
    pub total: u64,
    /// Not in use, in bytes.
    pub free: u64,
}

/// The answer to an operation that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskOutput {
    /// It is done.
    Done,
    /// The bytes read.
    Data(Vec<u8>),
    /// The offset at which the bytes were appended.
    Appended(u64),
    /// The names of a directory, in order.
    Entries(Vec<DirEntry>),
    /// Kind and length.
    Metadata(Metadata),
    /// The space.
    Space(Space),
}

/// The answer to an operation.
pub type DiskResult = Result<DiskOutput, DiskError>;
