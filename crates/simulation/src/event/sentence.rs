//! Sentences about events and faults, from one table of templates for each.
//!
//! A template names parts of an event or a fault in braces. The HTML page carries the table of events and fills it in from its own columns, so that a
//! sentence reads the same in a terminal, a log and the page. The suite `explain` compares the two for every event of several
//! runs.

use std::borrow::Cow;
use std::time::Duration;

use cluster_sim_storage::DiskErrorKind;
use cluster_sim_transport::ResetReason;

use super::{EventKind, TaskEnd};

/// Templates by name.
pub const SENTENCES: [(&str, &str); 39] = [
    ("boot", "{node} boots, incarnation {number}"),
    ("crash", "{node} crashes"),
    ("kill", "{node} is killed"),
    ("pause", "{node} is paused"),
    ("resume", "{node} resumes"),
    ("stop_asked", "{node} is asked to stop"),
    ("stop", "{node} stops"),
    ("send", "{node} -> {peer}  sends {message}"),
    ("copy", "{node} -> {peer}  network duplicates {message}"),
    ("drop", "{node} -> {peer}  loses {message} to {cause}"),
    ("deliver", "{peer} -> {node}  delivers {message}"),
    ("timer", "{node} timer {number} fires"),
    ("task_timer", "{node} timer of {task} fires"),
    ("call", "{node} is called by the test"),
    ("cut", "cut {number} begins"),
    ("heal", "cut {number} heals"),
    ("links", "links of class {cause} change"),
    ("span_begins", "{span}"),
    ("span_ends", "ends: {span}"),
    ("reseed", "seed {number} decides from here on"),
    ("spawn", "{node} spawns {task}"),
    ("poll", "{node} polls {task}, poll {number}"),
    ("task_returned", "{node} {task} returns"),
    ("task_aborted", "{node} {task} is aborted"),
    ("task_dropped", "{node} {task} is dropped"),
    ("connect", "{node} -> {peer}  connects, session {session}, attempt {number}"),
    ("accept", "{peer} -> {node}  is accepted, session {session}"),
    ("refuse", "{peer} -> {node}  is refused, session {session}"),
    ("session_send", "{node} -> {peer}  sends {message}, number {number} of session {session}"),
    ("retransmit", "{node} -> {peer}  retransmits number {number} of session {session}"),
    ("session_deliver", "{peer} -> {node}  delivers {message}, number {number} of session {session}"),
    ("session_close", "{node} -> {peer}  closes session {session} after {number} messages"),
    ("session_reset", "{node} -- {peer}  session {session} is reset: {cause}"),
    ("disk", "{node} disk: {cause}"),
    ("disk_crash", "{node} crash keeps {cause}"),
    ("fact", "{node} states {cause}"),
    ("log", "{node} logs {cause}"),
    ("other", "{node} has an event of kind {cause}"),
    ("end", "the run ends: {cause}"),
];

