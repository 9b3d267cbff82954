//! Gives the events of a file their meaning.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor, Read};

use cluster_sim_types::VirtualInstant;
use serde::de::DeserializeOwned;

use super::datum::Datum;
use super::error::{FileError, FileErrorKind, shortened};
use super::event::{EventKind, EventSink, FileEvent, LOG_MARK, read_edn, read_log};
use super::jsonl;
use super::memory::Memory;
use super::parts::Part;
use crate::history::error::HistoryError;
use crate::history::operation::Process;
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

/// Bytes of memory for each process that ever called: a place in a B-tree whose leaves are half full.
const PROCESS: usize = 48;

/// The beginning of a file that shows its form, in bytes.
const HEAD: u64 = 64 << 10;

/// Reads a history that the toolkit wrote as JSON lines, or [`read_foreign`].
///
/// The file is read as it comes; in memory is the history, not the text.
///
/// # Errors
///
/// As [`read_foreign`].
pub fn read_history<F>(names: &F, reader: impl Read) -> Result<History<F::Op, F::Answer>, FileError>
where
    F: FileVocabulary<Op: DeserializeOwned, Answer: DeserializeOwned>,
{
    let (head, reader) = with_head(reader)?;
    match head.form {
        Form::Lines => jsonl::read_after(reader, head.length, head.buffer),
        Form::Log | Form::Edn => read_rest(names, head, reader),
    }
}

/// Reads a history that Jepsen wrote (EDN, or its log), or a key-value log of Porcupine.
///
/// # Errors
///
/// [`FileError`] with the first line that cannot be read, or whose event fits nowhere, or at which reading takes more memory than
/// ten times the bytes read up to there, and 64 KiB.
pub fn read_foreign<F: FileVocabulary>(names: &F, reader: impl Read) -> Result<History<F::Op, F::Answer>, FileError> {
    let (head, reader) = with_head(reader)?;
    read_rest(names, head, reader)
}

/// Reads a history of another tool.
fn read_rest<F: FileVocabulary>(names: &F, head: Head, reader: impl BufRead) -> Result<History<F::Op, F::Answer>, FileError> {
    let mut memory = Memory::new::<F::Op, F::Answer>();
    memory.read = head.length;
    let mut translator =
        Translator { names, history: History::default(), waiting: BTreeMap::new(), events: 0, memory, head: head.buffer };
    match head.form {
        Form::Log => read_log(reader, &mut translator),
        Form::Edn | Form::Lines => read_edn(reader, &mut translator),
    }?;
    match translator.events {
        0 => Err(FileError { line: 0, kind: FileErrorKind::Empty }),
        _ => Ok(translator.history),
    }
}

/// The forms of histories in text.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// JSON lines of ours.
    Lines,
    /// A log of Jepsen.
    Log,
    Edn,
}

/// The beginning of a file.
#[derive(Debug, Clone, Copy)]
struct Head {
    form: Form,
    length: usize,
    /// The bytes of memory that it takes until the file is read.
    buffer: usize,
}

/// Returns what the beginning of a file shows, and all of the file.
fn with_head(mut reader: impl Read) -> Result<(Head, impl BufRead), FileError> {
    let mut head = Vec::new();
    let failed = |error| FileError::syntax(0, format!("the file cannot be read: {error}"));
    reader.by_ref().take(HEAD).read_to_end(&mut head).map_err(failed)?;
    // A map of EDN begins with a keyword, one of JSON with a quote.
    let inside = head.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    let form = if inside.is_some_and(|inside| inside.starts_with(b"\"")) {
        Form::Lines
    } else if head.windows(LOG_MARK.len()).any(|part| part == LOG_MARK.as_bytes()) {
        Form::Log
    } else {
        Form::Edn
    };
    let (length, buffer) = (head.len(), head.capacity());
    Ok((Head { form, length, buffer }, Cursor::new(head).chain(BufReader::new(reader))))
}

/// A history that grows by the events of a file.
struct Translator<'v, F: FileVocabulary> {
    names: &'v F,
    history: History<F::Op, F::Answer>,
    /// The operation that each process waits for.
    waiting: BTreeMap<Process, usize>,
    /// The number of events up to now.
    events: u64,
    memory: Memory,
    /// The bytes of memory that the beginning of the file takes.
    head: usize,
}

impl<F: FileVocabulary> EventSink for Translator<'_, F> {
    fn room(&mut self, part: &Part<'_>) -> usize {
        self.memory.read = self.memory.read.max(part.read);
        self.memory.room(part.buffer + self.head)
    }

    fn too_dense(&self, line: usize) -> FileError {
        self.memory.too_dense(line)
    }

    fn take(&mut self, event: FileEvent, part: &Part<'_>) -> Result<(), FileError> {
        // Where events have no time, their order is it.
        let at = VirtualInstant::from_nanoseconds(event.at.unwrap_or(self.events));
        self.events += 1;
        self.hold(&event, part)?;
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
}

impl<F: FileVocabulary> Translator<'_, F> {
    /// Refuses an event if the history takes too much memory with it.
    fn hold(&mut self, event: &FileEvent, part: &Part<'_>) -> Result<(), FileError> {
        let bytes = event.value.heap_bytes() + event.key.as_ref().map_or(0, Datum::heap_bytes);
        self.memory.hold_values(bytes);
        // The event and its translation are there at one time.
        let buffer = part.buffer + self.head + bytes;
        let held = match event.kind {
            EventKind::Invoke => {
                self.memory.hold_values(if self.waiting.contains_key(&Process(event.process)) { 0 } else { PROCESS });
                self.memory.hold_call(buffer)
            }
            EventKind::Ok | EventKind::Fail => {
                self.memory.hold_end();
                self.memory.check(buffer)
            }
            EventKind::Open => Ok(()),
        };
        held.map_err(|_| self.memory.too_dense(event.line))
    }
}

fn op_of<F: FileVocabulary>(names: &F, event: &FileEvent) -> Result<F::Op, FileError> {
    let Some(op) = names.op(&event.operation, event.key.as_ref(), &event.value) else {
        let kind = FileErrorKind::UnknownOperation { operation: shortened(&event.operation), known: F::OPERATIONS.to_owned() };
        return Err(FileError { line: event.line, kind });
    };
    op.map_err(|expected| FileError::value(event.line, ":value", &event.value, expected))
}
