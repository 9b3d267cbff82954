//! The simulated twin of whatever runs async nodes: a host of the kernel.

use std::any::Any;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use cluster_sim_runtime::{Core, DeviceId, Devices, Entropy, Host, Life, Step, Wake, enter};
use cluster_sim_transport::Network;
use cluster_sim_types::Incarnation;

use crate::node::{Node, Place, Twin};
use crate::node_info::NodeInfo;

/// What runs on an async node from its boot until it returns or crashes.
pub type Main = Pin<Box<dyn Future<Output = ()>>>;

/// Begins a node's main function, at the start of a run and again after every crash.
pub type MainFactory = Arc<dyn Fn(Node) -> Main + Send + Sync>;

/// A host for one async node. Its tasks live in the kernel, which polls them.
pub struct AsyncHost {
    main: MainFactory,
    seat: NodeInfo,
    entropy: Entropy,
    network: DeviceId,
    site: &'static Location<'static>,
}

impl AsyncHost {
    /// Hosts for the nodes of these seats, which run `main` (declared at `site`) and speak over the network registered as `network`.
    pub fn of_group(
        seats: Vec<NodeInfo>,
        main: &MainFactory,
        network: DeviceId,
        site: &'static Location<'static>,
        devices: &mut Devices,
    ) -> Vec<Box<dyn Host>> {
        let speaking = devices.get_mut::<Network>(network);
        seats.iter().for_each(|seat| speaking.run_tasks(seat.id()));
        let host = |seat| Self { main: Arc::clone(main), seat, entropy: Entropy::from_key(0), network, site };
        seats.into_iter().map(|seat| Box::new(host(seat)) as Box<dyn Host>).collect()
    }
}

impl Host for AsyncHost {
    fn boot(&mut self, incarnation: Incarnation, entropy: Entropy) {
        self.seat = self.seat.clone().in_life(incarnation);
        self.entropy = entropy;
    }

    fn step(&mut self, wake: Wake, step: Step<'_>) {
        debug_assert_eq!(wake, Wake::Start, "what an async node waits for wakes its tasks");
        let life = Life::of(step.core, step.node);
        let node = Node::new(self.seat.clone(), self.entropy, Twin::Simulated(Place { life, network: self.network }));
        let main = enter(step.core, step.node, || (self.main)(node));
        step.core.kernel.spawn_root(step.node, self.site, main);
    }

    fn call(&mut self, _request: &mut dyn Any, _step: Step<'_>) -> Result<(), &'static str> {
        Err("handle that it exposed: use `Sim::with_node`")
    }

    fn crash(&mut self) {}

    fn view<'a>(&'a self, core: &'a Core) -> Option<&'a dyn Any> {
        core.kernel.view(self.seat.id())
    }
}