/// Templates of faults by their kinds, in plans, reports and on the page. `{for}` is the duration, if the fault has one.
pub(crate) const FAULTS: &[(&str, &str)] = &[
    ("cut", "cut [{from}] {arrow} [{to}]{for}"),
    ("heal all", "heal all"),
    ("flap", "flap [{from}] {arrow} [{to}] ({cut_for} cut, {open_for} open){for}"),
    ("loss", "lose {ratio} of {links} as {rule}{for}"),
    ("links", "change the links {links}"),
    ("impair", "impair [{from}] {arrow} [{to}] ({by}){for}"),
    ("impair links", "impair the links {links} ({by}){for}"),
    ("hold", "hold [{from}] {arrow} [{to}]{for}"),
    ("release all", "release all"),
    ("reset sessions", "reset sessions [{from}] {arrow} [{to}]"),
    ("crash", "crash {node}{for}"),
    ("crash loop", "crash {node} again and again ({down_for} down, {up_for} up){for}"),
    ("crash at", "crash {node} at {point}{nth}{down_for}{for}"),
    ("restart", "restart {node}"),
    ("kill", "kill {node}"),
    ("pause", "pause {node}{for}"),
    ("resume", "resume {node}"),
    ("crash all", "crash [{nodes}] at once{for}"),
    ("kill all", "kill [{nodes}] at once"),
    ("pause all", "pause [{nodes}] at once{for}"),
    ("rolling restart", "restart [{nodes}] one after the other, {down_for} down, {pause} apart"),
    ("clock offset", "set the wall clock of {node} off by {by}{for}"),
    ("clock step", "step the wall clock of {node} by {by}"),
    ("clock drift", "drift {clocks} of {node} by {drift}{for}"),
    ("periodic drift", "drift {clocks} of {node} by {drift} and back every {period}{for}"),
    ("random drift", "drift {clocks} of {node} at random within {drift}, anew every {every}{for}"),
    ("clock freeze", "freeze {clocks} of {node}{for}"),
    ("clock strobe", "strobe the wall clock of {node} by {by} every {period}{for}"),
    ("coarse clock", "round the clocks of {node} to {resolution}{for}"),
    ("late timers", "make {share} of the timers of {node} up to {up_to} late{for}"),
    ("coalesced timers", "put the timers of {node} off to multiples of {window}{for}"),
    ("disk error", "fail {share} {operations}operations on {files} of {node} ({error}){for}"),
    ("disk full", "leave {free} bytes on the disk of {node}{for}"),
    ("sync error", "fail {share} syncs on {files} of {node}{for}"),
    ("lying sync", "lie about syncs on {files} of {node}{for}"),
    ("bit rot", "rot {share} sectors on {files} of {node} ({bits} bits in {burst} bytes)"),
    ("rot on read", "rot {share} reads on {files} of {node} ({bits} bits in {burst} bytes){for}"),
    ("misdirect", "misdirect {share} reads and writes on {files} of {node}{for}"),
    ("lost write", "lose {share} writes on {files} of {node}{for}"),
    ("stale read", "answer {share} reads on {files} of {node} from before the last write{for}"),
    ("rollback", "roll the disk of {node} back to here after it ran on{for}"),
    ("truncate file", "cut {path} of {node} off at {length} bytes"),
    ("remove file", "lose {path} of {node}"),
    ("append garbage", "append {bytes} random bytes to {path} of {node}"),
    ("slow disk", "slow the disk of {node} ({by}){for}"),
    ("disk stall", "stall the disk of {node}{for}"),
    ("disk limit", "limit the disk of {node} ({rate}){for}"),
    ("reformat", "crash {node} and empty its disk{for}"),
    ("graceful stop", "stop {node} within {deadline}{then}"),
    ("slow", "slow {node} to {step_time} a step{for}"),
    ("cancel tasks", "cancel tasks of {node} at {share} of their polls{for}"),
    ("equal random", "give [{nodes}] equal random numbers{for}"),
    ("poison message", "crash {node} of message {nth}{down_for}{for}"),
    ("random crash in io", "crash {node} in {share} of its disk operations{down_for}{for}"),
    ("crash in io", "crash {node} in disk operation {nth}{down_for}{for}"),
    ("object error", "refuse {requests} ({errors}){for}"),
    ("object lost answer", "lose the answers to {requests} ({done}{instead}){for}"),
    ("object lost write", "lose the writes of {requests}{for}"),
    ("object damage", "damage the answers to {requests} ({damage}){for}"),
    ("object lag", "answer {requests} as of {lag} before{for}"),
    ("object pages", "answer {requests} in pages of {entries}{for}"),
    ("object resurrect", "bring back what {requests} delete {after} later{for}"),
    ("object expire", "lose {objects}"),
    ("slow objects", "slow {requests} ({by}){for}"),
    ("object stall", "stall {requests}{for}"),
    ("object throttle", "serve {rate} a second of {requests}{for}"),
];

