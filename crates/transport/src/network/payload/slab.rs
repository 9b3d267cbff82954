//! Slabs: the messages in flight of one type.

use std::any::Any;

use super::Store;
use super::capture::text_of;
use crate::message::Message;

/// The messages in flight of one type.
pub(super) struct Slab<M> {
    messages: Vec<SlabEntry<M>>,
    free: u32,
}

struct SlabEntry<M> {
    message: Option<M>,
    /// Copies in flight. In a free slot, the slot that was freed before it.
    references: u32,
}

const NO_SLOT: u32 = u32::MAX;

impl<M: Message> Slab<M> {
    pub(super) fn new() -> Self {
        Self { messages: Vec::new(), free: NO_SLOT }
    }

    /// Adds a message that `references` copies carry.
    #[inline(always)]
    pub(super) fn insert(&mut self, message: M, references: u32) -> u32 {
        let entry = SlabEntry { message: Some(message), references };
        match self.messages.get_mut(self.free as usize) {
            Some(vacant) => {
                let slot = self.free;
                self.free = vacant.references;
                *vacant = entry;
                slot
            }
            None => self.append(entry),
        }
    }

    #[inline(always)]
    fn append(&mut self, entry: SlabEntry<M>) -> u32 {
        self.messages.push(entry);
        u32::try_from(self.messages.len() - 1).expect("messages in flight are bounded by their budget")
    }

    /// Returns the message for one receiver: the value itself for the last one, else a clone.
    #[inline]
    pub(super) fn take(&mut self, slot: u32) -> M {
        let entry = &mut self.messages[slot as usize];
        let message = if entry.references > 1 {
            entry.references -= 1;
            entry.message.clone()
        } else {
            entry.references = self.free;
            self.free = slot;
            entry.message.take()
        };
        message.expect("a message in flight has a slot")
    }

    /// Removes one copy. Returns the message if it was the last one.
    fn release(&mut self, slot: u32) -> Option<M> {
        let entry = &mut self.messages[slot as usize];
        if entry.references > 1 {
            entry.references -= 1;
            return None;
        }
        Some(self.take(slot))
    }

    /// Corrects the number of copies that carry the message. Returns the message if there are none.
    fn set_references(&mut self, slot: u32, references: u32) -> Option<M> {
        self.messages[slot as usize].references = references;
        (references == 0).then(|| self.take(slot))
    }

    fn encode(&self, slot: u32) -> Option<Vec<u8>> {
        postcard::to_allocvec(self.messages[slot as usize].message.as_ref()?).ok()
    }
}

/// A store of any message type.
pub(super) trait AnySlab: Any {
    /// Drops one copy, and the message with the last one.
    fn release(&self, slot: u32);
    /// Corrects the number of copies that carry the message.
    fn set_references(&self, slot: u32, references: u32);
    /// Encodes the message for a receiver of another type.
    fn encode(&self, slot: u32) -> Option<Vec<u8>>;
    /// Describes the message, by the function of its type if it has one.
    fn text(&self, slot: u32, describer: Option<&dyn Any>) -> Option<String>;
}

impl<M: Message> AnySlab for Store<M> {
    fn release(&self, slot: u32) {
        // A message may own anything, so its destructor runs when the slab is free again.
        let dropped = self.slab.borrow_mut().release(slot);
        drop(dropped);
    }

    fn set_references(&self, slot: u32, references: u32) {
        let dropped = self.slab.borrow_mut().set_references(slot, references);
        drop(dropped);
    }

    fn encode(&self, slot: u32) -> Option<Vec<u8>> {
        self.slab.borrow().encode(slot)
    }

    fn text(&self, slot: u32, describer: Option<&dyn Any>) -> Option<String> {
        let slab = self.slab.borrow();
        Some(text_of(slab.messages.get(slot as usize)?.message.as_ref()?, describer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_receiver_takes_the_value_and_frees_the_slot() {
        let mut slab = Slab::new();
        let slot = slab.insert("news".to_owned(), 2);
        assert_eq!((slab.take(slot), slab.take(slot)), ("news".to_owned(), "news".to_owned()));
        assert_eq!(slab.insert("more".to_owned(), 1), slot);
        slab.set_references(slot, 0);
        assert_eq!(slab.insert("other".to_owned(), 1), slot);
    }
}
