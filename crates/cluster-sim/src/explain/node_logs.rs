//! What each node lived through, as text.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::event::{Event, EventKind};
use super::recording::Recording;

/// The log of each node in virtual time, a line for everything that it did or that happened to it, by its declared name.
///
/// A message is told by the number that [`Event::message`] gives it, in the logs of both ends.
pub fn node_logs(recording: &Recording) -> BTreeMap<Arc<str>, String> {
    let mut logs: BTreeMap<Arc<str>, String> = recording.nodes.iter().map(|node| (Arc::clone(node), String::new())).collect();
    for event in &recording.events {
        if let Some(log) = logs.get_mut(&event.node) {
            write_line(log, event);
        }
    }
    logs
}

fn write_line(log: &mut String, event: &Event) {
    let written = try_write_line(log, event);
    written.expect("writing to a text does not fail");
}

fn try_write_line(log: &mut String, event: &Event) -> std::fmt::Result {
    write!(log, "{}  ", event.at)?;
    match (&event.kind, &event.fact) {
        (EventKind::Fact, Some(fact)) => write!(log, "states {fact}")?,
        (EventKind::Fact, None) => write!(log, "states something")?,
        (EventKind::Event(kind), _) => write!(log, "{}", format!("{kind:?}").to_lowercase())?,
    }
    if let Some(peer) = &event.peer {
        write!(log, "  {peer}")?;
    }
    if let Some(message) = event.message {
        write!(log, "  message {message}")?;
    }
    for (word, text) in [("task", &event.task), ("to", &event.cause)] {
        if let Some(text) = text {
            write!(log, "  {word} {text}")?;
        }
    }
    if let Some(number) = event.number {
        write!(log, "  number {number}")?;
    }
    writeln!(log)
}