/// The sentence of a fault of that kind, from its parts.
pub(crate) fn fault_sentence(kind: &str, parts: &[(&'static str, String)], duration: Option<Duration>) -> String {
    let (_, template) = FAULTS.iter().find(|(known, _)| *known == kind).expect("every kind of fault has a sentence");
    let duration = duration.map_or(String::new(), |duration| format!(" for {}", seconds(duration)));
    fill(template, |name| match parts.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => text,
        None if name == "for" => &duration,
        None => unreachable!("a fault of kind {kind} has no part {name}"),
    })
}

/// A duration, as in `1.500s`.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.3}s", duration.as_secs_f64())
}

/// Fills in a template.
fn fill<'p>(template: &str, part: impl Fn(&str) -> &'p str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a brace is closed");
        text.push_str(before);
        text.push_str(part(name));
        rest = after;
    }
    text + rest
}

/// The parts of an event that a template may name, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The node that acted.
    pub node: Cow<'a, str>,
    /// The other node.
    pub peer: Cow<'a, str>,
    /// The task that acted.
    pub task: Cow<'a, str>,
    /// The message, as its `Display`.
    pub message: Cow<'a, str>,
    /// The session.
    pub session: Cow<'a, str>,
    /// A count, a number in a session, an incarnation, a timer, a cut or a seed.
    pub number: Cow<'a, str>,
    /// The cause of a loss or reset, a class of links, a fact, or how the run ended.
    pub cause: Cow<'a, str>,
    /// The text of the span that began or ended with the event: a cut, a loss rule, changed links.
    pub span: Cow<'a, str>,
}

impl<'a> Parts<'a> {
    /// Takes the parts from an event of `node`; `task` is the task that acted.
    pub fn of(event: &'a EventKind, node: &'a str, task: Option<&'a str>) -> Self {
        let mut parts = Self { node: node.into(), ..Self::default() };
        let of_task = matches!(
            event,
            EventKind::Spawn | EventKind::Poll { .. } | EventKind::TaskEnd { .. } | EventKind::Timer { token: None }
        );
        parts.task = task.unwrap_or(if of_task { "a task" } else { "" }).into();
        parts.peer = event.peer().map_or("", |peer| peer).into();
        if let Some(message) = event.message() {
            parts.message = message.to_string().into();
        }
        parts.number = match event {
            EventKind::Boot { incarnation } => incarnation.to_string(),
            EventKind::Timer { token } => token.unwrap_or_default().to_string(),
            EventKind::Cut { cut } | EventKind::Heal { cut } => cut.to_string(),
            EventKind::Reseed { seed } => seed.to_string(),
            EventKind::Poll { number } | EventKind::Retransmit { number, .. } => number.to_string(),
            EventKind::SessionSend { number, .. } | EventKind::SessionDeliver { number, .. } => number.to_string(),
            EventKind::Connect { attempt, .. } | EventKind::Accept { attempt, .. } | EventKind::Refuse { attempt, .. } => {
                attempt.to_string()
            }
            EventKind::SessionClose { messages, .. } => messages.to_string(),
            _ => String::new(),
        }
        .into();
        parts.session = match event {
            EventKind::Connect { session, .. }
            | EventKind::Accept { session, .. }
            | EventKind::Refuse { session, .. }
            | EventKind::SessionSend { session, .. }
            | EventKind::Retransmit { session, .. }
            | EventKind::SessionDeliver { session, .. }
            | EventKind::SessionClose { session, .. }
            | EventKind::SessionReset { session, .. } => session.to_string().into(),
            _ => "".into(),
        };
        parts.cause = match event {
            EventKind::Drop { cause, .. } => cause.name().into(),
            EventKind::SessionReset { reason, .. } => ResetReason::to_string(reason).into(),
            EventKind::Links { class } => (&**class).into(),
            EventKind::Fact { text } | EventKind::Log { text } => text.as_str().into(),
            EventKind::Disk { operation, path, bytes, error } => disk_text(operation, path.as_deref(), *bytes, *error).into(),
            EventKind::DiskCrash { path, unsynced, kept, torn, garbage, lengths } => {
                let lengths = lengths.map_or_else(String::new, |[before, after]| format!(", {after} of {before} bytes long"));
                let (torn, garbage) = (counted(*torn, "torn"), counted(*garbage, "with garbage"));
                format!("{kept} of {unsynced} unsynced sectors of {path}{torn}{garbage}{lengths}").into()
            }
            EventKind::DiskNames { changed, kept } => format!("{kept} of {changed} unsynced changes of names").into(),
            EventKind::Other { record } => format!("{record:?}").into(),
            _ => "".into(),
        };
        parts
    }

