//! The [`Node`] handle of async code, and everything it creates: tasks, sleeps, ports, sessions.

// Without a twin no node can be created, so the methods leave their arguments unused.
#![cfg_attr(
    not(any(feature = "test-utils", feature = "tokio")),
    expect(
        unused_variables,
        unused_imports,
        unused_mut,
        unreachable_code,
        dead_code,
        reason = "without a twin no node can be created"
    )
)]

mod call;
mod disk;
mod failpoint;
mod file;
mod journal;
#[cfg(any(feature = "test-utils", feature = "object-store"))]
mod objects;
mod observe;
mod port;
mod random;
mod session;
mod stop;
mod tasks;
mod time;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::{Core, DeviceKey, Kernel, Life, try_entered};
#[cfg(feature = "test-utils")]
use cluster_sim_storage::{Disks, ObjectStores};
#[cfg(feature = "test-utils")]
use cluster_sim_transport::Network;
use cluster_sim_types::{Incarnation, NodeId, Rack, Region, Shard, Zone};

pub use call::Call;
pub use disk::Disk;
pub use file::File;
pub use journal::Journal;
pub use port::{Port, Recv};
pub use session::{Listener, Session};
pub use tasks::{JoinError, JoinHandle, yield_now};
pub use time::{Elapsed, Interval, MissedTickBehavior, Sleep};

use crate::boot::Boot;
#[cfg(feature = "tokio")]
use crate::real_node::NodeContext;

/// The handle of async node code: clock, tasks, random numbers, ports, sessions and reports to checks.
///
/// One concrete type with a simulated and a real twin, so one `async fn run(node: Node)` runs in both. Cheap to clone, and
/// `Send + Sync + 'static`.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_node::{Node, channel, select};
///
/// /// Sends its peers the highest number it knows, ten times a second.
/// async fn run(node: Node) {
///     let port = node.bind::<u64>("numbers");
///     let (found, mut finds) = channel::<u64>("finds", 8);
///     let searching = node.clone();
///     drop(node.spawn_named("search", async move {
///         loop {
///             searching.sleep(Duration::from_secs(1)).await;
///             if found.send(searching.random().below(1_000)).await.is_err() {
///                 return;
///             }
///         }
///     }));
///     let mut highest = 0;
///     let mut ticks = node.interval(Duration::from_millis(100));
///     loop {
///         select! {
///             received = port.recv() => highest = highest.max(received.message),
///             Some(find) = finds.recv() => highest = highest.max(find),
///             _ = ticks.tick() => port.broadcast(highest),
///         }
///         node.publish(|view: &mut u64| *view = highest);
///     }
/// }
/// ```
///
/// # Life
///
/// A node belongs to one life of its node. The life ends when the main function returns, on a crash (simulated), or when its
/// `TokioNode` is stopped or dropped (real). From then on every call does nothing, and futures that would start something new
/// never resolve.
///
/// # Where it works
///
/// The simulated twin works only in code that its own simulation runs: the node's tasks, and closures passed to `Sim::with_node`.
/// Elsewhere a method that needs the simulation panics with a message that names `Sim::with_node`. The real twin works on any
/// thread.
#[derive(Clone)]
pub struct Node {
    inner: Arc<Inner>,
    twin: Twin,
}

/// The constants of one life.
struct Inner {
    boot: Boot,
    /// Collected on first use: in a large group one list per node would outweigh everything else.
    peers: OnceLock<Vec<NodeId>>,
    /// How many calls were invoked.
    calls: AtomicU64,
}

/// The twin that a node belongs to.
#[derive(Clone)]
pub(crate) enum Twin {
    #[cfg(feature = "test-utils")]
    Simulated(SimulatedContext),
    #[cfg(feature = "tokio")]
    Real(Arc<NodeContext>),
}

