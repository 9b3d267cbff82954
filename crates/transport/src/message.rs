//! What travels.

use cluster_sim_types::NodeId;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Anything that nodes can send each other: a clonable serde type.
///
/// Between nodes of one message type it travels as a value; for a receiver of another type it is encoded and decoded. At every send
/// its encoding is digested and measured, without being kept.
pub trait Message: Clone + Serialize + DeserializeOwned + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + 'static> Message for T {}

/// The message in these bytes; every byte must be part of it.
#[cfg(any(feature = "test-utils", feature = "tokio"))]
pub(crate) fn decode<M: Message>(bytes: &[u8]) -> Option<M> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Some(message),
        _ => None,
    }
}

/// A message handed to its receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received<M> {
    /// Who sent it.
    pub from: NodeId,
    /// What it says.
    pub message: M,
}

/// What names a message among those from one node to another, for addressing chance.
///
/// Equal labels on one link are told apart by how often they were sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// The digest of the message's content.
    Content,
    /// A declared key: the kind of the message and the id of what it is about.
    Key {
        /// The kind of message.
        kind: u32,
        /// What it is about: a correlation id, a version.
        id: u64,
    },
}
