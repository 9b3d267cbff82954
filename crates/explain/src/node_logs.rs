//! Logs of single nodes, as text.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_simulation::Recording;

/// The log of each node, by declared name: a line for each of its events, with the instant.
///
/// A message has the same number in the logs of both ends: [`EventMessage::id`](cluster_sim_simulation::EventMessage::id).
pub fn node_logs(recording: &Recording) -> BTreeMap<Arc<str>, String> {
    let mut logs: BTreeMap<Arc<str>, String> = recording.nodes.iter().map(|node| (Arc::clone(node), String::new())).collect();
    for event in &recording.events {
        if let Some(log) = logs.get_mut(&event.node) {
            log.push_str(&format!("{}  {}\n", event.at, recording.text_of(event)));
        }
    }
    logs
}
