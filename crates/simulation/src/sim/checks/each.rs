//! A rule about one node.

use std::any::Any;

use cluster_sim_invariants::Verdict;
use cluster_sim_types::NodeId;

use super::view_types::ViewTypes;
use crate::definition::EachTest;
use crate::report::{CheckKind, CheckReport, CheckWork};

/// An `always_each` rule of one run.
pub(super) struct LiveEach {
    pub(super) name: String,
    test: EachTest,
    times_checked: u64,
    pub(super) unknown: Option<String>,
    /// The name of the type of the views that it reads.
    view_type: &'static str,
}

impl LiveEach {
    pub(super) fn new(name: &str, test: &EachTest, view_type: &'static str) -> Self {
        Self { name: name.to_owned(), test: test.clone(), times_checked: 0, unknown: None, view_type }
    }

    /// Asks about a node that a step may have changed; `None` if its view has another type, or the rule holds.
    #[inline]
    pub(super) fn ask(&mut self, node: NodeId, view: &dyn Any) -> Option<Verdict> {
        let verdict = (self.test)(node, view)?;
        self.times_checked += 1;
        if matches!(verdict, Verdict::Holds) { None } else { Some(naming(node, verdict)) }
    }

    pub(super) fn report(&self, published: ViewTypes<'_>) -> CheckReport {
        let blind = || published.without(self.view_type);
        let unknown = if self.times_checked == 0 { Some(blind()) } else { self.unknown.clone() };
        let (name, kind, times_checked) = (self.name.clone(), CheckKind::AlwaysEach, self.times_checked);
        let work = CheckWork { calls: times_checked, skips: 0, views_read: times_checked };
        CheckReport { name, kind, times_checked, unknown, work }
    }
}

/// Puts a node before those that the evidence names.
#[cold]
fn naming(node: NodeId, mut verdict: Verdict) -> Verdict {
    if let Verdict::Violated(evidence) = &mut verdict {
        evidence.nodes.retain(|named| *named != node);
        evidence.nodes.insert(0, node);
    }
    verdict
}
