//! Access of object stores and their clients to the simulation of a node.

#[cfg(all(feature = "test-utils", feature = "object-store"))]
use cluster_sim_runtime::try_entered;
#[cfg(feature = "test-utils")]
use cluster_sim_runtime::{Core, Kernel};
#[cfg(feature = "test-utils")]
use cluster_sim_storage::ObjectStores;

use super::{Node, Twin};

impl Node {
    /// Runs `act` on the object stores; `None` once the life is over, and on tokio.
    #[cfg(feature = "test-utils")]
    pub(crate) fn on_objects<T>(&self, act: impl FnOnce(&mut ObjectStores, &mut Kernel) -> T) -> Option<T> {
        match self.twin {
            Twin::Simulated(sim) => sim.life.act(|Core { kernel, devices }| act(devices.get_mut(sim.objects), kernel)),
            #[cfg(feature = "tokio")]
            Twin::Real(_) => None,
        }
    }

    /// Whether code of this node's life runs, so that its methods work.
    #[cfg(feature = "object-store")]
    pub(crate) fn is_running(&self) -> bool {
        match self.twin {
            #[cfg(feature = "test-utils")]
            Twin::Simulated(sim) => try_entered(|core| sim.life.goes_on(core)).unwrap_or(false),
            #[cfg(feature = "tokio")]
            Twin::Real(_) => true,
        }
    }
}
