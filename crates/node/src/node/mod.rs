//! The handle that async code of a node is written against.

// Without a twin there is no node, and the methods have nothing to do with what they are given.
#![cfg_attr(
    not(any(feature = "test-utils", feature = "tokio")),
    expect(unused_variables, unused_imports, unused_mut, unreachable_code, dead_code, reason = "a node without a twin cannot be")
)]

mod chance;
mod observe;
mod port;
mod session;
mod tasks;
mod time;

use std::fmt;
use std::sync::{Arc, OnceLock};

use cluster_sim_runtime::Entropy;
#[cfg(feature = "test-utils")]
use cluster_sim_runtime::{Core, DeviceId, Kernel, Life, try_entered};
#[cfg(feature = "test-utils")]
use cluster_sim_transport::Network;
use cluster_sim_types::{Incarnation, NodeId, Region, Shard};

pub use port::{Port, Recv};
pub use session::{Listener, Session};
pub use tasks::{JoinError, JoinHandle, yield_now};
pub use time::{Elapsed, Interval, Sleep};

use crate::node_info::NodeInfo;
#[cfg(feature = "tokio")]
use crate::real::NodeContext;

/// A node, as the async code that runs on it sees it: its clock, its tasks, its chance, its ports.
///
/// One concrete type with a simulated and a real twin, so that the same `async fn run(node: Node)` runs in both. Cheap to clone, and
/// `Send + Sync + 'static` in both.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_node::{Node, channel, select};
///
/// /// Tells its peers the highest number it heard of, ten times a second.
/// async fn run(node: Node) {
///     let port = node.bind::<u64>("numbers");
///     let (found, mut finds) = channel::<u64>("finds", 8);
///     let searching = node.clone();
///     drop(node.spawn_named("search", async move {
///         loop {
///             searching.sleep(Duration::from_secs(1)).await;
///             if found.send(searching.draw().below(1_000)).await.is_err() {
///                 return;
///             }
///         }
///     }));
///     let mut highest = 0;
///     let mut ticks = node.interval(Duration::from_millis(100));
///     loop {
///         select! {
///             heard = port.receive() => highest = highest.max(heard.message),
///             Some(find) = finds.receive() => highest = highest.max(find),
///             _ = ticks.tick() => port.broadcast(highest),
///         }
///         node.view(|seen: &mut u64| *seen = highest);
///     }
/// }
/// ```
///
/// In the simulation it belongs to one life of the node: once that is over, by a crash or by the return of the node's main function, every
/// call is inert. It works in the code of its own simulation's nodes and nowhere else: what a test wants of a node it does with `Sim::with_node`.
#[derive(Clone)]
pub struct Node {
    home: Arc<Home>,
    twin: Twin,
}

/// What a node knows of itself, the same for a whole life.
struct Home {
    seat: NodeInfo,
    /// Listed when it is asked for: in a large group a list a node would outweigh all else.
    peers: OnceLock<Vec<NodeId>>,
    entropy: Entropy,
}

/// Where a node runs.
#[derive(Clone)]
pub(crate) enum Twin {
    /// In a simulation.
    #[cfg(feature = "test-utils")]
    Simulated(Place),
    /// On tokio.
    #[cfg(feature = "tokio")]
    Real(Arc<NodeContext>),
}

/// Which life of which simulation, and its network.
#[cfg(feature = "test-utils")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) life: Life,
    pub(crate) network: DeviceId,
}

#[cfg(feature = "test-utils")]
impl Place {
    /// Does something with the network in this life; nothing once it is over.
    ///
    /// # Panics
    /// If no code of this simulation's nodes runs now.
    #[inline]
    #[track_caller]
    pub(crate) fn act<T>(self, act: impl FnOnce(&mut Network, &mut Kernel) -> T) -> Option<T> {
        self.life.act(|Core { kernel, devices }| act(devices.get_mut(self.network), kernel))
    }

    /// Puts something of the network in order as a handle is dropped. Elsewhere it ends with the life of its node.
    #[inline]
    pub(crate) fn tidy(self, tidy: impl FnOnce(&mut Network, &mut Kernel)) {
        try_entered(|core| {
            if self.life.goes_on(core) {
                tidy(core.devices.get_mut(self.network), &mut core.kernel);
            }
        });
    }
}

impl Node {
    pub(crate) fn new(seat: NodeInfo, entropy: Entropy, twin: Twin) -> Self {
        Self { home: Arc::new(Home { seat, peers: OnceLock::new(), entropy }), twin }
    }

    /// Its number in the cluster.
    pub fn id(&self) -> NodeId {
        self.home.seat.id()
    }

    /// Its declared name: group and index, `edge/1`.
    pub fn name(&self) -> &str {
        self.home.seat.name()
    }

    /// Its index within its group.
    pub fn index(&self) -> u32 {
        self.home.seat.index()
    }

    /// The region it stands in; 0 where none was declared.
    pub fn region(&self) -> Region {
        self.home.seat.region()
    }

    /// The shard it keeps; 0 where none was declared.
    pub fn shard(&self) -> Shard {
        self.home.seat.shard()
    }

    /// Which life this is.
    pub fn incarnation(&self) -> Incarnation {
        self.home.seat.incarnation()
    }

    /// The nodes it works with: the others of its group and shard, in order of id.
    pub fn peers(&self) -> &[NodeId] {
        self.home.peers.get_or_init(|| self.home.seat.peers())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Node").field("id", &self.id()).field("name", &self.name()).finish_non_exhaustive()
    }
}
