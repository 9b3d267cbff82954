//! What checks may look at.

use std::any::Any;
use std::cell::Cell;

use cluster_sim_types::{Health, NodeId, Traffic, VirtualInstant};

/// Anything that a [`World`] can be stood over: a live simulation, or a recording.
pub trait Observed {
    /// The present instant.
    fn now(&self) -> VirtualInstant;
    /// How many nodes there are; ids run from 0.
    fn node_count(&self) -> u32;
    /// A node's declared name.
    fn name(&self, node: NodeId) -> &str;
    /// A node's health.
    fn health(&self, node: NodeId) -> Health;
    /// A node's view, of whatever type; nothing for a node that has none now.
    fn view(&self, node: NodeId) -> Option<&dyn Any>;
    /// The fate of every message so far.
    fn traffic(&self) -> Traffic;
}

/// The cluster as a check sees it: read-only, as it stands after a step.
pub struct World<'a> {
    observed: &'a dyn Observed,
    observations_read: Cell<u64>,
}

impl<'a> World<'a> {
    /// The world over a simulation or a recording.
    pub fn new(observed: &'a dyn Observed) -> Self {
        Self { observed, observations_read: Cell::new(0) }
    }

    /// The present instant.
    pub fn now(&self) -> VirtualInstant {
        self.observed.now()
    }

    /// Every node of the cluster, whatever its health.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.observed.node_count()).map(NodeId)
    }

    /// A node's declared name.
    pub fn name(&self, node: NodeId) -> &'a str {
        self.observed.name(node)
    }

    /// The node of that declared name.
    pub fn named(&self, name: &str) -> Option<NodeId> {
        self.nodes().find(|node| self.observed.name(*node) == name)
    }

    /// A node's health.
    pub fn health(&self, node: NodeId) -> Health {
        self.observations_read.set(self.observations_read.get() + 1);
        self.observed.health(node)
    }

    /// The view of one node, if it is of type `V` and the node is up or paused.
    pub fn view<V: 'static>(&self, node: NodeId) -> Option<&'a V> {
        let view = self.observed.view(node)?.downcast_ref();
        self.observations_read.set(self.observations_read.get() + u64::from(view.is_some()));
        view
    }

    /// The views of type `V` of all nodes that are up or paused, in order of id.
    pub fn views<'w, V: 'static>(&'w self) -> impl Iterator<Item = (NodeId, &'a V)> + use<'w, 'a, V> {
        self.nodes().filter_map(|node| Some((node, self.view(node)?)))
    }

    /// The nodes with a view of type `V` for which `predicate` holds, in order of id.
    pub fn nodes_where<V: 'static>(&self, mut predicate: impl FnMut(&V) -> bool) -> Vec<NodeId> {
        self.views().filter(|(_, view)| predicate(view)).map(|(node, _)| node).collect()
    }

    /// The fate of every message so far.
    pub fn traffic(&self) -> Traffic {
        self.observations_read.set(self.observations_read.get() + 1);
        self.observed.traffic()
    }

    /// How many views, states of health and counts of traffic were looked at: a check that looked at nothing proves nothing.
    pub fn observations_read(&self) -> u64 {
        self.observations_read.get()
    }
}
