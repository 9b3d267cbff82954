//! The read-only view of a cluster that checks inspect.

use std::any::Any;
use std::cell::Cell;

use cluster_sim_types::{Health, NodeId, Traffic, VirtualInstant};

/// A source of state for a [`World`]: a live simulation, or a recording.
pub trait Observed {
    /// Returns the present instant.
    fn now(&self) -> VirtualInstant;
    /// Returns the number of nodes; ids run from 0.
    fn node_count(&self) -> u32;
    /// Returns a node's declared name.
    fn name(&self, node: NodeId) -> &str;
    /// Returns a node's health.
    fn health(&self, node: NodeId) -> Health;
    /// Returns a node's view, of any type; `None` if it has none at present.
    fn view(&self, node: NodeId) -> Option<&dyn Any>;
    /// Returns the fate of every message so far.
    fn traffic(&self) -> Traffic;
}

/// The cluster as a check sees it: read-only, after a step.
pub struct World<'a> {
    observed: &'a dyn Observed,
    observations_read: Cell<u64>,
}

impl<'a> World<'a> {
    /// Reads a simulation or a recording.
    pub fn new(observed: &'a dyn Observed) -> Self {
        Self { observed, observations_read: Cell::new(0) }
    }

    /// Returns the present instant.
    pub fn now(&self) -> VirtualInstant {
        self.observed.now()
    }

    /// Iterates over every node, in any health, in order of id.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.observed.node_count()).map(NodeId)
    }

    /// Returns a node's declared name.
    pub fn name(&self, node: NodeId) -> &'a str {
        self.observed.name(node)
    }

    /// Finds a node by its declared name.
    pub fn named(&self, name: &str) -> Option<NodeId> {
        self.nodes().find(|node| self.observed.name(*node) == name)
    }

    /// Returns a node's health.
    pub fn health(&self, node: NodeId) -> Health {
        self.observations_read.set(self.observations_read.get() + 1);
        self.observed.health(node)
    }

    /// Returns a node's view if it has type `V` and the node is up or paused.
    pub fn view<V: 'static>(&self, node: NodeId) -> Option<&'a V> {
        let view = self.observed.view(node)?.downcast_ref();
        self.observations_read.set(self.observations_read.get() + u64::from(view.is_some()));
        view
    }

    /// Iterates over the views of type `V` of nodes that are up or paused, in order of id.
    pub fn views<'w, V: 'static>(&'w self) -> impl Iterator<Item = (NodeId, &'a V)> + use<'w, 'a, V> {
        self.nodes().filter_map(|node| Some((node, self.view(node)?)))
    }

    /// Lists the nodes whose view of type `V` satisfies `predicate`, in order of id.
    pub fn nodes_where<V: 'static>(&self, mut predicate: impl FnMut(&V) -> bool) -> Vec<NodeId> {
        self.views().filter(|(_, view)| predicate(view)).map(|(node, _)| node).collect()
    }

    /// Returns the fate of every message so far.
    pub fn traffic(&self) -> Traffic {
        self.observations_read.set(self.observations_read.get() + 1);
        self.observed.traffic()
    }

    /// Counts the views, healths and traffic read so far; a check that reads none proves nothing.
    pub fn observations_read(&self) -> u64 {
        self.observations_read.get()
    }
}
