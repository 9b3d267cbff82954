//! The part of a [`World`](crate::World) that a rule read, so that it is asked again only when some of that changed.

use cluster_sim_types::NodeId;

/// The part of a world that a rule read in one call.
///
/// A rule is a function of what it reads: unless the next step touched some of that, the rule reads the same again and comes to
/// the same verdict. The sets may hold more than was read, never less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reads {
    /// Views that were there to read.
    views: u64,
    /// Healths, and readings of the traffic.
    others: u64,
    /// The nodes of which a view or the health was read, by id modulo 64.
    nodes: u64,
    /// Whether something was read that each step changes: the instant, the traffic, or what the step changed.
    each_step: bool,
}

impl Reads {
    /// Returns the number of views read.
    pub fn views(&self) -> u64 {
        self.views
    }

    /// Whether no view, no health and no traffic was read; a rule that reads none of them proves nothing.
    pub fn is_empty(&self) -> bool {
        self.views + self.others == 0
    }

    /// Whether a step that touched these nodes may have changed any of what was read.
    #[inline]
    pub fn meet(&self, touched: Touched) -> bool {
        self.each_step || self.nodes & touched.nodes != 0
    }

    #[inline]
    pub(crate) fn of_view(&mut self, node: NodeId, is_there: bool) {
        self.views += u64::from(is_there);
        self.nodes |= bit(node);
    }

    pub(crate) fn of_health(&mut self, node: NodeId) {
        self.others += 1;
        self.nodes |= bit(node);
    }

    pub(crate) fn of_traffic(&mut self) {
        self.others += 1;
        self.each_step = true;
    }

    #[inline]
    pub(crate) fn of_each_step(&mut self) {
        self.each_step = true;
    }
}

/// The nodes that a step may have changed, as a set that may hold more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Touched {
    /// By id modulo 64.
    nodes: u64,
}

impl FromIterator<NodeId> for Touched {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        Self { nodes: nodes.into_iter().fold(0, |touched, node| touched | bit(node)) }
    }
}

#[inline]
fn bit(node: NodeId) -> u64 {
    1 << (node.0 % 64)
}
