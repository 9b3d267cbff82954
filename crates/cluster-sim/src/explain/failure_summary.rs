//! Summaries of failing runs, for a terminal.

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

/// The number of last senders whose own events are shown too, and the number of events of each.
const SENDERS: usize = 2;
const EVENTS_OF_SENDER: usize = 3;

/// The end of a failing run: verdict, faults in force, last events and views.
///
/// Events and views are those of the nodes that the verdict names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureSummary {
    /// The verdict in one sentence.
    pub verdict: String,
    /// The faults in force at the instant of the verdict, each with its start.
    pub in_force: Vec<String>,
    /// The last events of the nodes that the verdict names, each with its instant; oldest first.
    ///
    /// These are events of such a node, messages to it, and changes of links; if the verdict names no node, those of all nodes.
    /// Added are up to 3 events of each of the 2 other nodes that these last heard from, up to the send of what they heard, since
    /// the cause of a wrong message lies there. At most 20 in all. Events of timers and tasks are left out, unless one is the very
    /// last event of the run.
    pub last_events: Vec<String>,
    /// The last views of the nodes that the verdict names, each with the view before it.
    ///
    /// Only views whose text is known: see [`Scenario::show_views`](crate::Scenario::show_views).
    pub views: Vec<String>,
}

impl FailureSummary {
    /// Summarises a recorded run; `None` if it passed.
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

/// Writes the faults in force, the last events and the views, each list under its title; empty lists are left out.
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
    // The very last event, even one of a timer or task.
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

fn in_force(recording: &Recording, verdict: &Verdict) -> Vec<String> {
    let spans = recording.spans.iter().filter(|span| span.kind != SpanKind::Absent);
    // The run ends with its verdict: no span begins after it.
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
