//! The state of a run as checks see it.

use std::any::Any;

use cluster_sim_invariants::Observed;
use cluster_sim_runtime::Engine;
use cluster_sim_storage::{Disks, ObjectStores};
use cluster_sim_transport::Network;
use cluster_sim_types::{ClockReading, DiskState, Health, NodeId, ObjectState, Traffic, ViewGroup, VirtualInstant};

/// A read-only view of an engine between two steps.
pub(super) struct WorldView<'a> {
    pub(super) engine: &'a Engine,
}

impl Observed for WorldView<'_> {
    fn now(&self) -> VirtualInstant {
        self.engine.core.kernel.now()
    }

    fn node_count(&self) -> u32 {
        self.engine.core.kernel.node_count()
    }

    fn name(&self, node: NodeId) -> &str {
        self.engine.core.kernel.name(node)
    }

    fn health(&self, node: NodeId) -> Health {
        self.engine.core.kernel.health(node)
    }

    fn clock(&self, node: NodeId) -> ClockReading {
        let (local, wall) = self.engine.core.kernel.clocks_of(node);
        ClockReading { local, wall }
    }

    fn view(&self, node: NodeId) -> Option<&dyn Any> {
        self.engine.view(node)
    }

    fn disk(&self, node: NodeId) -> Option<&dyn DiskState> {
        self.engine.core.devices.find::<Disks>().state(node)
    }

    fn objects(&self, node: NodeId) -> Option<&dyn ObjectState> {
        self.engine.core.devices.find::<ObjectStores>().state(node)
    }

    fn traffic(&self) -> Traffic {
        self.engine.core.devices.find::<Network>().traffic()
    }

    fn view_group(&self, index: usize) -> Option<ViewGroup<'_>> {
        self.engine.view_group(index)
    }

    fn view_type(&self, node: NodeId) -> Option<&'static str> {
        self.engine.view_type(node)
    }

    fn group_of(&self, node: NodeId) -> usize {
        self.engine.group_of(node)
    }
}
