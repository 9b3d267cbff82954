//! A cluster of real nodes in one process.

use std::fmt;
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use cluster_sim_runtime::Seed;
use cluster_sim_transport::{AddressBook, BindError, TokioSockets};
use cluster_sim_types::NodeId;

use super::observer::{Observation, Observer};
use super::running::TokioNode;
use super::setup::{StartError, TokioSetup};
use crate::node::Node;
use crate::node_info::NodeInfo;

type Main = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Groups of nodes to run in this process, declared as in a scenario. They speak over real sockets of this machine.
#[derive(Default)]
#[must_use = "nothing runs before `start`"]
pub struct TokioCluster {
    groups: Vec<Group>,
    seed: Option<Seed>,
    observer: Option<Observer>,
}

struct Group {
    name: String,
    count: u32,
    main: Arc<dyn Fn(Node) -> Main + Send + Sync>,
}

impl TokioCluster {
    /// No nodes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a group of `count` nodes, named `group/0`, `group/1`, …; each has the others of the group as peers.
    pub fn nodes<F>(mut self, group: &str, count: u32, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.groups.push(Group { name: group.to_owned(), count, main: Arc::new(move |node| Box::pin(main(node))) });
        self
    }

    /// Lets this seed decide what nodes leave to chance; see [`TokioSetup::seed`].
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Shows facts and views to `observer`; see [`TokioSetup::on_observation`].
    pub fn on_observation(self, observer: impl Fn(NodeId, Observation<'_>) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Arc::new(observer)), ..self }
    }

    /// Starts all nodes on the tokio runtime that this is called in, each at a free port of the loopback address.
    ///
    /// # Errors
    /// If one of them cannot be started; those that were are stopped.
    pub fn start(self) -> Result<RunningCluster, TokioClusterError> {
        let loopback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let seats: Vec<(NodeInfo, usize)> = self.seats();
        let sockets = seats.iter().map(|_| TokioSockets::bind(loopback)).collect::<Result<Vec<_>, _>>()?;
        let book = AddressBook::from_iter(seats.iter().zip(&sockets).map(|((seat, _), sockets)| (seat.id(), sockets.address())));
        let setup = TokioSetup::of(book, self.seed, self.observer);
        let mut nodes = Vec::with_capacity(seats.len());
        for ((seat, group), sockets) in seats.into_iter().zip(sockets) {
            nodes.push(setup.start(seat, sockets, |node| (self.groups[group].main)(node))?);
        }
        Ok(RunningCluster { nodes })
    }

    /// The seats of all nodes in order of id, each with the place of its group.
    fn seats(&self) -> Vec<(NodeInfo, usize)> {
        let mut seats = Vec::new();
        for (place, group) in self.groups.iter().enumerate() {
            let first = u32::try_from(seats.len()).expect("nodes are counted in 32 bits");
            let cohort: Arc<[NodeId]> = (first..first + group.count).map(NodeId).collect();
            let seat = |index| NodeInfo::new(NodeId(first + index), format!("{}/{index}", group.name), index, Arc::clone(&cohort));
            seats.extend((0..group.count).map(|index| (seat(index), place)));
        }
        seats
    }
}

/// A cluster that runs in this process, until this is dropped.
#[derive(Debug)]
#[must_use = "dropping it stops its nodes"]
pub struct RunningCluster {
    nodes: Vec<TokioNode>,
}

impl RunningCluster {
    /// Its nodes in order of id.
    pub fn nodes(&self) -> &[TokioNode] {
        &self.nodes
    }

    /// One of its nodes.
    ///
    /// # Panics
    /// If there is none of that id.
    pub fn node(&self, node: impl Into<NodeId>) -> &TokioNode {
        let node = node.into();
        let count = self.nodes.len();
        self.nodes.get(node.index()).unwrap_or_else(|| panic!("there is no {node} among {count} nodes"))
    }

    /// Waits until the main functions of all nodes returned.
    ///
    /// # Panics
    /// As soon as one of them panicked: its panic goes on here.
    pub async fn ended(&self) {
        let mut running: Vec<_> = self.nodes.iter().map(|node| Box::pin(node.ended())).collect();
        poll_fn(|context| {
            running.retain_mut(|node| node.as_mut().poll(context).is_pending());
            if running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Stops all nodes, and waits until none of their tasks holds anything any more.
    pub async fn stop(self) {
        for node in self.nodes {
            node.stop().await;
        }
    }
}

/// A cluster that was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokioClusterError {
    /// There is no free address.
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
