//! The events of a history file, before a model gives them a meaning.

use std::io::BufRead;

use super::datum::Datum;
use super::edn::{Edn, EdnReader};
use super::error::{FileError, FileErrorKind, shortened};
use super::memory::within;
use super::parts::{Nesting, Part, Parts};

/// The keys of an event in EDN. Those of the second half say nothing about what a client saw, and are passed over.
const KEYS: &str = ":process, :type, :f, :key, :value, :time; and :index, :error, :exception, :node, :debug";

/// The mark before an event in a log of Jepsen.
pub(super) const LOG_MARK: &str = "jepsen.util - ";

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

/// Takes the events of a file one by one.
pub(super) trait EventSink {
    /// Returns the bytes of memory that the next event of a part may take.
    fn room(&mut self, part: &Part<'_>) -> usize;

    /// Takes an event of a part.
    fn take(&mut self, event: FileEvent, part: &Part<'_>) -> Result<(), FileError>;

    /// Refuses an event that takes more memory than its room.
    fn too_dense(&self, line: usize) -> FileError;
}

/// Reads Jepsen's histories, and the key-value logs of Porcupine: maps of EDN, in a list or one after the other.
pub(super) fn read_edn(reader: impl BufRead, sink: &mut impl EventSink) -> Result<(), FileError> {
    let (mut parts, mut nesting) = (Parts::new(reader), Nesting::default());
    // Whether a bracket is around all events, and whether it was closed.
    let (mut is_listed, mut is_closed, mut is_begun, mut last_line) = (false, false, false, 1);
    while let Some(part) = parts.next_values(&mut nesting)? {
        let mut reader = EdnReader::new(part.text, part.line);
        if !is_begun && reader.is_more() {
            is_begun = true;
            is_listed = reader.skip_opening();
        }
        loop {
            if is_closed {
                reader.check_end()?;
            }
            is_closed |= is_listed && reader.skip_closing()?;
            if !reader.is_more() {
                break;
            }
            let event = match within(sink.room(&part), || next_event(&mut reader)) {
                (event, Some(_)) => event?,
                (_, None) => return Err(sink.too_dense(reader.line)),
            };
            event.map_or(Ok(()), |event| sink.take(event, &part))?;
        }
        last_line = reader.line;
    }
    match is_listed && !is_closed {
        true => Err(FileError::syntax(last_line, "the file ends within the history: its last bracket is missing")),
        false => Ok(()),
    }
}

/// Reads a map and turns it into an event; `None` for one of the nemesis, which is no client.
fn next_event(reader: &mut EdnReader<'_>) -> Result<Option<FileEvent>, FileError> {
    match reader.next()? {
        Some(Edn::Map(entries)) => event_of_map(reader, entries),
        _ => {
            let problem = "a value that is no map: each event is a map such as {:process 0, …}";
            Err(FileError::syntax(reader.line, problem))
        }
    }
}

fn event_of_map(reader: &EdnReader<'_>, entries: Vec<(Edn, Edn)>) -> Result<Option<FileEvent>, FileError> {
    let line = reader.line;
    let (mut process, mut kind, mut operation, mut key, mut value, mut at) = (None, None, None, None, Datum::Nil, None);
    for (name, content) in entries {
        let Edn::Datum(Datum::Text(name)) = name else {
            return Err(FileError::syntax(line, "a key of an event that is no keyword"));
        };
        // The errors of clients and other remarks can be of any shape.
        if let "index" | "error" | "exception" | "node" | "debug" = &*name {
            continue;
        }
        let content = content.datum().map_err(|spent| reader.too_much(spent))?;
        match &*name {
            "process" => process = Some(content),
            "type" => kind = Some(content),
            "f" => operation = Some(content),
            "key" => key = Some(content),
            "value" => value = content,
            "time" => at = Some(content),
            _ => {
                return Err(FileError {
                    line,
                    kind: FileErrorKind::UnknownKey { key: format!(":{}", shortened(&name)), known: KEYS },
                });
            }
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
pub(super) fn read_log(reader: impl BufRead, sink: &mut impl EventSink) -> Result<(), FileError> {
    let mut parts = Parts::new(reader);
    while let Some(part) = parts.next_line()? {
        let event = match within(sink.room(&part), || event_of_log(part.line, part.text.trim_end_matches(['\n', '\r']))) {
            (event, Some(_)) => event?,
            (_, None) => return Err(sink.too_dense(part.line)),
        };
        event.map_or(Ok(()), |event| sink.take(event, &part))?;
    }
    Ok(())
}

fn event_of_log(line: usize, text: &str) -> Result<Option<FileEvent>, FileError> {
    let Some((_, event)) = text.split_once(LOG_MARK) else { return Ok(None) };
    let mut fields = event.split('\t');
    let fields = (fields.next(), fields.next(), fields.next(), fields.next(), fields.next());
    let (Some(process), Some(kind), Some(operation), Some(value), None) = fields else {
        let count = event.split('\t').count();
        return Err(FileError::syntax(line, format!("{count} fields instead of process, type, operation and value")));
    };
    if process == ":nemesis" {
        return Ok(None);
    }
    let datum = |text: &str| match EdnReader::new(text, line).next()? {
        Some(Edn::Datum(datum)) => Ok(datum),
        _ => Err(FileError::syntax(line, format!("{:?} is no value", shortened(&text)))),
    };
    let process = process_of(line, &datum(process)?)?;
    let kind = kind_of(line, &datum(kind)?)?;
    let operation = operation.trim_start_matches(':').to_owned();
    Ok(Some(FileEvent { line, process, kind, operation, key: None, value: datum(value)?, at: None }))
}
