//! Where nodes are reached.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use cluster_sim_types::NodeId;

/// The address of every node of a cluster, the same for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressBook(BTreeMap<NodeId, SocketAddr>);

impl AddressBook {
    /// Where a node is reached, if it is in the book.
    pub fn get(&self, node: NodeId) -> Option<SocketAddr> {
        self.0.get(&node).copied()
    }

    /// All nodes in order of id, each with its address.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, SocketAddr)> {
        self.0.iter().map(|(node, address)| (*node, *address))
    }

    /// Where a node is reached, for one that is spoken to.
    ///
    /// # Panics
    /// If it is not in the book.
    pub(super) fn of(&self, node: NodeId) -> SocketAddr {
        let count = self.0.len();
        self.get(node).unwrap_or_else(|| panic!("it speaks to {node}, which is none of the {count} nodes of the address book"))
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
