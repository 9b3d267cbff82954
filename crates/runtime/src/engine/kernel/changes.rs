//! The changes of the present step, for the checks.

use cluster_sim_types::{Change, Fact, NodeId};

use super::Kernel;

/// The changes of a step that are all it has, kept apart from the list, which costs more than they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lone {
    /// There are none, or they are in the list.
    #[default]
    Nothing,
    /// The view of a node, as in most steps.
    View(NodeId),
    /// The disk of a node.
    Disk(NodeId),
    /// The disk of a node, then its view: it took the answer.
    DiskAndView(NodeId),
}

/// The changes of a step, in order.
#[derive(Debug, Default)]
pub(super) struct Changes {
    lone: Lone,
    /// Empty while there are lone changes.
    list: Vec<Change>,
}

impl Changes {
    #[inline(always)]
    fn add(&mut self, change: Change) {
        match change {
            Change::View(node) if self.is_empty() => self.lone = Lone::View(node),
            change => self.add_after(change),
        }
    }

    #[inline(never)]
    fn add_after(&mut self, change: Change) {
        match (change, self.lone) {
            (Change::Disk(node), Lone::Nothing) if self.list.is_empty() => self.lone = Lone::Disk(node),
            (Change::View(node), Lone::Disk(of)) if node == of => self.lone = Lone::DiskAndView(node),
            (change, _) => {
                self.list_lone();
                self.list.push(change);
            }
        }
    }

    fn list_lone(&mut self) {
        let (disk, view) = match std::mem::take(&mut self.lone) {
            Lone::Nothing => return,
            Lone::View(node) => (None, Some(node)),
            Lone::Disk(node) => (Some(node), None),
            Lone::DiskAndView(node) => (Some(node), Some(node)),
        };
        self.list.extend(disk.map(Change::Disk).into_iter().chain(view.map(Change::View)));
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        matches!(self.lone, Lone::Nothing) && self.list.is_empty()
    }

    #[inline(always)]
    fn clear(&mut self) {
        self.lone = Lone::Nothing;
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

    /// Reports a fact of a node.
    ///
    /// Writes it to the log of the run instead, if it is about a call and only read at the end.
    pub fn state(&mut self, node: NodeId, fact: Box<dyn Fact>) {
        let taken = if self.calls.is_open() { self.calls.take(self.now(), node, fact) } else { Err(fact) };
        if let Err(fact) = taken {
            self.change(Change::Fact(node, fact));
        }
    }

    /// Whether anything changed since the last call of [`forget_changes`](Self::forget_changes).
    #[inline(always)]
    pub fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Returns the changes that are apart from the [list](Self::changes).
    ///
    /// Nothing once they were [listed](Self::list_changes).
    #[inline(always)]
    pub fn lone_changes(&self) -> Lone {
        self.changes.lone
    }

    /// Lists lone changes as well, so that [`changes`](Self::changes) returns them.
    pub fn list_changes(&mut self) {
        self.changes.list_lone();
    }

    /// Returns the listed changes in order: all but [lone ones](Self::lone_changes).
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

    fn changed(changes: impl IntoIterator<Item = Change>) -> Changes {
        let mut all = Changes::default();
        changes.into_iter().for_each(|change| all.add(change));
        all
    }

    /// The kinds and nodes of the changes, once all are listed.
    fn listed(mut changes: Changes) -> Vec<(&'static str, NodeId)> {
        changes.list_lone();
        assert_eq!(changes.lone, Lone::Nothing);
        let kind = |change: &Change| if matches!(change, Change::Disk(_)) { "disk" } else { "view" };
        changes.list.iter().map(|change| (kind(change), change.node())).collect()
    }

    #[test]
    fn lone_changes_are_kept_apart_until_they_are_listed() {
        let [node, _] = NODES;
        let view = changed([Change::View(node)]);
        assert_eq!((view.lone, view.list.len(), view.is_empty()), (Lone::View(node), 0, false));
        assert_eq!(listed(view), [("view", node)]);
        let disk = changed([Change::Disk(node)]);
        assert_eq!((disk.lone, disk.list.len(), disk.is_empty()), (Lone::Disk(node), 0, false));
        assert_eq!(listed(disk), [("disk", node)]);
        let both = changed([Change::Disk(node), Change::View(node)]);
        assert_eq!((both.lone, both.list.len()), (Lone::DiskAndView(node), 0));
        assert_eq!(listed(both), [("disk", node), ("view", node)]);
        let mut cleared = changed([Change::View(node)]);
        cleared.clear();
        assert!(cleared.is_empty());
    }

    #[test]
    fn lone_changes_before_others_stay_the_first() {
        let of = |number: usize, node: NodeId| match number {
            0 => (Change::View(node), ("view", node)),
            _ => (Change::Disk(node), ("disk", node)),
        };
        let each = [(0, NODES[0]), (1, NODES[0]), (0, NODES[1]), (1, NODES[1])];
        for first in each {
            for second in each {
                for third in each {
                    let (changes, expected): (Vec<_>, Vec<_>) =
                        [first, second, third].into_iter().map(|(number, node)| of(number, node)).unzip();
                    let changes = changed(changes);
                    assert_eq!(changes.lone, Lone::Nothing, "three are not alone");
                    assert_eq!(listed(changes), expected);
                }
            }
        }
    }
}
