//! What nodes of every workload send each other.

use cluster_sim::Label;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A question, or a datagram that nobody answers.
pub(crate) const REQUEST: u32 = 1;
/// An answer.
pub(crate) const REPLY: u32 = 2;

/// A message: 16 bytes with a body of 8.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Packet<B> {
    pub(crate) kind: u32,
    /// Which of its kind between these two nodes.
    pub(crate) sequence: u32,
    pub(crate) body: B,
}

impl<B> Packet<B> {
    /// Its declared label.
    pub(crate) fn label(&self) -> Label {
        Label::Key { kind: self.kind, id: u64::from(self.sequence) }
    }
}

/// The rest of a message.
pub(crate) trait Body: Clone + Serialize + DeserializeOwned + 'static {
    /// One that says `word`.
    fn saying(word: u64) -> Self;
    /// What it says.
    fn word(&self) -> u64;
}

impl Body for u64 {
    fn saying(word: u64) -> Self {
        word
    }

    fn word(&self) -> u64 {
        *self
    }
}

/// A body of 256 bytes on the heap.
impl Body for Vec<u8> {
    fn saying(word: u64) -> Self {
        vec![word as u8; 256]
    }

    fn word(&self) -> u64 {
        u64::from(self[0])
    }
}
