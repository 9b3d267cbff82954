//! The sources of state that a world can read.

use std::any::Any;

use cluster_sim_types::{
    ClockReading, DiskState, Health, LocalInstant, NodeId, ObjectState, Traffic, ViewGroup, VirtualInstant, WallTime,
};

/// A source of state for a [`World`](crate::World): a live simulation, or a recording.
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

    /// Returns the disk of a node, also while the node is down; `None` if it never used one.
    fn disk(&self, node: NodeId) -> Option<&dyn DiskState> {
        let _ = node;
        None
    }

    /// Returns the content of the object store that a node serves; `None` if it serves none.
    ///
    /// Also while the node is down.
    fn objects(&self, node: NodeId) -> Option<&dyn ObjectState> {
        let _ = node;
        None
    }

    /// Reads the clocks of a node.
    ///
    /// By default they run true since the start of the run.
    fn clock(&self, node: NodeId) -> ClockReading {
        let _ = node;
        let now = self.now().as_nanoseconds();
        ClockReading { local: LocalInstant::from_nanoseconds(now), wall: WallTime::from_nanoseconds(now) }
    }

    /// Returns the group of nodes at that index, in order of ids.
    ///
    /// By default all nodes are one group without a table.
    fn view_group(&self, index: usize) -> Option<ViewGroup<'_>> {
        (index == 0).then(|| ViewGroup { first: NodeId(0), count: self.node_count(), table: None })
    }

    /// Returns the name of the type of a node's views; `None` if it published none, or that is unknown.
    ///
    /// For reports about rules that ask for views of another type.
    fn view_type(&self, node: NodeId) -> Option<&'static str> {
        let _ = node;
        None
    }

    /// Returns the index of a node's group.
    fn group_of(&self, node: NodeId) -> usize {
        let _ = node;
        0
    }
}
