//! The messages of replicas, and values of raft in raft's own encoding.

use bytes::Bytes;
use cluster_sim::node::Label;
use raft::eraftpb::Message;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of raft, which serde takes for its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Encoded<T>(pub(crate) T);

impl<T: protobuf::Message> Serialize for Encoded<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0.write_to_bytes().map_err(S::Error::custom)?)
    }
}

impl<'de, T: protobuf::Message> Deserialize<'de> for Encoded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::parse_from_bytes(&Bytes::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

/// A message to a replica or a client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Packet {
    /// A message of raft.
    Raft(Encoded<Message>),
    /// A client asks for a number of its own to be in the log.
    Propose(u64),
    /// The number is applied.
    Applied(u64),
}

impl Packet {
    /// The kind of a message with its term and index: how much a replica sends and has committed depends on timing.
    pub(crate) fn label(&self) -> Label {
        let (kind, id) = match self {
            Self::Propose(value) => (100, *value),
            Self::Applied(value) => (101, *value),
            Self::Raft(Encoded(message)) => (message.msg_type as u32, message.term << 32 | message.index),
        };
        Label::Key { kind, id }
    }
}
