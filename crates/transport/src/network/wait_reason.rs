//! Reasons for which a task waits at the network, packed for the kernel and described for reports.

use cluster_sim_runtime::{Kernel, Waiting};
use cluster_sim_types::NodeId;

use super::Network;
use super::port_names::PortId;

/// The reason for which a task waits at the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkWait {
    /// A datagram on a port.
    Datagram(PortId),
    /// A session that another node opens on a port.
    Session(PortId),
    /// The answer of a node to a connect on a port.
    Answer(NodeId, PortId),
    /// A message from a node in a session on a port.
    Message(NodeId, PortId),
    /// Room in the window of a session with a node on a port.
    Room(NodeId, PortId),
}

impl NetworkWait {
    /// Packs kind and port into the upper half, the other node into the lower.
    fn pack(self) -> u64 {
        let (kind, node, port) = match self {
            Self::Datagram(port) => (0, NodeId(0), port),
            Self::Session(port) => (1, NodeId(0), port),
            Self::Answer(node, port) => (2, node, port),
            Self::Message(node, port) => (3, node, port),
            Self::Room(node, port) => (4, node, port),
        };
        kind << 48 | u64::from(port.0) << 32 | u64::from(node.0)
    }

    fn unpack(packed: u64) -> Self {
        let (port, node) = (PortId((packed >> 32) as u16), NodeId(packed as u32));
        match packed >> 48 {
            0 => Self::Datagram(port),
            1 => Self::Session(port),
            2 => Self::Answer(node, port),
            3 => Self::Message(node, port),
            _ => Self::Room(node, port),
        }
    }
}

impl Network {
    /// Returns the reason in the form in which a task reports it to the kernel.
    #[inline]
    pub fn waits_for(&self, what: NetworkWait) -> Waiting {
        Waiting::Device(self.device(), what.pack())
    }

    pub(super) fn describe_wait(&self, kernel: &Kernel, what: u64) -> String {
        let name = |port| self.port_names.name(port);
        match NetworkWait::unpack(what) {
            NetworkWait::Datagram(port) => format!("a message on port {:?}", name(port)),
            NetworkWait::Session(port) => format!("a session on port {:?}", name(port)),
            NetworkWait::Answer(node, port) => format!("the answer of {} to a session on port {:?}", kernel.name(node), name(port)),
            NetworkWait::Message(node, port) => format!("a message of {} in a session on port {:?}", kernel.name(node), name(port)),
            NetworkWait::Room(node, port) => format!("room in a session with {} on port {:?}", kernel.name(node), name(port)),
        }
    }
}
