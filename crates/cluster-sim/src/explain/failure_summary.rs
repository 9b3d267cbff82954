//! The end of a failing run, for a terminal.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::event::Event;
use super::recording::Recording;
use super::spans::SpanKind;
use super::verdict::Verdict;
use super::views::NodeView;
use crate::event::EventKind;

/// The number of last events shown.
const EVENTS_SHOWN: usize = 20;

/// The number of last senders of a node whose own events are shown too, and how many events of each.
const SENDERS: usize = 2;
const EVENTS_OF_SENDER: usize = 3;

/// The end of a failing run: its verdict, what was in force, the last events and the views of the nodes that the verdict names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureSummary {
    /// The verdict in one sentence.
    pub verdict: String,
    /// The faults in force at the instant of the verdict, each with the instant since when.
    pub in_force: Vec<String>,
    /// The last events that concern the nodes that the verdict names (all nodes, if it names none), oldest first, each with its instant.
    ///
    /// These are what such a node does, what is sent to it, and what changes links; and the last events of the nodes that it last heard
    /// from, up to the message that it heard, since the cause of a wrong message lies there. Of timers and tasks only the very last event
    /// of the run is shown.
    pub last_events: Vec<String>,
    /// The views of the nodes that the verdict names, each with the view before it, where their text is known.
    pub views: Vec<String>,
}

impl FailureSummary {
    /// The end of a recorded run; nothing if it passed.
    pub fn of(recording: &Recording) -> Option<Self> {
        let verdict = Verdict::of(&recording.report, &recording.nodes);
        (!verdict.passed).then(|| Self {
            in_force: in_force(recording, &verdict),
            last_events: last_events(recording, &verdict),
            views: views(recording, &verdict),
            verdict: verdict.sentence,
        })
    }
}

/// What was in force, the last events, and the views.
impl fmt::Display for FailureSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, lines) in [("in force", &self.in_force), ("last events", &self.last_events), ("views", &self.views)] {
            if !lines.is_empty() {
                writeln!(formatter, "      {title}")?;
            }
            lines.iter().try_for_each(|line| writeln!(formatter, "        {line}"))?;
        }
        Ok(())
    }
}

/// The names of the nodes that the verdict names.
fn involved<'r>(recording: &'r Recording, verdict: &Verdict) -> BTreeSet<&'r Arc<str>> {
    verdict.nodes.iter().filter_map(|node| recording.nodes.get(node.index())).collect()
}

fn last_events(recording: &Recording, verdict: &Verdict) -> Vec<String> {
    let involved = involved(recording, verdict);
    let mut shown: BTreeSet<usize> = BTreeSet::new();
    // The very last event, whatever it is.
    shown.extend(recording.events.len().checked_sub(1));
    shown.extend(events_of_senders(recording, &involved));
    let own = (0..recording.events.len()).rev().filter(|index| {
        let event = &recording.events[*index];
        concerns(event, &involved) && !is_inner(event)
    });
    for index in own {
        if shown.len() >= EVENTS_SHOWN {
            break;
        }
        shown.insert(index);
    }
    let events = shown.into_iter().map(|index| &recording.events[index]);
    events.map(|event| format!("{}  {}", event.at, recording.text_of(event))).collect()
}

/// Whether an event happens to one of these nodes or changes links. No names stand for all nodes.
fn concerns(event: &Event, involved: &BTreeSet<&Arc<str>>) -> bool {
    let of_links =
        matches!(event.event, EventKind::Cut { .. } | EventKind::Heal { .. } | EventKind::Links { .. } | EventKind::Reseed { .. });
    let is_involved = |name: &Arc<str>| involved.contains(name);
    involved.is_empty() || of_links || is_involved(&event.node) || event.peer().is_some_and(is_involved)
}

/// Whether an event is inside a node: it says little about what a node and its peers know.
fn is_inner(event: &Event) -> bool {
    matches!(event.event, EventKind::Timer { .. } | EventKind::Poll { .. } | EventKind::Spawn | EventKind::TaskEnd { .. })
}

/// The last events of the nodes that each of these last heard from, up to the send of what it heard.
fn events_of_senders(recording: &Recording, involved: &BTreeSet<&Arc<str>>) -> Vec<usize> {
    let mut found = Vec::new();
    for node in involved {
        let mut senders: BTreeSet<&Arc<str>> = BTreeSet::new();
        for event in recording.events.iter().rev().filter(|event| event.node == **node) {
            let (EventKind::Deliver { from, message } | EventKind::SessionDeliver { from, message, .. }) = &event.event else {
                continue;
            };
            if senders.len() == SENDERS {
                break;
            }
            if from == *node || involved.contains(from) || !senders.insert(from) {
                continue;
            }
            let sent = message.sent.map_or(event.index, |sent| sent.index);
            let own = (0..recording.events.len()).rev().filter(|index| {
                let event = &recording.events[*index];
                event.index <= sent && event.node == *from && !is_inner(event)
            });
            found.extend(own.take(EVENTS_OF_SENDER));
        }
    }
    found
}

fn in_force(recording: &Recording, verdict: &Verdict) -> Vec<String> {
    let spans = recording.spans.iter().filter(|span| span.kind != SpanKind::Absent);
    // A run ends with its verdict, so nothing begins after it.
    let open = spans.filter(|span| span.until.is_none_or(|until| until > verdict.at));
    open.map(|span| format!("{}  {}", span.from, span.text)).collect()
}

fn views(recording: &Recording, verdict: &Verdict) -> Vec<String> {
    let involved = involved(recording, verdict);
    let lines = recording.views.iter().filter(|view| involved.contains(&view.node));
    lines
        .map(|NodeView { node, since, text, before }| {
            let before = before.as_ref().map(|before| format!(", before: {before}")).unwrap_or_default();
            format!("{node}  since {since}: {text}{before}")
        })
        .collect()
}