/// The life of a simulated node, and its network.
#[cfg(feature = "test-utils")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimulatedContext {
    pub(crate) life: Life,
    pub(crate) network: DeviceKey<Network>,
    pub(crate) disks: DeviceKey<Disks>,
    pub(crate) objects: DeviceKey<ObjectStores>,
}

#[cfg(feature = "test-utils")]
impl SimulatedContext {
    /// Runs `act` on the network; `None` once the life is over.
    ///
    /// # Panics
    /// If no code of this simulation's nodes is running.
    #[inline]
    #[track_caller]
    pub(crate) fn act<T>(self, act: impl FnOnce(&mut Network, &mut Kernel) -> T) -> Option<T> {
        self.life.act(|Core { kernel, devices }| act(devices.get_mut(self.network), kernel))
    }

    /// Runs `cleanup` on the network when a handle is dropped.
    ///
    /// Does nothing outside of the simulation or once the life is over: the end of the life has already released everything.
    #[inline]
    pub(crate) fn cleanup(self, cleanup: impl FnOnce(&mut Network, &mut Kernel)) {
        try_entered(|core| {
            if self.life.goes_on(core) {
                cleanup(core.devices.get_mut(self.network), &mut core.kernel);
            }
        });
    }
}

#[cfg(feature = "test-utils")]
impl SimulatedContext {
    /// As [`cleanup`](Self::cleanup), on the disks.
    pub(crate) fn cleanup_disk(self, cleanup: impl FnOnce(&mut Disks, &mut Kernel)) {
        try_entered(|core| {
            if self.life.goes_on(core) {
                cleanup(core.devices.get_mut(self.disks), &mut core.kernel);
            }
        });
    }
}

/// Calls the real twin out of line.
///
/// A call of the simulated twin takes tens of instructions, and would else save registers for the other one.
#[cfg(feature = "tokio")]
#[cold]
#[inline(never)]
fn cold<T>(call: impl FnOnce() -> T) -> T {
    call()
}

impl Node {
    pub(crate) fn new(boot: Boot, twin: Twin) -> Self {
        Self { inner: Arc::new(Inner { boot, peers: OnceLock::new(), calls: AtomicU64::new(0) }), twin }
    }

    /// Returns the node's number in the cluster, counted in order of declaration.
    pub fn id(&self) -> NodeId {
        self.inner.boot.id()
    }

    /// Returns the declared name: group and index, such as `edge/1`.
    pub fn name(&self) -> &str {
        self.inner.boot.name()
    }

    /// Returns the index within the group, from 0.
    pub fn index(&self) -> u32 {
        self.inner.boot.index()
    }

    /// Returns the region; 0 if none was declared.
    pub fn region(&self) -> Region {
        self.inner.boot.region()
    }

    /// Returns the shard; 0 if none was declared.
    pub fn shard(&self) -> Shard {
        self.inner.boot.shard()
    }

    /// Returns the zone, whose nodes can be lost together; [`Zone::NONE`] if none was declared.
    pub fn zone(&self) -> Zone {
        self.inner.boot.zone()
    }

    /// Returns the rack, whose nodes can be lost together; [`Rack::NONE`] if none was declared.
    pub fn rack(&self) -> Rack {
        self.inner.boot.rack()
    }

    /// Returns the number of this life: 0 for the first, one more after every restart.
    pub fn incarnation(&self) -> Incarnation {
        self.inner.boot.incarnation()
    }

    /// Iterates over the operations that a client is to do, by number.
    ///
    /// See [`NodeInfo::operations`](crate::NodeInfo::operations).
    pub fn operations<I: IntoIterator<Item = u64>>(&self, numbers: I) -> impl Iterator<Item = u64> + use<I> {
        self.inner.boot.operations(numbers)
    }

    /// Lists the other nodes of the group and shard, in order of id.
    pub fn peers(&self) -> &[NodeId] {
        self.inner.peers.get_or_init(|| self.inner.boot.peers())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Node").field("id", &self.id()).field("name", &self.name()).finish_non_exhaustive()
    }
}
