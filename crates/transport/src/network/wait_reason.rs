//! Reasons for which a task waits at the network, packed for the kernel and described for reports.

use cluster_sim_runtime::Kernel;
use cluster_sim_types::NodeId;

use super::ports::{PortId, Ports};

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
    pub(super) fn pack(self) -> u64 {
        let (kind, node, port) = match self {
            Self::Datagram(port) => (0, NodeId(0), port),
            Self::Session(port) => (1, NodeId(0), port),
            Self::Answer(node, port) => (2, node, port),
            Self::Message(node, port) => (3, node, port),
            Self::Room(node, port) => (4, node, port),
        };
        kind << 48 | u64::from(port.number()) << 32 | u64::from(node.0)
    }

    pub(super) fn unpack(packed: u64) -> Self {
        let (port, node) = (PortId::numbered((packed >> 32) as u16), NodeId(packed as u32));
        match packed >> 48 {
            0 => Self::Datagram(port),
            1 => Self::Session(port),
            2 => Self::Answer(node, port),
            3 => Self::Message(node, port),
            _ => Self::Room(node, port),
        }
    }

    /// Describes the reason for a report.
    pub(super) fn describe(self, ports: &Ports, kernel: &Kernel) -> String {
        let name = |port| ports.name(port);
        match self {
            Self::Datagram(port) => format!("a message on port {:?}", name(port)),
            Self::Session(port) => format!("a session on port {:?}", name(port)),
            Self::Answer(node, port) => format!("the answer of {} to a session on port {:?}", kernel.name(node), name(port)),
            Self::Message(node, port) => format!("a message of {} in a session on port {:?}", kernel.name(node), name(port)),
            Self::Room(node, port) => format!("room in a session with {} on port {:?}", kernel.name(node), name(port)),
        }
    }
}
