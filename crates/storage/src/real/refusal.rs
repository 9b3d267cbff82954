//! Errors of the operating system as kinds of errors of a disk.

use std::io::{Error, ErrorKind};

use crate::error::DiskErrorKind;

/// "Too many open files", of the process and of the system, on Unix.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

/// Returns the kind of an error; [`DiskErrorKind::Io`] if it is none that a disk distinguishes.
pub(super) fn kind_of(error: &Error) -> DiskErrorKind {
    match error.kind() {
        ErrorKind::NotFound => DiskErrorKind::NotFound,
        ErrorKind::AlreadyExists => DiskErrorKind::AlreadyExists,
        ErrorKind::IsADirectory => DiskErrorKind::IsADirectory,
        ErrorKind::NotADirectory => DiskErrorKind::NotADirectory,
        ErrorKind::DirectoryNotEmpty => DiskErrorKind::DirectoryNotEmpty,
        ErrorKind::InvalidFilename => DiskErrorKind::NameTooLong,
        ErrorKind::InvalidInput => DiskErrorKind::InvalidPath,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => DiskErrorKind::NotPermitted,
        ErrorKind::FileTooLarge => DiskErrorKind::FileTooLarge,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DiskErrorKind::StorageFull,
        _ if cfg!(unix) && matches!(error.raw_os_error(), Some(EMFILE | ENFILE)) => DiskErrorKind::TooManyOpenFiles,
        _ => DiskErrorKind::Io,
    }
}
