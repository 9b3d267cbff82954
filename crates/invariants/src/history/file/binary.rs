//! Histories in a compact binary form: a fifth of the JSON lines, or less, checked by a checksum.
//!
//! A file is `cshist` and a format number, the names of processes, the numbers of operations and of events, each event, and the
//! CRC-32C of all before it. An event is its kind, its process, the nanoseconds since the event before it, and the operation or answer, all as
//! [postcard](https://docs.rs/postcard) encodes them.

use cluster_sim_types::VirtualInstant;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{FileError, FileErrorKind};
use super::memory::{Memory, Spent, within};
use crate::history::history_event::HistoryEvent;
use crate::history::operation::{Completion, Process};
use crate::history::record::History;

/// The bytes that a file begins with; the last one is the format.
const MAGIC: &[u8] = b"cshist\x01";
const CHECKSUM: usize = 4;

#[derive(Serialize)]
struct Header {
    names: Vec<(u32, String)>,
    operations: u32,
    events: u32,
}

#[derive(Serialize, Deserialize)]
enum Kind<O, A> {
    Invoke(O),
    Ok(A),
    Fail,
}

/// Encodes a history.
///
/// # Errors
///
/// If an operation or an answer is no data that postcard can hold, such as a map of unknown length.
pub fn encode<O: Serialize, A: Serialize>(history: &History<O, A>) -> Result<Vec<u8>, FileError> {
    let unfit = |event: usize| move |error: postcard::Error| FileError::syntax(event, format!("cannot be encoded: {error}"));
    let names = history.names().into_iter().map(|(process, name)| (process.0, name.to_owned())).collect();
    let (operations, events) = (history.operations().len() as u32, history.events().count() as u32);
    let mut bytes = postcard::to_extend(&Header { names, operations, events }, MAGIC.to_vec()).map_err(unfit(0))?;
    let mut last = 0;
    for (number, event) in (1..).zip(history.events()) {
        let (process, at, kind) = match event {
            HistoryEvent::Invoked { process, op, at, .. } => (process, at, Kind::Invoke(op)),
            HistoryEvent::Completed { process, outcome: Completion::Ok { answer, at }, .. } => (process, *at, Kind::Ok(answer)),
            HistoryEvent::Completed { process, outcome: Completion::Fail { at }, .. } => (process, *at, Kind::Fail),
            HistoryEvent::Completed { outcome: Completion::Open, .. } => unreachable!("an open call has no end"),
        };
        let nanoseconds = at.at.as_nanoseconds();
        bytes = postcard::to_extend(&(process.0, nanoseconds - last, kind), bytes).map_err(unfit(number))?;
        last = nanoseconds;
    }
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    Ok(bytes)
}

/// Decodes a history.
///
/// # Errors
///
/// [`FileError`] if the bytes are cut or changed, are of other operations, hold an event that fits nowhere, or need more memory
/// than ten times as many, and 64 KiB; values count as far as they are [`Datum`](super::Datum)s.
pub fn decode<O: DeserializeOwned, A: DeserializeOwned>(bytes: &[u8]) -> Result<History<O, A>, FileError> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(FileError::syntax(0, "the file does not begin as a binary history of format 1"));
    };
    let checked = bytes.len().checked_sub(CHECKSUM).filter(|end| *end >= MAGIC.len());
    let Some((content, checksum)) = checked.map(|end| bytes.split_at(end)) else {
        return Err(FileError::syntax(0, "the file is cut: copy it again"));
    };
    if crc32c::crc32c(content).to_le_bytes() != *checksum {
        return Err(FileError::syntax(0, "the checksum is wrong: the file is cut or was changed, so copy it again"));
    }
    let unfit =
        |event: usize| move |error: postcard::Error| FileError::syntax(event, format!("is no event of these operations: {error}"));
    let rest = &rest[..rest.len() - CHECKSUM];
    let (count, mut rest) = postcard::take_from_bytes::<usize>(rest).map_err(unfit(0))?;
    let mut history = History::default();
    let mut memory = Memory::new::<O, A>();
    memory.read = bytes.len();
    // One by one: a length that the file does not have reserves nothing.
    for _ in 0..count {
        let ((process, name), left) = postcard::take_from_bytes::<(u32, String)>(rest).map_err(unfit(0))?;
        memory.hold_name(&name);
        memory.check(0).map_err(|Spent| memory.too_dense(0))?;
        history.name_process(Process(process), name);
        rest = left;
    }
    let ((operations, events), mut rest) = postcard::take_from_bytes::<(u32, u32)>(rest).map_err(unfit(0))?;
    // An operation is an event, at least.
    let operations = (operations.min(events) as usize).min(rest.len());
    memory.reserve(operations).map_err(|Spent| memory.too_dense(0))?;
    history.reserve(operations);
    let mut at = 0_u64;
    for number in 1..=events as usize {
        let (event, taken) = within(memory.room(0), || postcard::take_from_bytes::<(u32, u64, Kind<O, A>)>(rest));
        let Some(taken) = taken else { return Err(memory.too_dense(number)) };
        let ((process, since, kind), left) = event.map_err(unfit(number))?;
        (rest, at) = (left, at.saturating_add(since));
        memory.hold_values(taken);
        let held = match kind {
            Kind::Invoke(_) => memory.hold_call(0),
            Kind::Ok(_) | Kind::Fail => {
                memory.hold_end();
                memory.check(0)
            }
        };
        held.map_err(|Spent| memory.too_dense(number))?;
        let (process, at) = (Process(process), VirtualInstant::from_nanoseconds(at));
        let recorded = match kind {
            Kind::Invoke(op) => history.invoke(process, at, op),
            Kind::Ok(answer) => history.ok(process, at, answer),
            Kind::Fail => history.fail(process, at),
        };
        recorded.map_err(|error| FileError { line: number, kind: FileErrorKind::History(error) })?;
    }
    match (rest, history.operations()) {
        ([], []) => Err(FileError { line: 0, kind: FileErrorKind::Empty }),
        ([], _) => Ok(history),
        _ => Err(FileError::syntax(0, "bytes after the last event")),
    }
}
