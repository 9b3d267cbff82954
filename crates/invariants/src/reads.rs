//! The part of a [`World`](crate::World) that a rule read, so that it is asked again only when some of that changed.

use std::any::type_name;
use std::cell::Cell;

use cluster_sim_types::NodeId;

/// The part of a world that a rule read in one call.
///
/// A rule is a function of what it reads: unless the next step touched some of that, the rule reads the same again and comes to
/// the same verdict. The sets may hold more than was read, never less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reads {
    /// Views that were there to read.
    views: u64,
    /// Healths, disks, and readings of the traffic.
    others: u64,
    /// The nodes of which the view, the health or the disk was read by name, by [`node_bit`].
    nodes: u64,
    /// The groups of which views were read in turn, by [`group_bit`].
    groups: u64,
    /// Whether something was read that each step changes: the instant, the traffic, or what the step changed.
    each_step: bool,
}

impl Reads {
    /// Returns the number of views read.
    pub fn views(&self) -> u64 {
        self.views
    }

    /// Whether no view, health, disk or traffic was read; a rule that reads none of them proves nothing.
    pub fn is_empty(&self) -> bool {
        self.views + self.others == 0
    }

    /// Whether a step that touched these nodes may have changed any of what was read.
    #[inline]
    pub fn meet(&self, touched: Touched) -> bool {
        self.each_step || (self.nodes & touched.nodes) | (self.groups & touched.groups) != 0
    }

    #[inline]
    pub(crate) fn with_view(self, node: NodeId, is_there: bool) -> Self {
        Self { views: self.views + u64::from(is_there), nodes: self.nodes | node_bit(node), ..self }
    }

    #[inline]
    pub(crate) fn with_group(self, group: usize) -> Self {
        Self { groups: self.groups | group_bit(group), ..self }
    }

    #[inline]
    pub(crate) fn with_views(self, count: u64) -> Self {
        Self { views: self.views + count, ..self }
    }

    pub(crate) fn with_health(self, node: NodeId) -> Self {
        Self { others: self.others + 1, nodes: self.nodes | node_bit(node), ..self }
    }

    pub(crate) fn with_disk(self, node: NodeId) -> Self {
        // A step that touches the disk touches the node.
        self.with_health(node)
    }

    pub(crate) fn with_objects(self, node: NodeId) -> Self {
        // As of a disk: a request is served in a step of the node, and a change by itself names it.
        self.with_health(node)
    }

    pub(crate) fn with_traffic(self) -> Self {
        Self { others: self.others + 1, each_step: true, ..self }
    }

    /// A clock advances with every step.
    pub(crate) fn with_clock(self) -> Self {
        self.with_traffic()
    }

    #[inline]
    pub(crate) fn of_each_step(self) -> Self {
        Self { each_step: true, ..self }
    }
}

/// The nodes that a step may have changed and their groups, as sets that may hold more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Touched {
    /// By [`node_bit`].
    nodes: u64,
    /// By [`group_bit`].
    groups: u64,
}

impl Touched {
    /// Adds a node of the group with this index.
    #[inline]
    pub fn add(&mut self, node: NodeId, group: usize) {
        self.nodes |= node_bit(node);
        self.groups |= group_bit(group);
    }
}

/// A bit for each node of a small cluster; in a large one several nodes share a bit.
#[inline]
fn node_bit(node: NodeId) -> u64 {
    1 << (node.0 % 64)
}

/// A bit for each of the first 63 groups, and one for all others.
#[inline]
fn group_bit(group: usize) -> u64 {
    1 << group.min(63)
}

/// Notes that there was no view of type `V`.
#[cold]
pub(crate) fn note_missing<V>(missing: &Cell<Option<&'static str>>) {
    missing.set(Some(type_name::<V>()));
}
