//! Gives the events of a file their meaning.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor, Read};

use cluster_sim_types::VirtualInstant;
use serde::de::DeserializeOwned;

use super::datum::Datum;
use super::error::{FileError, FileErrorKind};
use super::event::{EventKind, FileEvent, LOG_MARK, read_edn, read_log};
use super::jsonl;
use crate::history::error::HistoryError;
use crate::history::operation::{Operation, Process};
use crate::history::record::History;

/// How other tools name the operations and answers of a history.
pub trait FileVocabulary {
    /// The requests of clients.
    type Op;
    /// Their answers.
    type Answer;
    /// The operations, for an error about an unknown one.
    const OPERATIONS: &'static str;

    /// Returns the operation of that name; `None` if there is none. `key` is that of the event, where it has one apart.
    ///
    /// # Errors
    ///
    /// The values that the operation can have, as text, if `value` is none of them.
    fn op(&self, name: &str, key: Option<&Datum>, value: &Datum) -> Option<Result<Self::Op, String>>;

    /// Returns the answer to an operation that happened.
    ///
    /// # Errors
    ///
    /// The values that the answer can have, as text, if `value` is none of them.
    fn answer(&self, op: &Self::Op, key: Option<&Datum>, value: &Datum) -> Result<Self::Answer, String>;
}

/// Bytes of memory for the history of a small file, beyond ten times its size.
const MEMORY: usize = 64 << 20;

/// The beginning of a file that shows its form, in bytes.
const HEAD: u64 = 64 << 10;

/// Reads a history that the toolkit wrote as JSON lines, or [`read_foreign`].
///
/// The file is read as it comes; in memory is the history, not the text.
///
/// # Errors
///
/// [`FileError`] with the first line that cannot be read, or whose event fits nowhere.
pub fn read_history<F>(names: &F, reader: impl Read) -> Result<History<F::Op, F::Answer>, FileError>
where
    F: FileVocabulary<Op: DeserializeOwned, Answer: DeserializeOwned>,
{
    let (head, reader) = with_head(reader)?;
    // A map of EDN begins with a keyword, one of JSON with a quote.
    let inside = head.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    match inside.is_some_and(|inside| inside.starts_with(b"\"")) {
        true => jsonl::read(reader),
        false => read_foreign(names, reader),
    }
}

/// Reads a history that Jepsen wrote (EDN, or its log), or a key-value log of Porcupine.
///
/// # Errors
///
/// [`FileError`] with the first line that cannot be read, or whose event fits nowhere, or at which the history takes more than
/// 64 MiB and ten times the bytes read.
pub fn read_foreign<F: FileVocabulary>(names: &F, reader: impl Read) -> Result<History<F::Op, F::Answer>, FileError> {
    let (head, reader) = with_head(reader)?;
    let is_log = head.windows(LOG_MARK.len()).any(|part| part == LOG_MARK.as_bytes());
    let mut translator = Translator { names, history: History::default(), waiting: BTreeMap::new(), events: 0, held: 0 };
    let mut take = |event, bytes| translator.take(event, bytes);
    if is_log { read_log(reader, &mut take) } else { read_edn(reader, &mut take) }?;
    match translator.events {
        0 => Err(FileError { line: 0, kind: FileErrorKind::Empty }),
        _ => Ok(translator.history),
    }
}

/// Returns the beginning of a file, and all of it.
fn with_head(mut reader: impl Read) -> Result<(Vec<u8>, impl BufRead), FileError> {
    let mut head = Vec::new();
    let failed = |error| FileError::syntax(0, format!("the file cannot be read: {error}"));
    reader.by_ref().take(HEAD).read_to_end(&mut head).map_err(failed)?;
    let all = Cursor::new(head.clone()).chain(BufReader::new(reader));
    Ok((head, all))
}

/// A history that grows by the events of a file.
struct Translator<'v, F: FileVocabulary> {
    names: &'v F,
    history: History<F::Op, F::Answer>,
    /// The operation that each process waits for.
    waiting: BTreeMap<Process, usize>,
    /// The number of events up to now.
    events: u64,
    /// The bytes of memory that the history takes, as an estimate.
    held: usize,
}

impl<F: FileVocabulary> Translator<'_, F> {
    fn take(&mut self, event: FileEvent, read: usize) -> Result<(), FileError> {
        // Where events have no time, their order is it.
        let at = VirtualInstant::from_nanoseconds(event.at.unwrap_or(self.events));
        self.events += 1;
        self.hold(&event, read)?;
        let process = Process(event.process);
        let recorded = match event.kind {
            EventKind::Invoke => self.history.invoke(process, at, op_of(self.names, &event)?),
            EventKind::Fail => self.history.fail(process, at),
            // The process never calls again: it stays with its call.
            EventKind::Open => return Ok(()),
            EventKind::Ok => match self.waiting.get(&process).map(|index| &self.history.operations()[*index].op) {
                None => Err(HistoryError::NotWaiting { process }),
                Some(op) => {
                    let answer = self.names.answer(op, event.key.as_ref(), &event.value);
                    let answer = answer.map_err(|expected| FileError::value(event.line, ":value", &event.value, expected))?;
                    self.history.ok(process, at, answer)
                }
            },
        };
        let index = recorded.map_err(|error| FileError { line: event.line, kind: FileErrorKind::History(error) })?;
        self.waiting.insert(process, index);
        Ok(())
    }

    /// Refuses an event if the history takes too much memory with it.
    fn hold(&mut self, event: &FileEvent, read: usize) -> Result<(), FileError> {
        let of_operation = match event.kind {
            EventKind::Invoke => size_of::<Operation<F::Op, F::Answer>>(),
            EventKind::Ok | EventKind::Fail | EventKind::Open => 0,
        };
        self.held += event.value.bytes() + of_operation;
        let limit = read.saturating_mul(10).saturating_add(MEMORY);
        match self.held > limit {
            true => Err(FileError { line: event.line, kind: FileErrorKind::TooDense { limit } }),
            false => Ok(()),
        }
    }
}

fn op_of<F: FileVocabulary>(names: &F, event: &FileEvent) -> Result<F::Op, FileError> {
    let Some(op) = names.op(&event.operation, event.key.as_ref(), &event.value) else {
        let kind = FileErrorKind::UnknownOperation { operation: event.operation.clone(), known: F::OPERATIONS.to_owned() };
        return Err(FileError { line: event.line, kind });
    };
    op.map_err(|expected| FileError::value(event.line, ":value", &event.value, expected))
}
