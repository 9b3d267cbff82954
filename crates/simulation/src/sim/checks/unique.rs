//! A rule that at most one node has each key.

use std::any::Any;

use cluster_sim_invariants::{Observed, Verdict};
use cluster_sim_types::NodeId;

use super::view_types::ViewTypes;
use crate::definition::{Conflict, Keys, UniqueTest};
use crate::report::{CheckKind, CheckReport, CheckWork};

/// An `always_unique` rule of one run.
pub(super) struct LiveUnique {
    pub(super) name: String,
    keys: Box<dyn Keys>,
    times_checked: u64,
}

impl LiveUnique {
    pub(super) fn new(name: &str, test: &UniqueTest) -> Self {
        Self { name: name.to_owned(), keys: test(), times_checked: 0 }
    }

    /// Frees the keys of nodes that change in one step, since a key may move from one of them to another.
    pub(super) fn release(&mut self, nodes: &[NodeId]) {
        nodes.iter().for_each(|node| self.keys.release(*node));
    }

    /// Asks for the key of a node that a step may have changed, and compares it with all others.
    #[inline]
    pub(super) fn ask(&mut self, node: NodeId, view: Option<&dyn Any>, observed: &dyn Observed) -> Option<Verdict> {
        let (was_asked, conflict) = self.keys.update(node, view);
        self.times_checked += u64::from(was_asked);
        conflict.map(|conflict| verdict(conflict, observed))
    }

    pub(super) fn report(&self, published: ViewTypes<'_>) -> CheckReport {
        let unknown = (self.times_checked == 0).then(|| published.without(self.keys.view_type()));
        let (name, kind, times_checked) = (self.name.clone(), CheckKind::AlwaysUnique, self.times_checked);
        let work = CheckWork { calls: times_checked, skips: 0, views_read: times_checked };
        CheckReport { name, kind, times_checked, unknown, work }
    }
}

#[cold]
fn verdict(conflict: Conflict, observed: &dyn Observed) -> Verdict {
    let Conflict { nodes, key } = conflict;
    let [first, second] = nodes.map(|node| observed.name(node));
    Verdict::violated(nodes, format!("{first} and {second} both have {key}"))
}
