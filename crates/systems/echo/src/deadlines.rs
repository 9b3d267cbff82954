//! How long each node has been waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_invariants::{NodeId, VirtualInstant};

/// The nodes that must act within a bound, each since an instant.
#[derive(Debug)]
pub(crate) struct Deadlines {
    bound: Duration,
    since: BTreeMap<NodeId, VirtualInstant>,
    /// No bound passes before this instant, so that most changes cost one comparison.
    next: Option<VirtualInstant>,
}

impl Deadlines {
    pub(crate) fn new(bound: Duration) -> Self {
        Self { bound, since: BTreeMap::new(), next: None }
    }

    /// Waits for a node from `since` on.
    pub(crate) fn start(&mut self, node: NodeId, since: VirtualInstant) {
        self.since.insert(node, since);
        let due = since + self.bound;
        self.next = Some(self.next.map_or(due, |next| next.min(due)));
    }

    /// Returns whether the node was waited for.
    pub(crate) fn stop(&mut self, node: NodeId) -> bool {
        self.since.remove(&node).is_some()
    }

    /// Returns a node whose bound has passed, and since when it was waited for.
    ///
    /// Then no node is waited for any more: one report is enough.
    pub(crate) fn overdue(&mut self, now: VirtualInstant) -> Option<(NodeId, VirtualInstant)> {
        if self.next.is_none_or(|next| now <= next) {
            return None;
        }
        let bound = self.bound;
        let overdue = self.since.iter().find(|(_, since)| now > **since + bound).map(|(node, since)| (*node, *since));
        if overdue.is_some() {
            self.since.clear();
        }
        self.next = self.since.values().map(|since| *since + bound).min();
        overdue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> VirtualInstant {
        VirtualInstant::ZERO + Duration::from_millis(milliseconds)
    }

    #[test]
    fn only_a_node_whose_bound_has_passed_is_overdue() {
        let mut deadlines = Deadlines::new(Duration::from_millis(10));
        assert_eq!(deadlines.overdue(at(1_000)), None);
        (1..4).for_each(|node| deadlines.start(NodeId(node), at(100 + u64::from(node))));
        assert!(deadlines.stop(NodeId(1)) && !deadlines.stop(NodeId(1)));
        assert_eq!(deadlines.overdue(at(112)), None);
        assert_eq!(deadlines.overdue(at(113)), Some((NodeId(2), at(102))));
        assert_eq!(deadlines.overdue(at(114)), None);
    }
}
