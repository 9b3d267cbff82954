//! Ports: numbers for their names, and the ports that hosts receive on. All services share them.

use cluster_sim_runtime::Address;
use cluster_sim_types::NodeId;

use super::payload::PayloadKind;
use crate::error::PortInUse;

/// The number of a port name, valid throughout a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(u16);

impl PortId {
    /// The lowest and the highest number.
    pub(super) const EXTREMES: [Self; 2] = [Self(0), Self(u16::MAX)];

    pub(super) const fn number(self) -> u16 {
        self.0
    }

    pub(super) const fn numbered(number: u16) -> Self {
        Self(number)
    }
}

/// The ports of a network.
#[derive(Debug, Default)]
pub struct Ports {
    /// The names of all ports of a run, each with its address.
    names: Vec<(String, Address)>,
    /// By node: the port on which its host receives, and the kind of its messages. Small, because every arrival reads it.
    hosts: Vec<Option<(PortId, PayloadKind)>>,
}

impl Ports {
    /// Returns the number of a port name, assigning one on first use.
    pub fn port(&mut self, name: &str) -> PortId {
        let known = self.names.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or_else(|| {
            self.names.push((name.to_owned(), Address::new().name(name)));
            self.names.len() - 1
        });
        PortId(u16::try_from(index).expect("a simulation has fewer than 65,536 port names"))
    }

    /// Delivers all messages and sessions for a port of a node to its host, in all its lives.
    ///
    /// `kind` is that of the host's messages. A node with a host has no other ports.
    pub fn bind_host(&mut self, node: NodeId, port: PortId, kind: PayloadKind) {
        if self.hosts.len() <= node.index() {
            self.hosts.resize(node.index() + 1, None);
        }
        self.hosts[node.index()] = Some((port, kind));
    }

    pub(super) fn name(&self, port: PortId) -> &str {
        &self.names[usize::from(port.0)].0
    }

    /// Returns the address of the name, for random choices.
    pub(super) fn address(&self, port: PortId) -> Address {
        self.names[usize::from(port.0)].1
    }

    pub(super) fn in_use(&self, port: PortId) -> PortInUse {
        PortInUse { name: self.name(port).to_owned() }
    }

    /// Returns the port on which the host of a node receives, with the kind of its messages; `None` if tasks bind its ports.
    #[inline]
    pub(super) fn host(&self, node: NodeId) -> Option<(PortId, PayloadKind)> {
        self.hosts.get(node.index()).copied().flatten()
    }

    /// Returns whether the node's host receives what arrives at this port.
    #[inline]
    pub(super) fn is_of_host(&self, node: NodeId, port: PortId) -> bool {
        self.host(node).is_some_and(|(own, _)| own == port)
    }
}
