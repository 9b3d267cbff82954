//! Starting nodes.

use std::fmt;
use std::io;
use std::sync::Arc;

use cluster_sim_runtime::{Entropy, NoEntropy, Seed, TokioLife};
use cluster_sim_transport::{AddressBook, TokioNetwork, TokioSockets};
use cluster_sim_types::NodeId;
use tokio::runtime::Handle;

use super::context::NodeContext;
use super::observer::{Observation, Observer};
use super::running::TokioNode;
use crate::node::{Node, Twin};
use crate::node_info::NodeInfo;

/// What the nodes of one cluster share: where each is reached, their seed, and who observes them.
///
/// ```
/// use std::net::{Ipv4Addr, SocketAddr};
/// use cluster_sim_node::{AddressBook, Node, NodeId, TokioSetup, TokioSockets, NodeInfo};
///
/// async fn echo(node: Node) {
///     let port = node.bind::<String>("echo");
///     port.send(node.id(), "hello".to_owned());
///     assert_eq!(port.receive().await.message, "hello");
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let sockets = TokioSockets::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
/// let setup = TokioSetup::new(AddressBook::from_iter([(NodeId(0), sockets.address())]));
/// let node = setup.start(NodeInfo::new(NodeId(0), "echo/0", 0, []), sockets, echo)?;
/// node.ended().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "nothing runs before a node is started"]
pub struct TokioSetup {
    addresses: Arc<AddressBook>,
    seed: Option<Seed>,
    observer: Option<Observer>,
}

impl TokioSetup {
    /// Nodes that are reached at these addresses, their own among them.
    pub fn new(addresses: AddressBook) -> Self {
        Self { addresses: Arc::new(addresses), seed: None, observer: None }
    }

    pub(super) fn of(addresses: AddressBook, seed: Option<Seed>, observer: Option<Observer>) -> Self {
        Self { addresses: Arc::new(addresses), seed, observer }
    }

    /// Lets this seed decide what nodes leave to chance: `roll` answers as in a simulation with that seed. Without it the operating system
    /// chooses a seed for each node.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Shows facts and views to `observer`, in the thread of the node that has them; without it they are not shown to anybody. It must not
    /// wait.
    pub fn on_observation(self, observer: impl Fn(NodeId, Observation<'_>) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Arc::new(observer)), ..self }
    }

    /// Starts the node of that seat on the tokio runtime that this is called in: `main` runs until it returns, and then whatever else the
    /// node spawned is stopped, as at the end of a program.
    ///
    /// To start a node again, give its seat the next life: [`NodeInfo::in_life`].
    ///
    /// # Errors
    /// If nothing was started.
    pub fn start<F>(&self, seat: NodeInfo, sockets: TokioSockets, main: impl FnOnce(Node) -> F) -> Result<TokioNode, StartError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let id = seat.id();
        if self.addresses.get(id).is_none() {
            return Err(StartError::NotInBook { node: id });
        }
        let seed = match self.seed {
            Some(seed) => seed,
            None => Seed::from_system()?,
        };
        let entropy = Entropy::of_life(seed, seat.name(), seat.incarnation());
        let life = TokioLife::begin(runtime);
        let network = TokioNetwork::open(id, life.clone(), Arc::clone(&self.addresses), sockets)
            .map_err(|cause| StartError::Sockets { node: id, cause })?;
        let own = Arc::new(NodeContext::new(id, life, network, self.observer.clone()));
        let name = Arc::from(seat.name());
        let node = Node::new(seat, entropy, Twin::Real(Arc::clone(&own)));
        Ok(TokioNode::run(id, name, own, main(node)))
    }
}

/// A node that was not started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no runtime to run on.
    #[error("nodes run on tokio; start them within a runtime, by `#[tokio::main]` or `Runtime::block_on`")]
    NoRuntime,
    /// Its peers could not reach it.
    #[error("{node} is not in the address book; give it an address there")]
    NotInBook {
        /// Which node.
        node: NodeId,
    },
    /// There is no seed for it.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// Its sockets cannot be used.
    #[error("the sockets of {node} cannot be used: {cause}")]
    Sockets {
        /// Which node.
        node: NodeId,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

impl fmt::Debug for TokioSetup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addresses, seed, observer } = self;
        let mut shown = formatter.debug_struct("TokioSetup");
        shown.field("addresses", addresses).field("seed", seed).field("is_observed", &observer.is_some()).finish()
    }
}
