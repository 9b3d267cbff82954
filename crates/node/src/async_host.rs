//! Runs async nodes in a simulation, as hosts of the kernel.

use std::any::Any;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use cluster_sim_runtime::{Core, DeviceKey, Devices, Host, Life, NewLife, Step, Wake, enter};
use cluster_sim_transport::Network;

use crate::boot::Boot;
use crate::node::{Node, SimulatedContext, Twin};
use crate::node_info::NodeInfo;

/// The main function of an async node, from boot until it returns or the node crashes.
pub type Main = Pin<Box<dyn Future<Output = ()>>>;

/// Starts a node's main function, when the run starts and again after every crash.
pub type MainFactory = Arc<dyn Fn(Node) -> Main + Send + Sync>;

/// Hosts one async node. Its tasks live in the kernel, which polls them.
pub struct AsyncHost {
    main: MainFactory,
    boot: Boot,
    network: DeviceKey<Network>,
    site: &'static Location<'static>,
}

impl AsyncHost {
    /// Creates hosts for `infos` that run `main`, declared at `site`. The network is registered already.
    pub fn of_group(
        infos: Vec<NodeInfo>,
        main: &MainFactory,
        site: &'static Location<'static>,
        devices: &mut Devices,
    ) -> Vec<Box<dyn Host>> {
        let network = devices.key();
        let transport: &mut Network = devices.get_mut(network);
        infos.iter().for_each(|info| transport.run_tasks(info.id()));
        let host = |info| Self { main: Arc::clone(main), boot: Boot::before_first_life(info), network, site };
        infos.into_iter().map(|info| Box::new(host(info)) as Box<dyn Host>).collect()
    }
}

impl Host for AsyncHost {
    fn boot(&mut self, life: NewLife) {
        self.boot.begin(life);
    }

    fn step(&mut self, wake: Wake, step: Step<'_>) {
        debug_assert_eq!(wake, Wake::Start, "all later events wake tasks, not the host");
        let life = Life::of(step.core, step.node);
        let node = Node::new(self.boot.clone(), Twin::Simulated(SimulatedContext { life, network: self.network }));
        let main = enter(step.core, step.node, || (self.main)(node));
        step.core.kernel.spawn_root(step.node, self.site, main);
    }

    fn call(&mut self, _request: &mut dyn Any, _step: Step<'_>) -> Result<(), &'static str> {
        Err("handle that it exposed: use `Sim::with_node`")
    }

    fn crash(&mut self) {}

    fn view<'a>(&'a self, core: &'a Core) -> Option<&'a dyn Any> {
        core.kernel.view(self.boot.id())
    }
}
