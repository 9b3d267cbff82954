//! Histories as files: our JSON lines and binary form, and those of other tools.

pub mod binary;
mod datum;
mod edn;
mod error;
mod event;
pub mod jsonl;
mod translate;
mod writer;

pub use datum::Datum;
pub use error::{FileError, FileErrorKind};
pub use translate::{FileModel, read_foreign};
pub use writer::HistoryWriter;
