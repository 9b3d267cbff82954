//! Events of a recording.

use std::borrow::Cow;
use std::sync::Arc;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::span::Span;
use crate::event::{EventKind, EventMessage, Parts, sentence_of};

/// An event of a recording: its instant, step, node, task and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The number of events and facts of the run before it.
    pub index: u64,
    /// Its instant, in nanoseconds since the start.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The number of its step, as in [`Violation::step`](cluster_sim_invariants::Violation::step).
    pub step: u64,
    /// The declared name of the node that acted; `cluster` for an event of no node.
    pub node: Arc<str>,
    /// The task that acted, as a path such as `main/answers`; machines have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Arc<str>>,
    /// The event itself.
    pub event: EventKind,
    /// The index in [`Recording::spans`](super::Recording::spans) of the span that begins or ends here.
    ///
    /// None if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<usize>,
    /// Whether this is the first event of its node in a step that may have changed the node's view.
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

    /// The name of its template, and the parts that fill it in.
    pub(crate) fn sentence<'e>(&'e self, spans: &'e [Span]) -> (&'static str, Parts<'e>) {
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
