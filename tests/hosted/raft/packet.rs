//! The messages of replicas, and values of raft in raft's own encoding.

use cluster_sim::node::Label;
use protobuf::Message as Encodable;
use raft::eraftpb::Message;
use serde::{Deserialize, Serialize};

/// A message to a replica or a client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Packet {
    /// A message of raft.
    Raft(#[serde(with = "bytes_of")] Message),
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
            Self::Raft(message) => (message.msg_type as u32, message.term << 32 | message.index),
        };
        Label::Key { kind, id }
    }
}

pub(crate) fn encode(value: &impl Encodable) -> Vec<u8> {
    value.write_to_bytes().expect("raft fills in all fields")
}

pub(crate) fn decode<T: Encodable>(bytes: &[u8]) -> T {
    T::parse_from_bytes(bytes).expect("the record is whole")
}

/// A value of raft as serde takes it: as its bytes.
mod bytes_of {
    use protobuf::Message as Encodable;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &impl Encodable, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&super::encode(value))
    }

    pub(super) fn deserialize<'de, T: Encodable, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::parse_from_bytes(&bytes::Bytes::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
