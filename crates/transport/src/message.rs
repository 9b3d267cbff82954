//! Messages, received messages, and the labels that address random choices about them.

use cluster_sim_types::NodeId;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Any clonable serde type; implemented for all of them.
///
/// Between nodes of one message type a message travels as a value, without encoding. For a receiver of another type it is encoded
/// and decoded with postcard. Every send digests the content and measures its encoded length without creating the encoding.
pub trait Message: Clone + Serialize + DeserializeOwned + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + 'static> Message for T {}

/// Decodes a message. Returns `None` if it does not use every byte.
#[cfg(any(feature = "test-utils", feature = "tokio"))]
pub(crate) fn decode<M: Message>(bytes: &[u8]) -> Option<M> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Some(message),
        _ => None,
    }
}

/// A message together with its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received<M> {
    /// The sender.
    pub from: NodeId,
    /// The content.
    pub message: M,
}

/// Distinguishes messages on one link, so that random choices about them can be addressed.
///
/// Equal labels on one link are numbered by their repeats. Declare a key where the content depends on timing: the fate of a reply
/// then stays the same in a run that differs elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// The digest of the message's content, the default.
    Content,
    /// A declared key: a kind of message and the id of its subject.
    Key {
        /// The kind of message.
        kind: u32,
        /// The id of the subject, such as a correlation id or a version.
        id: u64,
    },
}
