//! Histories as files: our JSON lines and binary form, and those of other tools.

pub mod binary;
mod datum;
mod edn;
mod error;
mod event;
pub mod jsonl;
mod memory;
mod parts;
mod translate;
mod writer;

pub use datum::Datum;
pub use error::{FileError, FileErrorKind};
pub use translate::{FileVocabulary, read_foreign, read_history};
pub use writer::HistoryWriter;
