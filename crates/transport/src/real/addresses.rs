//! Addresses of the nodes of a cluster.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use cluster_sim_types::NodeId;

/// Maps every node of a cluster to its socket address; equal on all nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressBook(BTreeMap<NodeId, SocketAddr>);

impl AddressBook {
    /// Returns the address of a node.
    pub fn get(&self, node: NodeId) -> Option<SocketAddr> {
        self.0.get(&node).copied()
    }

    /// Iterates over all nodes in order of id.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, SocketAddr)> {
        self.0.iter().map(|(node, address)| (*node, *address))
    }

    /// Returns the address of a receiver or peer.
    ///
    /// # Panics
    /// The node is not in the book.
    pub(super) fn of(&self, node: NodeId) -> SocketAddr {
        let count = self.0.len();
        self.get(node).unwrap_or_else(|| panic!("{node} is not among the {count} nodes of the address book"))
    }
}

impl From<BTreeMap<NodeId, SocketAddr>> for AddressBook {
    fn from(addresses: BTreeMap<NodeId, SocketAddr>) -> Self {
        Self(addresses)
    }
}

impl FromIterator<(NodeId, SocketAddr)> for AddressBook {
    fn from_iter<I: IntoIterator<Item = (NodeId, SocketAddr)>>(addresses: I) -> Self {
        Self(addresses.into_iter().collect())
    }
}
