//! Operations of a disk as data, and their results.

mod kind;
mod output;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use kind::DiskOpKind;
pub use output::{DirEntry, DiskOutput, DiskResult, EntryKind, Metadata, Space};

/// The number of an open file, chosen by the node code that opens it.
///
/// As with the fixed files of io_uring, the number can be used before the open is answered: operations on one file take effect in
/// the order in which they were submitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u32);

impl fmt::Display for FileId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "file {}", self.0)
    }
}

/// The most bytes of a file: 16 TiB, as on ext4.
pub const MAX_FILE: u64 = 1 << 44;

/// The most files that a node has open: 1,024, as on Linux.
pub const MAX_OPEN: u32 = 1_024;

/// How a file is opened. As `std::fs::OpenOptions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenOptions {
    pub(crate) write: bool,
    pub(crate) create: bool,
    pub(crate) create_new: bool,
    pub(crate) truncate: bool,
}

impl OpenOptions {
    /// Opens an existing file for reading.
    pub const fn read() -> Self {
        Self { write: false, create: false, create_new: false, truncate: false }
    }

    /// Opens an existing file for reading and writing.
    pub const fn write() -> Self {
        Self { write: true, ..Self::read() }
    }

    /// Opens a file for reading and writing; creates it if there is none.
    ///
    /// A created file is there after a crash only once its directory was synced.
    pub const fn create() -> Self {
        Self { create: true, ..Self::write() }
    }

    /// Creates a file for reading and writing; an error if there is one.
    pub const fn create_new() -> Self {
        Self { create_new: true, ..Self::create() }
    }

    /// Sets the length to zero; the file must be opened for writing.
    #[must_use]
    pub const fn truncate(self) -> Self {
        Self { truncate: true, ..self }
    }
}

/// One operation of a disk.
///
/// Operations on one file take effect in the order in which they were submitted, all others in any order: wait for the answer of
/// one before submitting what must come after.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskOp {
    /// Opens a file under a number; closes the file that is open under it.
    Open {
        /// The number.
        file: FileId,
        /// The path.
        path: String,
        /// How.
        options: OpenOptions,
    },
    /// Closes a file. Nothing is synced by that.
    Close {
        /// The file.
        file: FileId,
    },
    /// Reads bytes at an offset; fewer at the end of the file. Answers [`DiskOutput::Data`].
    Read {
        /// The file.
        file: FileId,
        /// The offset of the first byte.
        offset: u64,
        /// The most bytes to read.
        length: u32,
    },
    /// Writes bytes at an offset; the file grows if they reach beyond its end, with zeros between.
    Write {
        /// The file.
        file: FileId,
        /// The offset of the first byte.
        offset: u64,
        /// The bytes.
        data: Vec<u8>,
    },
    /// Writes bytes at the end. Answers [`DiskOutput::Appended`].
    Append {
        /// The file.
        file: FileId,
        /// The bytes.
        data: Vec<u8>,
    },
    /// Cuts the file off at a length, or lets it grow with zeros.
    SetLen {
        /// The file.
        file: FileId,
        /// The length, in bytes.
        length: u64,
    },
    /// Makes data and length of the file durable, as they were when the sync took effect. Its name is another matter.
    Sync {
        /// The file.
        file: FileId,
    },
    /// Creates a directory in an existing one.
    CreateDir {
        /// The path.
        path: String,
    },
    /// Renames a file or a directory; a file that has the new name is replaced.
    Rename {
        /// The path it has.
        from: String,
        /// The path it gets.
        to: String,
    },
    /// Removes a file or an empty directory. A file that is open can still be used.
    Remove {
        /// The path.
        path: String,
    },
    /// Lists a directory, in order of names. Answers [`DiskOutput::Entries`].
    List {
        /// The path.
        path: String,
    },
    /// Tells kind and length. Answers [`DiskOutput::Metadata`].
    Metadata {
        /// The path.
        path: String,
    },
    /// Makes durable which names a directory has.
    SyncDir {
        /// The path; `/` for the root.
        path: String,
    },
    /// Tells the space. Answers [`DiskOutput::Space`].
    Space,
}

