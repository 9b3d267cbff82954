//! Mistakes in history files, and their cures.

use std::fmt;

use crate::history::error::HistoryError;

/// A mistake in a history file; the first one ends the reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The line, or the event of a binary file, from 1; 0 if the mistake is of the whole file.
    pub line: usize,
    /// The kind of mistake.
    pub kind: FileErrorKind,
}

/// The kinds of mistakes in a history file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// There is no operation.
    Empty,
    /// The file is larger than may be read.
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// The history needs more memory than ten times the bytes read up to there, and 64 KiB.
    TooDense {
        /// The bound, in bytes.
        limit: usize,
    },
    /// A text that is neither JSON nor EDN nor a line of a log.
    Syntax {
        /// The mistake in it.
        problem: String,
    },
    /// A key that no format of histories has.
    UnknownKey {
        /// The key.
        key: String,
        /// The keys that there are.
        known: &'static str,
    },
    /// An event without something that every event has.
    Missing {
        /// The key.
        key: &'static str,
    },
    /// A value that its key cannot have.
    Value {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// The values that it can have.
        expected: String,
    },
    /// An operation that the model does not have.
    UnknownOperation {
        /// The operation.
        operation: String,
        /// The operations of the model.
        known: String,
    },
    /// An event that fits nowhere.
    History(HistoryError),
}

impl FileError {
    /// Refuses a file that is larger than `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        Self { line: 0, kind: FileErrorKind::TooLarge { limit } }
    }

    pub(super) fn syntax(line: usize, problem: impl Into<String>) -> Self {
        Self { line, kind: FileErrorKind::Syntax { problem: problem.into() } }
    }

    pub(super) fn value(line: usize, key: &'static str, value: impl fmt::Display, expected: impl Into<String>) -> Self {
        Self { line, kind: FileErrorKind::Value { key, value: shortened(&value), expected: expected.into() } }
    }
}

/// The bytes of a value that an error shows.
const SHOWN_MAX: usize = 200;

/// Writes the beginning of a value: one of many bytes would be a message of as many.
pub(super) fn shortened(value: &impl fmt::Display) -> String {
    struct Beginning(String);
    impl fmt::Write for Beginning {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let room = (SHOWN_MAX - self.0.len()).min(text.len());
            let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            self.0.push_str(&text[..end]);
            if end < text.len() { Err(fmt::Error) } else { Ok(()) }
        }
    }
    let mut beginning = Beginning(String::new());
    let is_whole = fmt::write(&mut beginning, format_args!("{value}")).is_ok();
    if !is_whole {
        beginning.0.push('…');
    }
    beginning.0
}

impl fmt::Display for FileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(formatter, "line {}: ", self.line)?;
        }
        match &self.kind {
            FileErrorKind::Empty => formatter.write_str("the history has no operation: record at least one"),
            FileErrorKind::TooLarge { limit } => {
                write!(formatter, "the file is larger than {limit} bytes: check it in parts, one key or one stretch of time each")
            }
            FileErrorKind::TooDense { limit } => {
                write!(formatter, "the history takes more than {limit} bytes of memory, ten times the file: check it in parts")
            }
            FileErrorKind::Syntax { problem } => formatter.write_str(problem),
            FileErrorKind::UnknownKey { key, known } => write!(formatter, "unknown key {key}; known are {known}: leave it out"),
            FileErrorKind::Missing { key } => write!(formatter, "an event without {key}: add it"),
            FileErrorKind::Value { key, value, expected } => write!(formatter, "{key} is {value}; expected {expected}"),
            FileErrorKind::UnknownOperation { operation, known } => {
                write!(formatter, "unknown operation {operation}; the model has {known}: choose another model, or leave it out")
            }
            FileErrorKind::History(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for FileError {}
