//! Messages under way: one slab for each type, so that values travel as they are.

use std::any::Any;

use cluster_sim_runtime::fold;

use crate::message::{Label, Message};

/// Which message type; types are told apart by their Rust identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadKind(pub(super) u16);

/// The messages of one type that are under way.
pub(super) struct Slab<M> {
    messages: Vec<Option<M>>,
    free: Vec<u32>,
}

impl<M: Message> Slab<M> {
    pub(super) fn new() -> Self {
        Self { messages: Vec::new(), free: Vec::new() }
    }

    #[inline]
    pub(super) fn insert(&mut self, message: M) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.messages[slot as usize] = Some(message);
                slot
            }
            None => {
                self.messages.push(Some(message));
                u32::try_from(self.messages.len() - 1).expect("messages in flight are bounded by their budget")
            }
        }
    }

    /// A copy of the message, for one of several receivers.
    #[inline]
    pub(super) fn copy(&self, slot: u32) -> M {
        self.messages[slot as usize].clone().expect("a parcel with receivers left holds its message")
    }

    /// The message itself, for the last receiver.
    #[inline]
    pub(super) fn take(&mut self, slot: u32) -> M {
        self.free.push(slot);
        self.messages[slot as usize].take().expect("a parcel is emptied by its last receiver")
    }
}

/// A slab of whatever type.
pub(super) trait AnySlab: Any {
    /// Drops a message that nobody receives any more.
    fn remove(&mut self, slot: u32);
    /// The message in the bytes that two types can share.
    fn encode(&self, slot: u32) -> Option<Vec<u8>>;
}

impl<M: Message> AnySlab for Slab<M> {
    fn remove(&mut self, slot: u32) {
        drop(self.take(slot));
    }

    fn encode(&self, slot: u32) -> Option<Vec<u8>> {
        postcard::to_allocvec(self.messages[slot as usize].as_ref()?).ok()
    }
}

/// The key that a label stands for, given the digest of the content.
#[inline]
pub(super) fn label_key(label: Label, content: u64) -> u64 {
    match label {
        Label::Content => content,
        Label::Key { kind, id } => fold(u64::from(kind), id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_receiver_gets_the_value_and_the_slot_is_free_again() {
        let mut slab = Slab::new();
        let slot = slab.insert("news".to_owned());
        assert_eq!((slab.copy(slot), slab.take(slot)), ("news".to_owned(), "news".to_owned()));
        assert_eq!(slab.insert("more".to_owned()), slot);
    }
}
