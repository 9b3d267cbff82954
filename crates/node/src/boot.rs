//! The value that a node boots with.

use std::ops::Deref;

#[cfg(feature = "test-utils")]
use cluster_sim_runtime::NewLife;
use cluster_sim_runtime::{Entropy, EntropyRng};
use cluster_sim_storage::DiskImage;

use crate::node_info::NodeInfo;

/// Gives a node what it begins a life with: its identity, and the source of its own choices.
///
/// The closure of a group of machines takes it, and the [`Node`](crate::Node) of an async function is made of it, in a simulation
/// and on tokio alike. It derefs to its [`NodeInfo`]. A test makes one to boot a machine without a driver:
///
/// ```
/// use cluster_sim_node::{Boot, Entropy, NodeId, NodeInfo};
///
/// let info = NodeInfo::new(NodeId(1), "edge/1", 1, [NodeId(0), NodeId(1), NodeId(2)]);
/// let boot = Boot::new(info, Entropy::from_key(7));
/// assert_eq!(boot.peers(), [NodeId(0), NodeId(2)]);
/// assert_eq!(boot.entropy().roll("port", 0), Entropy::from_key(7).roll("port", 0));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Boot {
    info: NodeInfo,
    entropy: Entropy,
    disk: DiskImage,
}

impl Boot {
    /// Creates what a node of this identity gets whose own choices come from `entropy`.
    pub fn new(info: NodeInfo, entropy: Entropy) -> Self {
        Self { info, entropy, disk: DiskImage::default() }
    }

    /// Returns the same with what a node finds on its disk, for tests without a driver.
    #[must_use]
    pub fn with_disk(self, disk: DiskImage) -> Self {
        Self { disk, ..self }
    }

    /// Returns the identity, constant until this life ends.
    pub fn info(&self) -> &NodeInfo {
        &self.info
    }

    /// Returns the source of the node's own choices; `Effects::roll` and `Node::roll` use the same one.
    pub fn entropy(&self) -> Entropy {
        self.entropy
    }

    /// Returns what a machine finds on its disk: what earlier lives made durable.
    ///
    /// Empty for an async node, which reads its disk by `Node::disk`. A machine that keeps a clone keeps the memory of all that is
    /// overwritten later.
    pub fn disk(&self) -> &DiskImage {
        &self.disk
    }

    /// Returns the generator of `rand_core` about choice `index` of kind `name`.
    ///
    /// For what is drawn when a node is made:
    ///
    /// ```
    /// use cluster_sim_node::{Boot, Entropy, NodeId, NodeInfo};
    /// use rand::RngExt;
    ///
    /// let boot = Boot::new(NodeInfo::new(NodeId(0), "store/0", 0, [NodeId(0)]), Entropy::from_key(7));
    /// let secret: [u8; 16] = boot.rng("secret", 0).random();
    /// assert_eq!(secret, boot.rng("secret", 0).random::<[u8; 16]>());
    /// ```
    pub fn rng(&self, name: &str, index: u64) -> EntropyRng {
        self.entropy.rng(name, index)
    }
}

impl Deref for Boot {
    type Target = NodeInfo;

    fn deref(&self) -> &NodeInfo {
        &self.info
    }
}

/// For the hosts of a simulation, which keep the value over all lives of a node.
#[cfg(feature = "test-utils")]
impl Boot {
    pub(crate) fn before_first_life(info: NodeInfo) -> Self {
        Self::new(info, Entropy::from_key(0))
    }

    pub(crate) fn begin(&mut self, life: NewLife, disk: DiskImage) {
        self.info.begin_life(life.incarnation);
        self.entropy = life.entropy;
        self.disk = disk;
    }

    /// Lets go of what was on the disk, once the machine is made: its pages would outlive their being overwritten.
    pub(crate) fn forget_disk(&mut self) {
        self.disk = DiskImage::default();
    }
}
