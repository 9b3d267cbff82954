//! The types of the views that nodes publish, for rules that asked for another one.

use std::collections::BTreeMap;

use cluster_sim_invariants::Observed;
use cluster_sim_types::NodeId;

/// Types named in one message.
const NAMED: usize = 6;

/// The types of the views that nodes publish, read only when a message names them.
#[derive(Clone, Copy)]
pub(super) struct ViewTypes<'a>(&'a dyn Observed);

impl<'a> ViewTypes<'a> {
    pub(super) fn of(observed: &'a dyn Observed) -> Self {
        Self(observed)
    }

    /// Says that a rule found no view of the type that it asked for, and which types there are.
    pub(super) fn without(self, asked: &str) -> String {
        let types = self.counted();
        if let Some(nodes) = types.get(asked) {
            return format!("no node had a view of `{asked}` when the rule was asked; {} published one", nodes_of(*nodes));
        }
        let all = types.iter().map(|(name, nodes)| format!("`{name}` ({})", nodes_of(*nodes)));
        let more = types.len().saturating_sub(NAMED);
        let rest = (more > 0).then(|| format!("{more} other types"));
        match all.take(NAMED).chain(rest).collect::<Vec<_>>().join(", ") {
            known if known.is_empty() => format!("no node publishes a view of `{asked}`, and none publishes any other"),
            known => format!("no node publishes a view of `{asked}`; the nodes publish {known}"),
        }
    }

    /// The names of the types, each with the number of nodes that publish it.
    fn counted(self) -> BTreeMap<&'static str, u32> {
        let mut types = BTreeMap::new();
        for name in (0..self.0.node_count()).filter_map(|node| self.0.view_type(NodeId(node))) {
            *types.entry(name).or_default() += 1;
        }
        types
    }
}

fn nodes_of(count: u32) -> String {
    if count == 1 { "1 node".to_owned() } else { format!("{count} nodes") }
}
