//! The real twin: a folder of the machine as a disk.
//!
//! | file | contents |
//! |---|---|
//! | `disk.rs` | [`TokioDisk`]: runs operations on blocking threads, those on one file in order |
//! | `folder.rs` | what each operation does to the folder |
//! | `refusal.rs` | errors of the operating system as [`DiskErrorKind`](crate::DiskErrorKind) |
//!
//! Paths follow the rules of [`DiskPath`](crate::DiskPath), so none leads out of the folder, unless the folder has symbolic links.
//! A sync is an fsync of the file, and a sync of a directory one of the directory where the system has it.

mod disk;
mod folder;
mod refusal;

pub use disk::TokioDisk;