    fn part(&self, name: &str) -> &str {
        match name {
            "node" => &self.node,
            "peer" => &self.peer,
            "task" => &self.task,
            "message" => &self.message,
            "session" => &self.session,
            "number" => &self.number,
            "cause" => &self.cause,
            "span" => &self.span,
            other => unreachable!("no event has a part {other}"),
        }
    }

    /// Fills in the template of that name.
    pub fn sentence(&self, name: &str) -> String {
        let (_, template) = SENTENCES.iter().find(|(known, _)| *known == name).expect("every event has a sentence");
        fill(template, |name| self.part(name))
    }
}

/// The name of the template of an event.
///
/// `begins` is whether a known span begins (or ends) with the event; then the template is the text of that span.
pub fn sentence_of(event: &EventKind, begins: Option<bool>) -> &'static str {
    match (event, begins) {
        (EventKind::Cut { .. } | EventKind::Heal { .. } | EventKind::Links { .. }, Some(true)) => "span_begins",
        (EventKind::Cut { .. } | EventKind::Heal { .. } | EventKind::Links { .. }, Some(false)) => "span_ends",
        (EventKind::Boot { .. }, _) => "boot",
        (EventKind::Crash, _) => "crash",
        (EventKind::Kill, _) => "kill",
        (EventKind::Pause, _) => "pause",
        (EventKind::Resume, _) => "resume",
        (EventKind::StopAsked, _) => "stop_asked",
        (EventKind::Stop, _) => "stop",
        (EventKind::Send { .. }, _) => "send",
        (EventKind::Copy { .. }, _) => "copy",
        (EventKind::Drop { .. }, _) => "drop",
        (EventKind::Deliver { .. }, _) => "deliver",
        (EventKind::Timer { token: Some(_) }, _) => "timer",
        (EventKind::Timer { token: None }, _) => "task_timer",
        (EventKind::Call, _) => "call",
        (EventKind::Cut { .. }, None) => "cut",
        (EventKind::Heal { .. }, None) => "heal",
        (EventKind::Links { .. }, None) => "links",
        (EventKind::Reseed { .. }, _) => "reseed",
        (EventKind::Spawn, _) => "spawn",
        (EventKind::Poll { .. }, _) => "poll",
        (EventKind::TaskEnd { how: TaskEnd::Returned }, _) => "task_returned",
        (EventKind::TaskEnd { how: TaskEnd::Aborted }, _) => "task_aborted",
        (EventKind::TaskEnd { how: TaskEnd::Dropped }, _) => "task_dropped",
        (EventKind::Connect { .. }, _) => "connect",
        (EventKind::Accept { .. }, _) => "accept",
        (EventKind::Refuse { .. }, _) => "refuse",
        (EventKind::SessionSend { .. }, _) => "session_send",
        (EventKind::Retransmit { .. }, _) => "retransmit",
        (EventKind::SessionDeliver { .. }, _) => "session_deliver",
        (EventKind::SessionClose { .. }, _) => "session_close",
        (EventKind::SessionReset { .. }, _) => "session_reset",
        (EventKind::Fact { .. }, _) => "fact",
        (EventKind::Log { .. }, _) => "log",
        (EventKind::Disk { .. }, _) => "disk",
        (EventKind::DiskCrash { .. } | EventKind::DiskNames { .. }, _) => "disk_crash",
        (EventKind::Other { .. }, _) => "other",
    }
}

