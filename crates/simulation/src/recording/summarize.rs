//! Summarizes a recorded run that failed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Recording;
use super::event::Event;
use super::views::NodeView;
use crate::event::EventKind;
use crate::fault::SpanKind;
use crate::report::{FailureSummary, RunVerdict, printable};

/// The number of last events shown.
const EVENTS_SHOWN: usize = 20;

/// The number of last senders whose own events are shown too, and the number of events of each.
const SENDERS: usize = 2;
const EVENTS_OF_SENDER: usize = 3;

impl FailureSummary {
    /// Summarises a recorded run; `None` if it passed.
    pub fn of(recording: &Recording) -> Option<Self> {
        let verdict = RunVerdict::of(&recording.report, &recording.nodes);
        (!verdict.passed).then(|| Self {
            side_by_side: side_by_side(recording),
            in_force: in_force(recording, &verdict),
            last_events: last_events(recording, &verdict),
            views: views(recording, &verdict),
            verdict: verdict.sentence,
        })
    }
}

/// The table of the rule that was broken first.
fn side_by_side(recording: &Recording) -> Vec<String> {
    let first = recording.report.violations.first();
    let table = first.and_then(|violation| recording.report.tables.get(&violation.rule));
    table.map(|table| table.to_string().lines().map(|line| printable(line).into_owned()).collect()).unwrap_or_default()
}

/// The names of the nodes that the verdict names.
fn involved<'r>(recording: &'r Recording, verdict: &RunVerdict) -> BTreeSet<&'r Arc<str>> {
    verdict.nodes.iter().filter_map(|node| recording.nodes.get(node.index())).collect()
}

/// The number of last telling events that are shown after a crash that left some of a disk, however many others came later.
const TELLING_SHOWN: usize = 8;

fn last_events(recording: &Recording, verdict: &RunVerdict) -> Vec<String> {
    let involved = involved(recording, verdict);
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    // The very last event, even one of a timer or task.
    shown.extend(recording.events.len().checked_sub(1));
    shown.extend(events_of_senders(recording, &involved));
    let own = |index: &usize| concerns(&recording.events[*index], &involved) && !is_inner(&recording.events[*index]);
    // After a loss from a disk what explains it may be long ago.
    let is_loss = |event: &Event| matches!(event.event, EventKind::DiskCrash { .. } | EventKind::DiskNames { .. });
    let has_lost = recording.events.iter().any(|event| is_loss(event) && concerns(event, &involved));
    let telling = (0..recording.events.len()).rev().filter(own).filter(|index| is_telling(&recording.events[*index]));
    shown.extend(telling.take(if has_lost { TELLING_SHOWN } else { 0 }));
    // How many routine operations of a disk each one that is shown stands for.
    let mut routine: BTreeMap<usize, usize> = BTreeMap::new();
    let mut last_routine: Option<usize> = None;
    for index in (0..recording.events.len()).rev().filter(own) {
        let event = &recording.events[index];
        let later = last_routine.filter(|later| is_routine(event) && recording.events[*later].node == event.node);
        match later {
            Some(later) => *routine.entry(later).or_default() += 1,
            None if shown.contains(&index) => {}
            None if shown.len() >= EVENTS_SHOWN => break,
            None => {
                shown.insert(index);
            }
        }
        last_routine = is_routine(event).then_some(later.unwrap_or(index));
    }
    let text = |index: usize| {
        let event = &recording.events[index];
        let before = match routine.get(&index) {
            Some(1) => ", after 1 more operation".to_owned(),
            Some(more) => format!(", after {more} more operations"),
            None => String::new(),
        };
        format!("{}  {}{before}", event.at, recording.text_of(event))
    };
    shown.into_iter().map(text).collect()
}

/// Whether an event says what a node promised, or what it lost: a fact, the end of a life, a failure of its disk.
fn is_telling(event: &Event) -> bool {
    match &event.event {
        EventKind::Disk { error, .. } => error.is_some() && !is_close(&event.event),
        EventKind::Fact { .. } | EventKind::Crash | EventKind::Kill | EventKind::DiskCrash { .. } | EventKind::DiskNames { .. } => {
            true
        }
        _ => false,
    }
}

/// Whether an event is an operation of a disk that went well, or a close.
fn is_routine(event: &Event) -> bool {
    matches!(&event.event, EventKind::Disk { error: None, .. }) || is_close(&event.event)
}

/// A close fails where a file was never opened, as in the recovery of a journal, and nothing depends on it.
fn is_close(event: &EventKind) -> bool {
    matches!(event, EventKind::Disk { operation, .. } if &**operation == "close")
}

/// Whether an event involves one of these nodes or changes links. An empty set stands for all nodes.
fn concerns(event: &Event, involved: &BTreeSet<&Arc<str>>) -> bool {
    let of_links =
        matches!(event.event, EventKind::Cut { .. } | EventKind::Heal { .. } | EventKind::Links { .. } | EventKind::Reseed { .. });
    let is_involved = |name: &Arc<str>| involved.contains(name);
    involved.is_empty() || of_links || is_involved(&event.node) || event.peer().is_some_and(is_involved)
}

/// Whether an event is internal to a node, and so does not show what the node and its peers know.
fn is_inner(event: &Event) -> bool {
    matches!(event.event, EventKind::Timer { .. } | EventKind::Poll { .. } | EventKind::Spawn | EventKind::TaskEnd { .. })
}

/// The last events of the nodes from which the involved ones last heard, up to the send of what they heard.
fn events_of_senders(recording: &Recording, involved: &BTreeSet<&Arc<str>>) -> Vec<usize> {
    let mut senders: BTreeSet<&Arc<str>> = BTreeSet::new();
    let mut found = Vec::new();
    for event in recording.events.iter().rev().filter(|event| involved.contains(&event.node)) {
        let (EventKind::Deliver { from, message } | EventKind::SessionDeliver { from, message, .. }) = &event.event else {
            continue;
        };
        if senders.len() == SENDERS {
            break;
        }
        if involved.contains(from) || !senders.insert(from) {
            continue;
        }
        let sent = message.sent.map_or(event.index, |sent| sent.index);
        let own = (0..recording.events.len()).rev().filter(|index| {
            let event = &recording.events[*index];
            event.index <= sent && event.node == *from && !is_inner(event)
        });
        found.extend(own.take(EVENTS_OF_SENDER));
    }
    found
}

fn in_force(recording: &Recording, verdict: &RunVerdict) -> Vec<String> {
    let spans = recording.spans.iter().filter(|span| span.kind != SpanKind::Absent);
    // The run ends with its verdict: no span begins after it.
    let open = spans.filter(|span| span.until.is_none_or(|until| until > verdict.at));
    open.map(|span| format!("{}  {}", span.from, span.text)).collect()
}

fn views(recording: &Recording, verdict: &RunVerdict) -> Vec<String> {
    let involved = involved(recording, verdict);
    let lines = recording.views.iter().filter(|view| involved.contains(&view.node));
    lines
        .map(|NodeView { node, since, text, before }| {
            let before = before.as_ref().map(|before| format!(", before: {before}")).unwrap_or_default();
            format!("{node}  since {since}: {text}{before}")
        })
        .collect()
}
