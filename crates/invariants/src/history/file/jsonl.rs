//! Histories as JSON lines: one event a line, so that a recording can be written and read as it goes.

use std::io::{self, BufRead, Write};

use cluster_sim_types::VirtualInstant;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::error::{FileError, FileErrorKind};
use super::memory::{Memory, Spent, within};
use crate::history::history_event::HistoryEvent;
use crate::history::operation::{Completion, Moment, Process};
use crate::history::record::History;

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// A line. One of `invoke`, `ok` and `fail` is there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "O: Deserialize<'de>, A: Deserialize<'de>"))]
struct Line<O, A> {
    process: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    at_ns: VirtualInstant,
    #[serde(default = "none", deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    invoke: Option<O>,
    #[serde(default = "none", deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    ok: Option<A>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fail: Option<True>,
}

/// `true`, and nothing else.
#[derive(Debug, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
#[derive(Clone, Copy)]
struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        value.then_some(Self).ok_or("`fail` is true or left out")
    }
}

impl From<True> for bool {
    fn from(True: True) -> Self {
        true
    }
}

fn none<T>() -> Option<T> {
    None
}

/// Reads a value that is there; `null` can be one.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Writes one event as a line; `name` is that of its process, which the first line of a process tells.
///
/// # Errors
///
/// If `writer` fails, or the operation is no serde data that JSON can hold.
pub fn write_event<O: Serialize, A: Serialize>(
    writer: &mut impl Write,
    event: &HistoryEvent<'_, O, A>,
    name: Option<String>,
) -> io::Result<()> {
    match event {
        HistoryEvent::Invoked { process, op, at, .. } => write_start(writer, *process, *op, *at, name),
        HistoryEvent::Completed { process, outcome, .. } => write_end(writer, *process, outcome),
    }
}

/// Writes that a process called.
pub(super) fn write_start<O: Serialize>(
    writer: &mut impl Write,
    process: Process,
    op: &O,
    at: Moment,
    name: Option<String>,
) -> io::Result<()> {
    let line: Line<&O, ()> = Line { process: process.0, name, at_ns: at.at, invoke: Some(op), ok: None, fail: None };
    write_line(writer, &line)
}

/// Writes how a call of a process ended; nothing for one that stays open.
pub(super) fn write_end<A: Serialize>(writer: &mut impl Write, process: Process, outcome: &Completion<A>) -> io::Result<()> {
    let (at, ok, fail) = match outcome {
        Completion::Ok { answer, at } => (at, Some(answer), None),
        Completion::Fail { at } => (at, None, Some(True)),
        Completion::Open => return Ok(()),
    };
    let line: Line<(), &A> = Line { process: process.0, name: None, at_ns: at.at, invoke: None, ok, fail };
    write_line(writer, &line)
}

fn write_line(writer: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *writer, line)?;
    writer.write_all(b"\n")
}

/// Writes a whole history.
///
/// # Errors
///
/// As [`write_event`].
pub fn write<O: Serialize, A: Serialize>(writer: &mut impl Write, history: &History<O, A>) -> io::Result<()> {
    let mut told = std::collections::BTreeSet::new();
    for event in history.events() {
        let name = match &event {
            HistoryEvent::Invoked { process, .. } => told.insert(*process).then(|| history.given_name(*process)).flatten(),
            HistoryEvent::Completed { .. } => None,
        };
        write_event(writer, &event, name.map(str::to_owned))?;
    }
    Ok(())
}

/// Reads a history.
///
/// # Errors
///
/// [`FileError`] with the first line that is no event, or whose event fits nowhere, or at which reading takes more memory than ten
/// times the bytes read up to there, and 64 KiB; values count as far as they are [`Datum`](super::Datum)s.
pub fn read<O: DeserializeOwned, A: DeserializeOwned>(reader: impl BufRead) -> Result<History<O, A>, FileError> {
    read_after(reader, 0, 0)
}

/// Reads a history of which that many bytes were read before, into a buffer that stays.
pub(super) fn read_after<O: DeserializeOwned, A: DeserializeOwned>(
    reader: impl BufRead,
    head: usize,
    buffer: usize,
) -> Result<History<O, A>, FileError> {
    let mut history = History::default();
    let mut memory = Memory::new::<O, A>();
    let mut read = 0;
    let mut reader = reader;
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let failed = |error: io::Error| FileError::syntax(line, format!("cannot be read: {error}"));
        let length = io::Read::take(&mut reader, LONGEST_LINE as u64 + 1).read_until(b'\n', &mut bytes).map_err(failed)?;
        if length == 0 {
            break;
        }
        if length > LONGEST_LINE {
            return Err(FileError::syntax(line, format!("longer than {LONGEST_LINE} bytes: one event a line")));
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        read += length;
        memory.read = read.max(head);
        record(&mut history, &mut memory, &bytes, line, bytes.capacity() + buffer)?;
    }
    if history.operations().is_empty() {
        return Err(FileError { line: 0, kind: FileErrorKind::Empty });
    }
    Ok(history)
}

fn record<O: DeserializeOwned, A: DeserializeOwned>(
    history: &mut History<O, A>,
    memory: &mut Memory,
    bytes: &[u8],
    line: usize,
    buffer: usize,
) -> Result<(), FileError> {
    let (parsed, taken) = within(memory.room(buffer), || serde_json::from_slice::<Line<O, A>>(bytes));
    let Some(taken) = taken else { return Err(memory.too_dense(line)) };
    let parsed = parsed.map_err(|error| FileError::syntax(line, error.to_string()))?;
    memory.hold_values(taken);
    if let Some(name) = &parsed.name {
        memory.hold_name(name);
    }
    let held = if parsed.invoke.is_some() {
        memory.hold_call(buffer)
    } else {
        memory.hold_end();
        memory.check(buffer)
    };
    held.map_err(|Spent| memory.too_dense(line))?;
    let process = Process(parsed.process);
    let recorded = match (parsed.invoke, parsed.ok, parsed.fail) {
        (Some(op), None, None) => history.invoke(process, parsed.at_ns, op),
        (None, Some(answer), None) => history.ok(process, parsed.at_ns, answer),
        (None, None, Some(True)) => history.fail(process, parsed.at_ns),
        _ => return Err(FileError::syntax(line, "an event has one of `invoke`, `ok` and `fail`")),
    };
    recorded.map_err(|error| FileError { line, kind: FileErrorKind::History(error) })?;
    if let Some(name) = parsed.name {
        history.name_process(process, name);
    }
    Ok(())
}
