//! The names of foca's nodes, and its datagrams.

use bytes::Bytes;
use cluster_sim::node::Label;
use cluster_sim::prelude::*;
use foca::{Codec, Header, Identity, Message, PostcardCodec};
use serde::{Deserialize, Serialize};

/// One identity of a node. A node takes another when it restarts, and when it hears that others gave it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) node: NodeId,
    /// The number of the life in the upper half, of the identity in this life in the lower.
    pub(crate) generation: u64,
}

impl Member {
    /// How often the node took another identity in this life.
    pub(crate) fn renewals(self) -> u32 {
        self.generation as u32
    }
}

impl Identity for Member {
    type Addr = NodeId;

    fn renew(&self) -> Option<Self> {
        Some(Self { generation: self.generation + 1, ..*self })
    }

    fn addr(&self) -> NodeId {
        self.node
    }

    fn win_addr_conflict(&self, other: &Self) -> bool {
        self.generation > other.generation
    }
}

/// A datagram of foca, in foca's own encoding.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Packet(pub(crate) Bytes);

impl Packet {
    fn header(&self) -> Option<Header<Member>> {
        PostcardCodec.decode_header(&self.0[..]).ok()
    }

    /// The kind of a message and its probe: what a node piggybacks depends on all that it heard before.
    pub(crate) fn label(&self) -> Label {
        let Some(Header { message, .. }) = self.header() else { return Label::Content };
        let (kind, probe) = match message {
            Message::Ping(probe) => (1, probe),
            Message::Ack(probe) => (2, probe),
            Message::PingReq { probe_number, .. } => (3, probe_number),
            Message::IndirectPing { probe_number, .. } => (4, probe_number),
            Message::IndirectAck { probe_number, .. } => (5, probe_number),
            Message::ForwardedAck { probe_number, .. } => (6, probe_number),
            Message::Announce => (7, 0),
            Message::Feed => (8, 0),
            Message::Gossip => (9, 0),
            Message::Broadcast => (10, 0),
            Message::TurnUndead => (11, 0),
        };
        Label::Key { kind, id: probe.into() }
    }

    pub(crate) fn describe(&self) -> Option<String> {
        let header = self.header()?;
        Some(format!("{:?} from {:?} to {:?}", header.message, header.src, header.dst))
    }
}
