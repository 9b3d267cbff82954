//! Histories as files: our JSON lines and binary form, and those of other tools.

mod datum;
mod edn;
mod error;
mod event;
pub mod jsonl;
mod translate;

pub use datum::Datum;
pub use error::{FileError, FileErrorKind};
pub use translate::{FileModel, read_foreign};
