//! Runs async nodes in a simulation, as hosts of the kernel.

use std::any::Any;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use cluster_sim_runtime::{Core, DeviceKey, Devices, Hosts, Life, NewLife, Step, Wake, enter};
use cluster_sim_storage::{DiskImage, Disks, ObjectStores};
use cluster_sim_transport::Network;
use cluster_sim_types::NodeId;

use crate::boot::Boot;
use crate::node::{Node, SimulatedContext, Twin};
use crate::node_info::NodeInfo;

/// The main function of an async node, from boot until it returns or the node crashes.
pub type Main = Pin<Box<dyn Future<Output = ()>>>;

/// Starts a node's main function, when the run starts and again after every crash.
pub type MainFactory = Arc<dyn Fn(Node) -> Main + Send + Sync>;

/// Hosts the async nodes of a group. Their tasks live in the kernel, which polls them.
pub struct AsyncGroup {
    main: MainFactory,
    boots: Vec<Boot>,
    /// The node at place 0.
    first: NodeId,
    network: DeviceKey<Network>,
    disks: DeviceKey<Disks>,
    objects: DeviceKey<ObjectStores>,
    site: &'static Location<'static>,
}

impl AsyncGroup {
    /// Creates hosts for `infos` that run `main`, declared at `site`. The network is registered already.
    pub fn new(infos: Vec<NodeInfo>, main: &MainFactory, site: &'static Location<'static>, devices: &mut Devices) -> Self {
        let (network, disks, objects) = (devices.key(), devices.key(), devices.key());
        let transport: &mut Network = devices.get_mut(network);
        infos.iter().for_each(|info| transport.run_tasks(info.id()));
        let first = infos.first().map_or(NodeId(0), NodeInfo::id);
        let boots = infos.into_iter().map(Boot::before_first_life).collect();
        Self { main: Arc::clone(main), boots, first, network, disks, objects, site }
    }
}

impl Hosts for AsyncGroup {
    fn boot(&mut self, place: usize, life: NewLife, _core: &Core) {
        self.boots[place].begin(life, DiskImage::default());
    }

    fn step(&mut self, place: usize, wake: Wake, step: Step<'_>) {
        debug_assert_eq!(wake, Wake::Start, "all later events wake tasks, not the host");
        let life = Life::of(step.core, step.node);
        let node = Node::new(
            self.boots[place].clone(),
            Twin::Simulated(SimulatedContext { life, network: self.network, disks: self.disks, objects: self.objects }),
        );
        let main = enter(step.core, step.node, || (self.main)(node));
        step.core.kernel.spawn_root(step.node, self.site, main);
    }

    fn call(&mut self, _place: usize, _request: &mut dyn Any, _step: Step<'_>) -> Result<(), Option<&'static str>> {
        Err(None)
    }

    fn crash(&mut self, _place: usize) {}

    fn view<'a>(&'a self, place: usize, core: &'a Core) -> Option<&'a dyn Any> {
        core.kernel.view(NodeId(self.first.0 + place as u32))
    }

    fn view_type(&self, place: usize, core: &Core) -> Option<&'static str> {
        core.kernel.view_type(NodeId(self.first.0 + place as u32))
    }
}
