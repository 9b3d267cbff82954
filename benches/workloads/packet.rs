//! The messages of every workload.

use cluster_sim::node::Label;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A question, or a datagram without an answer.
pub(crate) const REQUEST: u32 = 1;
/// An answer.
pub(crate) const REPLY: u32 = 2;

/// A message: 16 bytes with a body of 8.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Packet<B> {
    pub(crate) kind: u32,
    /// Counts messages of this kind between two nodes.
    pub(crate) sequence: u32,
    pub(crate) body: B,
}

impl<B> Packet<B> {
    /// The declared label.
    pub(crate) fn label(&self) -> Label {
        Label::Key { kind: self.kind, id: u64::from(self.sequence) }
    }
}

/// The body of a message.
pub(crate) trait Body: Clone + Serialize + DeserializeOwned + 'static {
    /// A body that carries `word`.
    fn with_word(word: u64) -> Self;
    /// The carried word.
    fn word(&self) -> u64;
}

impl Body for u64 {
    fn with_word(word: u64) -> Self {
        word
    }

    fn word(&self) -> u64 {
        *self
    }
}

/// A body of 256 bytes on the heap.
impl Body for Vec<u8> {
    fn with_word(word: u64) -> Self {
        vec![word as u8; 256]
    }

    fn word(&self) -> u64 {
        u64::from(self[0])
    }
}