/// An operation of a disk, as in `append wal/0, 64 bytes`.
fn disk_text(operation: &str, path: Option<&str>, bytes: u32, error: Option<DiskErrorKind>) -> String {
    let path = match path {
        Some("") => " /".to_owned(),
        Some(path) => format!(" {path}"),
        None => String::new(),
    };
    let bytes = if bytes > 0 { format!(", {bytes} bytes") } else { String::new() };
    let error = error.map_or_else(String::new, |error| format!(": {}", error.text()));
    format!("{operation}{path}{bytes}{error}")
}

/// A further count of a sentence; empty for none.
fn counted(number: u32, what: &str) -> String {
    if number > 0 { format!(", {number} {what}") } else { String::new() }
}

/// The sentence of an event without its span.
pub fn text_of(event: &EventKind, node: &str, task: Option<&str>) -> String {
    Parts::of(event, node, task).sentence(sentence_of(event, None))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::event::{EventMessage, Key};

    #[test]
    fn every_placeholder_is_a_part() {
        let parts = Parts::default();
        let mut names = BTreeSet::new();
        for (name, _) in SENTENCES {
            assert!(names.insert(name), "{name} is there twice");
            let text = parts.sentence(name);
            assert!(!text.contains(['{', '}']), "{name}: {text}");
        }
    }

    #[test]
    fn a_sentence_names_its_parts_in_order() {
        let message =
            EventMessage { id: Some(3), label: Key(1), content: Key(2), bytes: 12, text: Some("ask(7)".into()), sent: None };
        let send = EventKind::Send { to: "b/0".into(), message: message.clone() };
        assert_eq!(text_of(&send, "a/0", None), "a/0 -> b/0  sends #3 ask(7)");
        let bare = EventMessage { id: None, text: None, ..message };
        let deliver = EventKind::Deliver { from: "a/0".into(), message: bare };
        assert_eq!(text_of(&deliver, "b/0", None), "a/0 -> b/0  delivers message 0000000000000001, 12 bytes");
        assert_eq!(text_of(&EventKind::Timer { token: None }, "a/0", Some("main")), "a/0 timer of main fires");
    }

    #[test]
    fn events_of_a_disk_name_file_and_outcome() {
        let disk = |operation: &str, path: Option<&str>, bytes, error| {
            let event = EventKind::Disk { operation: operation.into(), path: path.map(Into::into), bytes, error };
            text_of(&event, "a/0", None)
        };
        assert_eq!(disk("append", Some("wal/0"), 64, None), "a/0 disk: append wal/0, 64 bytes");
        assert_eq!(disk("sync directory", Some(""), 0, None), "a/0 disk: sync directory /");
        let full = disk("append", Some("wal/0"), 64, Some(DiskErrorKind::StorageFull));
        assert_eq!(full, "a/0 disk: append wal/0, 64 bytes: no space is left on the disk");
        let crash =
            EventKind::DiskCrash { path: "wal/0".into(), unsynced: 7, kept: 3, torn: 1, garbage: 0, lengths: Some([1_023, 990]) };
        assert_eq!(
            text_of(&crash, "a/0", None),
            "a/0 crash keeps 3 of 7 unsynced sectors of wal/0, 1 torn, 990 of 1023 bytes long"
        );
        let names = EventKind::DiskNames { changed: 2, kept: 0 };
        assert_eq!(text_of(&names, "a/0", None), "a/0 crash keeps 0 of 2 unsynced changes of names");
    }

    #[test]
    fn a_braced_name_in_a_message_is_left_alone() {
        let parts = Parts { node: "a".into(), peer: "b".into(), message: "{node: 1}".into(), ..Parts::default() };
        assert_eq!(parts.sentence("send"), "a -> b  sends {node: 1}");
    }
}
