//! What each node lived through, as text.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::recording::Recording;

/// The log of each node in virtual time, a line for everything that it did or that happened to it, by its declared name.
///
/// A message is told by the number that [`EventMessage::id`](super::EventMessage::id) gives it, in the logs of both ends.
pub fn node_logs(recording: &Recording) -> BTreeMap<Arc<str>, String> {
    let mut logs: BTreeMap<Arc<str>, String> = recording.nodes.iter().map(|node| (Arc::clone(node), String::new())).collect();
    for event in &recording.events {
        if let Some(log) = logs.get_mut(&event.node) {
            log.push_str(&format!("{}  {}\n", event.at, event.text(&recording.spans)));
        }
    }
    logs
}
