//! How a run ended, for somebody who reads a terminal.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use cluster_sim_runtime::RecordKind;

use super::event::{Event, EventKind};
use super::recording::Recording;
use super::spans::SpanKind;
use super::telling::told;
use super::verdict::Verdict;

/// How many of the last events are told.
const EVENTS_TOLD: usize = 20;

/// How a run ended: what came of it, what was in force then, and what happened last to the nodes in question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureSummary {
    /// What came of it, in one sentence.
    pub verdict: String,
    /// The faults that were in force at that instant, in words.
    pub in_force: Vec<String>,
    /// The last events that concern the nodes in question, oldest first, each with its instant.
    ///
    /// Those are the nodes that the verdict names, or all if it names none. What concerns them is what they do, what is sent to them and what
    /// befalls links; of timers and of tasks only the last event of all is told.
    pub last_events: Vec<String>,
}

impl FailureSummary {
    /// How a recorded run ended; nothing if everything held.
    pub fn of(recording: &Recording) -> Option<Self> {
        let verdict = Verdict::of(&recording.report, &recording.nodes);
        (!verdict.held).then(|| Self {
            in_force: in_force(recording, &verdict),
            last_events: last_events(recording, &verdict),
            verdict: verdict.sentence,
        })
    }
}

/// What was in force and what happened last.
impl fmt::Display for FailureSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, lines) in [("in force then", &self.in_force), ("last events", &self.last_events)] {
            if !lines.is_empty() {
                writeln!(formatter, "      {title}")?;
            }
            lines.iter().try_for_each(|line| writeln!(formatter, "        {line}"))?;
        }
        Ok(())
    }
}

fn last_events(recording: &Recording, verdict: &Verdict) -> Vec<String> {
    let involved: BTreeSet<&Arc<str>> = verdict.nodes.iter().filter_map(|node| recording.nodes.get(node.index())).collect();
    let is_of_links = |event: &Event| {
        matches!(event.kind, EventKind::Event(RecordKind::Cut | RecordKind::Heal | RecordKind::Links | RecordKind::Reseed))
    };
    let concerns = |event: &Event| {
        let is_involved = |name: &Arc<str>| involved.contains(name);
        involved.is_empty() || is_of_links(event) || is_involved(&event.node) || event.peer.as_ref().is_some_and(is_involved)
    };
    let is_inner = |event: &Event| {
        matches!(event.kind, EventKind::Event(RecordKind::Timer | RecordKind::Poll | RecordKind::Spawn | RecordKind::TaskEnd))
    };
    let last = recording.events.last().map(|event| event.index);
    let shown = recording.events.iter().rev().filter(|event| Some(event.index) == last || concerns(event) && !is_inner(event));
    let mut lines: Vec<String> =
        shown.take(EVENTS_TOLD).map(|event| format!("{}  {}", event.at, told(event, &recording.spans))).collect();
    lines.reverse();
    lines
}

fn in_force(recording: &Recording, verdict: &Verdict) -> Vec<String> {
    let spans = recording.spans.iter().filter(|span| span.kind != SpanKind::Empty);
    // No run goes on after its verdict, so nothing begins after it.
    let open = spans.filter(|span| span.until.is_none_or(|until| until > verdict.at));
    open.map(|span| format!("{}  {}", span.from, span.text)).collect()
}
