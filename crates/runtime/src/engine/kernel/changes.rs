//! The changes of the present step, for the checks.

use cluster_sim_types::{Change, NodeId};

use super::Kernel;

/// The changes of a step, in order.
///
/// Most steps change the view of one node and nothing else. Such a change is kept apart, in one word, until it is listed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    lone_view: Option<NodeId>,
    /// Empty while there is a lone view.
    list: Vec<Change>,
}

impl Changes {
    #[inline(always)]
    fn add(&mut self, change: Change) {
        match change {
            Change::View(node) if self.is_empty() => self.lone_view = Some(node),
            change => self.add_to_list(change),
        }
    }

    #[inline(never)]
    fn add_to_list(&mut self, change: Change) {
        self.list_lone_view();
        self.list.push(change);
    }

    fn list_lone_view(&mut self) {
        self.list.extend(self.lone_view.take().map(Change::View));
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.lone_view.is_none() && self.list.is_empty()
    }

    #[inline(always)]
    fn clear(&mut self) {
        self.lone_view = None;
        if !self.list.is_empty() {
            self.list.clear();
        }
    }
}

impl Kernel {
    /// Reports a change of the present step.
    #[inline(always)]
    pub fn change(&mut self, change: Change) {
        self.changes.add(change);
    }

    /// Whether anything changed since the last call of [`forget_changes`](Self::forget_changes).
    #[inline(always)]
    pub fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Returns the node whose view is all that changed, unless that change is [listed](Self::list_changes).
    #[inline(always)]
    pub fn lone_view(&self) -> Option<NodeId> {
        self.changes.lone_view
    }

    /// Lists a lone view as well, so that [`changes`](Self::changes) returns it.
    pub fn list_changes(&mut self) {
        self.changes.list_lone_view();
    }

    /// Returns the listed changes in order: all but a [lone view](Self::lone_view).
    #[inline]
    pub fn changes(&self) -> &[Change] {
        &self.changes.list
    }

    /// Forgets all changes.
    #[inline(always)]
    pub fn forget_changes(&mut self) {
        self.changes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: [NodeId; 2] = [NodeId(3), NodeId(1)];

    /// Adds a change of a view for each node, and lists all.
    fn listed(nodes: &[NodeId]) -> Vec<NodeId> {
        let mut changes = Changes::default();
        nodes.iter().for_each(|node| changes.add(Change::View(*node)));
        changes.list_lone_view();
        assert_eq!(changes.lone_view, None);
        changes.list.iter().map(Change::node).collect()
    }

    #[test]
    fn a_lone_view_is_kept_apart_until_it_is_listed() {
        let mut changes = Changes::default();
        changes.add(Change::View(NODES[0]));
        assert_eq!((changes.lone_view, changes.list.len(), changes.is_empty()), (Some(NODES[0]), 0, false));
        assert_eq!(listed(&NODES[..1]), NODES[..1]);
        changes.clear();
        assert!(changes.is_empty());
    }

    #[test]
    fn a_view_before_other_changes_stays_the_first() {
        assert_eq!(listed(&NODES), NODES);
        let mut changes = Changes::default();
        changes.add(Change::View(NODES[0]));
        changes.add(Change::View(NODES[1]));
        assert_eq!((changes.lone_view, changes.list.len()), (None, 2));
        changes.add(Change::View(NODES[0]));
        assert_eq!(changes.lone_view, None, "a view after others is not alone");
    }
}