impl DiskOp {
    /// Returns its kind.
    pub const fn kind(&self) -> DiskOpKind {
        match self {
            Self::Open { .. } => DiskOpKind::Open,
            Self::Close { .. } => DiskOpKind::Close,
            Self::Read { .. } => DiskOpKind::Read,
            Self::Write { .. } => DiskOpKind::Write,
            Self::Append { .. } => DiskOpKind::Append,
            Self::SetLen { .. } => DiskOpKind::SetLen,
            Self::Sync { .. } => DiskOpKind::Sync,
            Self::CreateDir { .. } => DiskOpKind::CreateDir,
            Self::Rename { .. } => DiskOpKind::Rename,
            Self::Remove { .. } => DiskOpKind::Remove,
            Self::List { .. } => DiskOpKind::List,
            Self::Metadata { .. } => DiskOpKind::Metadata,
            Self::SyncDir { .. } => DiskOpKind::SyncDir,
            Self::Space => DiskOpKind::Space,
        }
    }

    /// Returns the name of the operation, such as `append`.
    pub const fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// Returns the number of the kind of operation, for records.
    #[cfg(feature = "test-utils")]
    pub(crate) const fn number(&self) -> u32 {
        self.kind() as u32
    }

    /// Returns the name of the operation with that number, such as `append`.
    #[cfg(feature = "test-utils")]
    pub fn name_of(number: u32) -> &'static str {
        DiskOpKind::ALL.get(number as usize).map_or("operate on", |kind| kind.name())
    }

    /// Returns the offset or length that it names, for records.
    #[cfg(feature = "test-utils")]
    pub(crate) const fn offset(&self) -> u64 {
        match self {
            Self::Read { offset, .. } | Self::Write { offset, .. } => *offset,
            Self::SetLen { length, .. } => *length,
            _ => 0,
        }
    }

    /// Returns the open file that it is about.
    pub const fn file(&self) -> Option<FileId> {
        match self {
            Self::Open { file, .. }
            | Self::Close { file }
            | Self::Read { file, .. }
            | Self::Write { file, .. }
            | Self::Append { file, .. }
            | Self::SetLen { file, .. }
            | Self::Sync { file } => Some(*file),
            _ => None,
        }
    }

    /// Returns the path that it names.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Open { path, .. }
            | Self::CreateDir { path }
            | Self::Rename { from: path, .. }
            | Self::Remove { path }
            | Self::List { path }
            | Self::Metadata { path }
            | Self::SyncDir { path } => Some(path),
            _ => None,
        }
    }
}

#[cfg(all(test, feature = "test-utils"))]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_operation_follows_from_its_number() {
        let (file, path) = (FileId(0), String::new());
        let operations = [
            DiskOp::Open { file, path: path.clone(), options: OpenOptions::read() },
            DiskOp::Close { file },
            DiskOp::Read { file, offset: 0, length: 0 },
            DiskOp::Write { file, offset: 0, data: Vec::new() },
            DiskOp::Append { file, data: Vec::new() },
            DiskOp::SetLen { file, length: 0 },
            DiskOp::Sync { file },
            DiskOp::CreateDir { path: path.clone() },
            DiskOp::Rename { from: path.clone(), to: path.clone() },
            DiskOp::Remove { path: path.clone() },
            DiskOp::List { path: path.clone() },
            DiskOp::Metadata { path: path.clone() },
            DiskOp::SyncDir { path },
            DiskOp::Space,
        ];
        for (number, operation) in (0..).zip(&operations) {
            assert_eq!((operation.number(), DiskOp::name_of(number)), (number, operation.name()));
        }
        assert_eq!(DiskOp::name_of(99), "operate on");
    }
}
