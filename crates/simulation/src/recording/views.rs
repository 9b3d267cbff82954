//! Views of nodes as text: the current one and the one before.

use std::collections::BTreeMap;
use std::sync::Arc;

use cluster_sim_types::{NodeId, VirtualInstant};
use serde::{Deserialize, Serialize};

use crate::event::Names;
use crate::sim::Sim;

/// The last view of a node that a run ended with, and the one before.
///
/// Holds only views whose text is known: those of [`Scenario::show_views`](crate::Scenario::show_views), and numbers, texts and
/// lists of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeView {
    /// The node's declared name.
    pub node: Arc<str>,
    /// The instant since which it showed this view, in nanoseconds since the start.
    #[serde(rename = "since_ns")]
    pub since: VirtualInstant,
    /// The view as text; long ones are truncated.
    pub text: String,
    /// The view before, if there was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// The views of all nodes so far.
#[derive(Debug, Default)]
pub(super) struct Views(BTreeMap<NodeId, NodeView>);

impl Views {
    /// Notes the view of a node after a step that may have changed it.
    pub(super) fn take(&mut self, node: NodeId, at: VirtualInstant, sim: &Sim) {
        let Some(text) = sim.view_text(node) else { return };
        match self.0.get_mut(&node) {
            Some(known) if known.text == text => {}
            Some(known) => {
                known.before = Some(std::mem::replace(&mut known.text, text));
                known.since = at;
            }
            None => {
                self.0.insert(node, NodeView { node: sim.shared_name(node), since: at, text, before: None });
            }
        }
    }

    /// All views, by node number.
    pub(super) fn finish(self) -> Vec<NodeView> {
        self.0.into_values().collect()
    }
}
