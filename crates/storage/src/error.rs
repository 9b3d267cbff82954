//! Why a disk refused an operation.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The cause of a [`DiskError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiskErrorKind {
    /// There is no file or directory of that path.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// The path is that of a directory, and the operation is about files.
    IsADirectory,
    /// The path leads through a file, or the operation is about directories.
    NotADirectory,
    /// The directory is not empty.
    DirectoryNotEmpty,
    /// The path leads out of the disk.
    OutsideDisk,
    /// The path has an empty name, a `.` or a zero byte.
    InvalidPath,
    /// A name or the path is too long.
    NameTooLong,
    /// No file is open under that number.
    NotOpen,
    /// The file was opened for another use: read, write.
    NotPermitted,
    /// Too many files are open (EMFILE).
    TooManyOpenFiles,
    /// The file would be longer than a file can be (EFBIG).
    FileTooLarge,
    /// The disk is full (ENOSPC).
    StorageFull,
    /// The device failed (EIO).
    Io,
    /// The node really runs and was given no folder for its disk.
    NoDisk,
}

impl DiskErrorKind {
    /// Returns the cause with that number in a record, from 0.
    #[cfg(feature = "test-utils")]
    pub fn numbered(number: u32) -> Option<Self> {
        const ALL: [DiskErrorKind; 14] = [
            DiskErrorKind::NotFound,
            DiskErrorKind::AlreadyExists,
            DiskErrorKind::IsADirectory,
            DiskErrorKind::NotADirectory,
            DiskErrorKind::DirectoryNotEmpty,
            DiskErrorKind::OutsideDisk,
            DiskErrorKind::InvalidPath,
            DiskErrorKind::NameTooLong,
            DiskErrorKind::NotOpen,
            DiskErrorKind::NotPermitted,
            DiskErrorKind::TooManyOpenFiles,
            DiskErrorKind::FileTooLarge,
            DiskErrorKind::StorageFull,
            DiskErrorKind::Io,
        ];
        ALL.into_iter().find(|kind| *kind as u32 == number)
    }

    /// Describes the cause, with the cure where there is one.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotFound => "no such file or directory; create it, and the directories around it, first",
            Self::AlreadyExists => "it exists already",
            Self::IsADirectory => "it is a directory",
            Self::NotADirectory => "it is not a directory",
            Self::DirectoryNotEmpty => "the directory is not empty; remove what is in it first",
            Self::OutsideDisk => "the path leads out of the disk; leave out `..`",
            Self::InvalidPath => {
                "the path has an empty name, a `.` or a zero byte; leave out `//`, a `/` at the end, `./` and `\\0`"
            }
            Self::NameTooLong => "a name has at most 255 bytes and a path 4,096",
            Self::NotOpen => "no file is open under this number; open it first",
            Self::NotPermitted => "the file was not opened for this; see `OpenOptions`",
            Self::TooManyOpenFiles => "too many files are open; close some",
            Self::FileTooLarge => "the file would be too large",
            Self::StorageFull => "no space is left on the disk",
            Self::Io => "input/output error",
            Self::NoDisk => "the node has no disk; give it a folder by `disks_in` of `TokioCluster` or `TokioSetup`",
        }
    }
}

/// A disk refused an operation, or failed.
///
/// A failed write may have written a part of its bytes; a failed sync leaves open what is durable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{operation} {path}: {}", kind.text())]
#[non_exhaustive]
pub struct DiskError {
    /// The cause.
    pub kind: DiskErrorKind,
    /// The operation, such as `append`.
    pub operation: &'static str,
    /// The path, or the number of the file where no file is open.
    pub path: Arc<str>,
}

impl DiskError {
    /// Creates the error of an operation on a path.
    pub fn new(kind: DiskErrorKind, operation: &'static str, path: impl Into<Arc<str>>) -> Self {
        Self { kind, operation, path: path.into() }
    }
}
