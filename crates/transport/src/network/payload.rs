//! Messages under way: one slab for each type, so that values travel as they are.

use std::any::Any;

use postcard::ser_flavors::Flavor;
use serde::Serialize;

use cluster_sim_runtime::{finalize, fold};

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

/// The digest and the length in bytes of a message's encoding, made without ever holding those bytes.
///
/// # Panics
/// If the message's own `Serialize` fails: it could not travel at all.
pub fn content_of<M: Serialize>(message: &M) -> (u64, u32) {
    let flavor = ContentDigest { state: 0, word: 0, shift: 0, length: 0 };
    postcard::serialize_with_flavor(message, flavor).expect("a message can be serialised")
}

/// The key that a label stands for, given the digest of the content.
#[inline]
pub(super) fn label_key(label: Label, content: u64) -> u64 {
    match label {
        Label::Content => content,
        Label::Key { kind, id } => fold(u64::from(kind), id),
    }
}

/// Takes encoded bytes in, eight at a time.
struct ContentDigest {
    state: u64,
    word: u64,
    shift: u32,
    length: u32,
}

impl Flavor for ContentDigest {
    type Output = (u64, u32);

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.word |= u64::from(byte) << self.shift;
        self.length += 1;
        self.shift += 8;
        if self.shift == 64 {
            self.state = fold(self.state, self.word);
            self.word = 0;
            self.shift = 0;
        }
        Ok(())
    }

    #[inline]
    fn finalize(self) -> postcard::Result<(u64, u32)> {
        Ok((finalize(fold(fold(self.state, self.word), u64::from(self.length))), self.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_differs_with_every_byte_and_with_length() {
        let texts = ["", "a", "b", "aa", "a longer text than one word", "a longer text than one worD"];
        let digests = texts.map(|text| content_of(&text).0);
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[index + 1..].contains(digest), "{:?}", texts[index]);
        }
        assert_eq!(content_of(&[0_u8; 8].as_slice()).1, 9, "a length, then eight bytes");
        assert_ne!(content_of(&(0_u8, 0_u8)).0, content_of(&(0_u8, 0_u8, 0_u8)).0, "trailing zeros count");
    }

    #[test]
    fn the_last_receiver_gets_the_value_and_the_slot_is_free_again() {
        let mut slab = Slab::new();
        let slot = slab.insert("news".to_owned());
        assert_eq!((slab.copy(slot), slab.take(slot)), ("news".to_owned(), "news".to_owned()));
        assert_eq!(slab.insert("more".to_owned()), slot);
    }
}
