//! The events of a history file, before a model gives them a meaning.

use super::datum::Datum;
use super::edn::{Edn, EdnReader};
use super::error::{FileError, FileErrorKind};

/// The keys of an event in EDN. Those of the second half say nothing about what a client saw, and are passed over.
const KEYS: &str = ":process, :type, :f, :key, :value, :time; and :index, :error, :exception, :node, :debug";

/// The kinds of events of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind {
    Invoke,
    Ok,
    Fail,
    /// The client waits no longer.
    Open,
}

/// An event of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileEvent {
    pub(super) line: usize,
    pub(super) process: u32,
    pub(super) kind: EventKind,
    /// The name of the operation that is asked for.
    pub(super) operation: String,
    /// The object, where events name it apart.
    pub(super) key: Option<Datum>,
    pub(super) value: Datum,
    /// Nanoseconds; absent in logs.
    pub(super) at: Option<u64>,
}

/// Reads Jepsen's histories, and the key-value logs of Porcupine: maps of EDN, in a list or one after the other.
pub(super) fn read_edn(text: &str) -> Result<Vec<FileEvent>, FileError> {
    let mut reader = EdnReader::new(text);
    let is_closed = reader.skip_opening();
    let mut events = Vec::new();
    loop {
        let Some(value) = reader.next(is_closed)? else { return Ok(events) };
        let Edn::Map(entries) = value else {
            return Err(FileError::syntax(reader.line, "a value that is no map: each event is a map such as {:process 0, …}"));
        };
        events.extend(event_of_map(reader.line, entries)?);
    }
}

/// Turns a map into an event; `None` for one of the nemesis, which is no client.
fn event_of_map(line: usize, entries: Vec<(Edn, Edn)>) -> Result<Option<FileEvent>, FileError> {
    let (mut process, mut kind, mut operation, mut key, mut value, mut at) = (None, None, None, None, Datum::Nil, None);
    for (name, content) in entries {
        let Edn::Datum(Datum::Text(name)) = name else {
            return Err(FileError::syntax(line, "a key of an event that is no keyword"));
        };
        // The errors of clients and other remarks can be of any shape.
        if let "index" | "error" | "exception" | "node" | "debug" = &*name {
            continue;
        }
        let content = match content {
            Edn::Datum(content) => content,
            Edn::Map(entries) => super::edn::pairs(entries),
        };
        match &*name {
            "process" => process = Some(content),
            "type" => kind = Some(content),
            "f" => operation = Some(content),
            "key" => key = Some(content),
            "value" => value = content,
            "time" => at = Some(content),
            _ => return Err(FileError { line, kind: FileErrorKind::UnknownKey { key: format!(":{name}"), known: KEYS } }),
        }
    }
    let missing = |key| FileError { line, kind: FileErrorKind::Missing { key } };
    let process = match process.ok_or_else(|| missing(":process"))? {
        Datum::Text(name) if name == "nemesis" => return Ok(None),
        other => process_of(line, &other)?,
    };
    let kind = kind_of(line, &kind.ok_or_else(|| missing(":type"))?)?;
    let operation = match operation.ok_or_else(|| missing(":f"))? {
        Datum::Text(name) => name,
        other => return Err(FileError::value(line, ":f", other, "a keyword such as :read")),
    };
    let at = at.map(|at| match at {
        Datum::Int(at) => u64::try_from(at).map_err(|_| FileError::value(line, ":time", at, "nanoseconds since the start")),
        other => Err(FileError::value(line, ":time", other, "nanoseconds since the start")),
    });
    Ok(Some(FileEvent { line, process, kind, operation, key, value, at: at.transpose()? }))
}

fn process_of(line: usize, value: &Datum) -> Result<u32, FileError> {
    match value {
        Datum::Int(number) => u32::try_from(*number).ok(),
        _ => None,
    }
    .ok_or_else(|| FileError::value(line, ":process", value, "a number of a client, from 0"))
}

fn kind_of(line: usize, value: &Datum) -> Result<EventKind, FileError> {
    match value {
        Datum::Text(name) if name == "invoke" => Ok(EventKind::Invoke),
        Datum::Text(name) if name == "ok" => Ok(EventKind::Ok),
        Datum::Text(name) if name == "fail" => Ok(EventKind::Fail),
        Datum::Text(name) if name == "info" => Ok(EventKind::Open),
        other => Err(FileError::value(line, ":type", other, ":invoke, :ok, :fail or :info")),
    }
}

/// Reads the logs of Jepsen that Porcupine is tried on: `INFO  jepsen.util - 4<tab>:invoke<tab>:read<tab>nil`.
///
/// Lines of the nemesis and of other parts of Jepsen are passed over.
pub(super) fn read_log(text: &str) -> Result<Vec<FileEvent>, FileError> {
    let mut events = Vec::new();
    for (number, line_text) in text.lines().enumerate() {
        let line = number + 1;
        let Some((_, event)) = line_text.split_once("jepsen.util - ") else { continue };
        let fields: Vec<&str> = event.split('\t').collect();
        let &[process, kind, operation, value] = &fields[..] else {
            return Err(FileError::syntax(line, format!("{} fields instead of process, type, operation and value", fields.len())));
        };
        if process == ":nemesis" {
            continue;
        }
        let datum = |text: &str| match EdnReader::new(text).next(false) {
            Ok(Some(Edn::Datum(datum))) => Ok(datum),
            Ok(_) => Err(FileError::syntax(line, format!("{text:?} is no value"))),
            Err(error) => Err(FileError { line, ..error }),
        };
        let process = process_of(line, &datum(process)?)?;
        let kind = kind_of(line, &datum(kind)?)?;
        let operation = operation.trim_start_matches(':').to_owned();
        events.push(FileEvent { line, process, kind, operation, key: None, value: datum(value)?, at: None });
    }
    Ok(events)
}
