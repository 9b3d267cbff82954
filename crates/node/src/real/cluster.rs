//! Clusters of real nodes in one process.

use std::fmt;
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use cluster_sim_runtime::Seed;
use cluster_sim_transport::{AddressBook, BindError, TokioSockets};
use cluster_sim_types::NodeId;

use super::handle::TokioNode;
use super::setup::{StartError, TokioSetup};
use crate::node::Node;
use crate::node_info::NodeInfo;
use crate::real_node::{Observation, Observer};

type Main = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A cluster of node groups that runs in this process, over real sockets on the loopback address.
///
/// Groups are declared as in a scenario: nodes get the ids and names that they have there, so the rolls of a seed are the same.
///
/// ```
/// use cluster_sim_node::{Node, TokioCluster};
///
/// async fn hello(node: Node) {
///     let port = node.bind::<u64>("hello");
///     node.publish(|view: &mut u64| *view = u64::from(node.id()));
///     port.broadcast(u64::from(node.id()));
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let cluster = TokioCluster::new().nodes("greeter", 3, hello).start()?;
/// cluster.ended().await;
/// assert_eq!(cluster.node(2).inspect(|view: &u64| *view), Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
#[must_use = "nothing runs before `start`"]
pub struct TokioCluster {
    groups: Vec<Group>,
    seed: Option<Seed>,
    observer: Option<Observer>,
    disks: Option<Arc<Path>>,
}

struct Group {
    name: String,
    count: u32,
    main: Arc<dyn Fn(Node) -> Main + Send + Sync>,
}

impl TokioCluster {
    /// Creates a cluster without nodes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a group of `count` nodes that run `main`, named `group/0`, `group/1` and so on.
    ///
    /// Its nodes are each other's peers.
    pub fn nodes<F>(mut self, group: &str, count: u32, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.groups.push(Group { name: group.to_owned(), count, main: Arc::new(move |node| Box::pin(main(node))) });
        self
    }

    /// Sets the seed of the nodes' random numbers; see [`TokioSetup::seed`].
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Gives each node a folder of its own in `folder` as its disk; see [`TokioSetup::disks_in`].
    pub fn disks_in(self, folder: impl AsRef<Path>) -> Self {
        Self { disks: Some(folder.as_ref().into()), ..self }
    }

    /// Passes facts and views to `observer`; see [`TokioSetup::on_observation`].
    pub fn on_observation(self, observer: impl Fn(NodeId, Observation<'_>) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Arc::new(observer)), ..self }
    }

    /// Starts all nodes on the tokio runtime of the caller, each on a free port of the loopback address.
    ///
    /// # Errors
    /// If a node cannot be started. Nodes started before it are stopped.
    pub fn start(self) -> Result<RunningCluster, TokioClusterError> {
        let loopback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let infos: Vec<(NodeInfo, usize)> = self.node_infos();
        let sockets = infos.iter().map(|_| TokioSockets::bind(loopback)).collect::<Result<Vec<_>, _>>()?;
        let book = AddressBook::from_iter(infos.iter().zip(&sockets).map(|((info, _), sockets)| (info.id(), sockets.address())));
        let setup = TokioSetup::of(book, self.seed, self.observer, self.disks);
        let mut nodes = Vec::with_capacity(infos.len());
        for ((info, group), sockets) in infos.into_iter().zip(sockets) {
            nodes.push(setup.start(info, sockets, |node| (self.groups[group].main)(node))?);
        }
        Ok(RunningCluster { nodes })
    }

    /// Lists the identities of all nodes in order of id, each with the index of its group.
    fn node_infos(&self) -> Vec<(NodeInfo, usize)> {
        let mut infos = Vec::new();
        for (group_index, group) in self.groups.iter().enumerate() {
            let first = u32::try_from(infos.len()).expect("nodes are counted in 32 bits");
            let members: Arc<[NodeId]> = (first..first + group.count).map(NodeId).collect();
            let info = |index| NodeInfo::new(NodeId(first + index), format!("{}/{index}", group.name), index, Arc::clone(&members));
            infos.extend((0..group.count).map(|index| (info(index), group_index)));
        }
        infos
    }
}

/// A running cluster. Dropping it stops its nodes.
#[derive(Debug)]
#[must_use = "dropping it stops its nodes"]
pub struct RunningCluster {
    nodes: Vec<TokioNode>,
}

impl RunningCluster {
    /// Returns the nodes in order of id.
    pub fn nodes(&self) -> &[TokioNode] {
        &self.nodes
    }

    /// Returns one node.
    ///
    /// # Panics
    /// If there is no node of that id.
    pub fn node(&self, node: impl Into<NodeId>) -> &TokioNode {
        let node = node.into();
        let count = self.nodes.len();
        self.nodes.get(node.index()).unwrap_or_else(|| panic!("there is no {node} among {count} nodes"))
    }

    /// Waits until the main functions of all nodes have returned.
    ///
    /// # Panics
    /// As soon as one of them panics, with its panic; see [`TokioNode::ended`].
    pub async fn ended(&self) {
        let mut running: Vec<_> = self.nodes.iter().map(|node| Box::pin(node.ended())).collect();
        poll_fn(|context| {
            running.retain_mut(|node| node.as_mut().poll(context).is_pending());
            if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Stops all nodes and waits until all their tasks are dropped.
    pub async fn stop(self) {
        for node in self.nodes {
            node.stop().await;
        }
    }
}

/// A cluster was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokioClusterError {
    /// No free address.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A node was not started.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl fmt::Debug for TokioCluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<(&str, u32)> = self.groups.iter().map(|group| (group.name.as_str(), group.count)).collect();
        formatter.debug_struct("TokioCluster").field("groups", &groups).field("seed", &self.seed).finish_non_exhaustive()
    }
}
