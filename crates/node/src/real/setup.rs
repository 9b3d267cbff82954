//! Starting single nodes.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cluster_sim_runtime::{Entropy, NoEntropy, Seed, TokioLife};
use cluster_sim_storage::{DiskPath, TokioDisk};
use cluster_sim_transport::{AddressBook, TokioNetwork, TokioSockets};
use cluster_sim_types::NodeId;
use tokio::runtime::Handle;

use super::handle::TokioNode;
use crate::boot::Boot;
use crate::node::{Node, Twin};
use crate::node_info::NodeInfo;
use crate::real_node::{NodeContext, Observation, Observer};

/// The configuration shared by the nodes of one cluster: addresses, seed and observer.
///
/// ```
/// use std::net::{Ipv4Addr, SocketAddr};
/// use cluster_sim_node::{AddressBook, Node, NodeId, NodeInfo, TokioSetup, TokioSockets};
///
/// async fn echo(node: Node) {
///     let port = node.bind::<String>("echo");
///     port.send(node.id(), "hello".to_owned());
///     assert_eq!(port.recv().await.message, "hello");
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
    disks: Option<Arc<Path>>,
}

impl TokioSetup {
    /// Creates a setup for nodes with these addresses.
    ///
    /// The book lists every node of the cluster, those started here included.
    pub fn new(addresses: AddressBook) -> Self {
        Self { addresses: Arc::new(addresses), seed: None, observer: None, disks: None }
    }

    pub(super) fn of(addresses: AddressBook, seed: Option<Seed>, observer: Option<Observer>, disks: Option<Arc<Path>>) -> Self {
        Self { addresses: Arc::new(addresses), seed, observer, disks }
    }

    /// Sets the seed of the nodes' random numbers, which are then those of a simulation with that seed.
    ///
    /// This holds for [`Node::roll`], and not for [`Node::random`].
    ///
    /// Without it the operating system chooses a seed at each start of a node.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Gives each node a folder of its own in `folder` as its disk.
    ///
    /// It is named as the node, with `-` for `/`: `store-0`.
    ///
    /// Without it [`Node::disk`] answers with errors. A folder that is missing is created. Only one life may use it at a time.
    pub fn disks_in(self, folder: impl AsRef<Path>) -> Self {
        Self { disks: Some(folder.as_ref().into()), ..self }
    }

    /// Passes facts and views to `observer`, on the thread of the node that reports them.
    ///
    /// Without an observer facts are dropped; views can still be read by [`TokioNode::inspect`].
    ///
    /// `observer` must not block: the node's code waits for it.
    pub fn on_observation(self, observer: impl Fn(NodeId, Observation<'_>) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Arc::new(observer)), ..self }
    }

    /// Starts a node on the tokio runtime of the caller, bound to `sockets`.
    ///
    /// `main` runs until it returns; all other tasks of the node are aborted then, as at the end of a program. To start a node
    /// again, pass the identity of its next life: [`NodeInfo::in_life`].
    ///
    /// # Errors
    /// See [`StartError`]. No task was started then.
    pub fn start<F>(&self, info: NodeInfo, sockets: TokioSockets, main: impl FnOnce(Node) -> F) -> Result<TokioNode, StartError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let id = info.id();
        if self.addresses.get(id).is_none() {
            return Err(StartError::NotInBook { node: id });
        }
        let seed = match self.seed {
            Some(seed) => seed,
            None => Seed::from_system()?,
        };
        let entropy = Entropy::of_life(seed, info.name(), info.incarnation());
        let disk_runtime = runtime.clone();
        let life = TokioLife::begin(runtime);
        let network = TokioNetwork::open(id, life.clone(), Arc::clone(&self.addresses), sockets)
            .map_err(|cause| StartError::Sockets { node: id, cause })?;
        let disk = self.disks.as_deref().map(|folder| open_disk(folder, &info, disk_runtime)).transpose()?;
        let context = Arc::new(NodeContext::new(id, life, network, disk, self.observer.clone()));
        let name = Arc::from(info.name());
        let node = Node::new(Boot::new(info, entropy), Twin::Real(Arc::clone(&context)));
        Ok(TokioNode::run(id, name, context, main(node)))
    }
}

/// Opens the folder of a node.
fn open_disk(folder: &Path, info: &NodeInfo, runtime: Handle) -> Result<TokioDisk, StartError> {
    let name = info.name().replace('/', "-");
    let opened = match DiskPath::parse(&name) {
        Ok(_) => TokioDisk::open(folder.join(&name), runtime),
        Err(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "the name of the node is no name of a folder")),
    };
    opened.map_err(|cause| StartError::Disk { node: info.id(), folder: folder.join(name), cause })
}

/// A node was not started; no task runs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The caller is not within a tokio runtime.
    #[error("nodes run on tokio; start them within a runtime, by `#[tokio::main]` or `Runtime::block_on`")]
    NoRuntime,
    /// The node is missing in the address book, so its peers could not reach it.
    #[error("{node} is not in the address book; give it an address there")]
    NotInBook {
        /// The node.
        node: NodeId,
    },
    /// The operating system gave no seed.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The folder of its disk cannot be created.
    #[error("the disk of {node} cannot be used: {}: {cause}", folder.display())]
    Disk {
        /// The node.
        node: NodeId,
        /// The folder.
        folder: PathBuf,
        /// The error of the operating system.
        #[source]
        cause: io::Error,
    },
    /// The sockets cannot be used.
    #[error("the sockets of {node} cannot be used: {cause}")]
    Sockets {
        /// The node.
        node: NodeId,
        /// The error of the operating system.
        #[source]
        cause: io::Error,
    },
}

impl fmt::Debug for TokioSetup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addresses, seed, observer, disks } = self;
        let mut shown = formatter.debug_struct("TokioSetup");
        shown
            .field("addresses", addresses)
            .field("seed", seed)
            .field("disks", disks)
            .field("is_observed", &observer.is_some())
            .finish()
    }
}
