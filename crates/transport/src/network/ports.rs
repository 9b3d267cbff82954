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

/// A port and a kind of messages in one word, so that an arrival compares both at once.
///
/// A message in flight has that to which it was sent; a host, that which it takes as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostPort(u32);

impl HostPort {
    /// Marks a node without a host; no kind has this number.
    const NONE: Self = Self(u32::MAX);

    /// Joins a port and a kind.
    #[inline]
    pub const fn new(port: PortId, kind: PayloadKind) -> Self {
        Self((port.0 as u32) << 16 | kind.number() as u32)
    }

    #[inline]
    pub(super) const fn port(self) -> PortId {
        PortId((self.0 >> 16) as u16)
    }

    #[inline]
    pub(super) const fn kind(self) -> PayloadKind {
        PayloadKind::numbered(self.0 as u16)
    }
}

/// The ports of a network.
#[derive(Debug, Default)]
pub struct Ports {
    /// The names of all ports of a run, each with its address.
    names: Vec<(String, Address)>,
    /// By node: the port on which its host receives, and the kind of its messages. Small, because every arrival reads it.
    hosts: Vec<HostPort>,
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
            self.hosts.resize(node.index() + 1, HostPort::NONE);
        }
        self.hosts[node.index()] = HostPort::new(port, kind);
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
        let host = *self.hosts.get(node.index())?;
        (host != HostPort::NONE).then(|| (host.port(), host.kind()))
    }

    /// Returns whether the host of a node takes what was sent to this port, as it is.
    #[inline(always)]
    pub(super) fn host_takes(&self, node: NodeId, sent_to: HostPort) -> bool {
        self.hosts.get(node.index()) == Some(&sent_to)
    }

    /// Returns whether the node's host receives what arrives at this port.
    #[inline]
    pub(super) fn is_of_host(&self, node: NodeId, port: PortId) -> bool {
        self.host(node).is_some_and(|(own, _)| own == port)
    }
}
