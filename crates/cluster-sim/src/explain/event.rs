//! One event of a recording.

use std::borrow::Cow;
use std::sync::Arc;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::spans::Span;
use crate::event::{EventKind, EventMessage, Parts, sentence_of};

/// One event of a recording: when, in which step, on which node, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// How many events and facts of the run came before it.
    pub index: u64,
    /// Its instant, in nanoseconds since the start.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The steps taken by the end of its step; a violation names one of these numbers.
    pub step: u64,
    /// The declared name of the node that acted; `cluster` for an event of no node.
    pub node: Arc<str>,
    /// The task that acted, by its path below the node's main task; machines have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Arc<str>>,
    /// What happened.
    pub event: EventKind,
    /// The place in [`Recording::spans`](super::Recording::spans) of what began or ended with it, if exactly one thing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<usize>,
    /// Whether the step that begins with this event may have changed the node's view.
    #[serde(default, skip_serializing_if = "is_false")]
    pub view_changed: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Event {
    /// The message of the event, if it is about one.
    pub fn message(&self) -> Option<&EventMessage> {
        self.event.message()
    }

    /// The other node of the event, if there is one.
    pub fn peer(&self) -> Option<&Arc<str>> {
        self.event.peer()
    }

    /// The name of its sentence, and the parts that it names.
    pub(super) fn sentence<'e>(&'e self, spans: &'e [Span]) -> (&'static str, Parts<'e>) {
        let span = self.span.and_then(|index| spans.get(index));
        let mut parts = Parts::of(&self.event, &self.node, self.task.as_deref());
        parts.span = span.map_or(Cow::Borrowed(""), |span| Cow::Borrowed(&span.text));
        (sentence_of(&self.event, span.map(|span| span.from == self.at)), parts)
    }

    /// The event as a sentence, without its instant.
    pub(super) fn text(&self, spans: &[Span]) -> String {
        let (name, parts) = self.sentence(spans);
        parts.sentence(name)
    }
}
