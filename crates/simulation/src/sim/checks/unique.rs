//! A rule that at most one node has each key.

use cluster_sim_invariants::{Observed, Verdict};
use cluster_sim_types::NodeId;

use crate::definition::{Conflict, Keys, UniqueTest};
use crate::report::{CheckKind, CheckReport};

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

    /// Asks for the keys of nodes that a step may have changed, and compares them with all others.
    #[inline]
    pub(super) fn ask(&mut self, nodes: &[NodeId], observed: &dyn Observed) -> Option<Verdict> {
        if nodes.len() > 1 {
            // A key may move from one of them to another within the step.
            nodes.iter().for_each(|node| self.keys.release(*node));
        }
        let mut broken = None;
        for node in nodes {
            let (was_asked, conflict) = self.keys.update(*node, observed.view(*node));
            self.times_checked += u64::from(was_asked);
            broken = broken.or(conflict);
        }
        broken.map(|conflict| verdict(conflict, observed))
    }

    pub(super) fn report(&self) -> CheckReport {
        let unknown = (self.times_checked == 0).then(|| "no node had a view of the rule's type".to_owned());
        CheckReport { name: self.name.clone(), kind: CheckKind::AlwaysUnique, times_checked: self.times_checked, unknown }
    }
}

#[cold]
fn verdict(conflict: Conflict, observed: &dyn Observed) -> Verdict {
    let Conflict { nodes, key } = conflict;
    let [first, second] = nodes.map(|node| observed.name(node));
    Verdict::violated(nodes, format!("{first} and {second} both have {key}"))
}
