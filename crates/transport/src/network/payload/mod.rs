//! Payloads: the messages in flight by type, so that values travel without encoding.
//!
//! All receivers of a broadcast, and all copies, share one message with a count (`slab.rs`). The last one gets the value, the
//! others a clone. A receiver of another message type gets the message by way of its encoding. The content is represented in
//! records by its digest and encoded length (`digest.rs`).

mod capture;
mod describe;
mod digest;
mod slab;

use std::any::{Any, TypeId};

pub use capture::CapturedMessage;
pub use describe::describe;
pub use digest::content_of;

use crate::message::{Message, decode};
use capture::Capture;
use slab::{AnySlab, Slab};

/// The number of a message type within a network; types are distinguished by their `TypeId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadKind(u16);

/// The place of a message in the slab of its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageRef {
    pub(super) kind: PayloadKind,
    pub(super) slot: u32,
}

/// The messages in flight of all types.
#[derive(Default)]
pub struct Payloads {
    slabs: Vec<Box<dyn AnySlab>>,
    types: Vec<TypeId>,
    capture: Capture,
}

impl Payloads {
    /// Returns the kind that stands for the message type `M`, registering it on first use.
    pub fn kind<M: Message>(&mut self) -> PayloadKind {
        let identity = TypeId::of::<M>();
        let known = self.types.iter().position(|known| *known == identity);
        let index = known.unwrap_or_else(|| {
            self.types.push(identity);
            self.slabs.push(Box::new(Slab::<M>::new()));
            self.types.len() - 1
        });
        PayloadKind(u16::try_from(index).expect("a simulation has fewer than 65,536 message types"))
    }

    #[inline]
    fn slab<M: Message>(&mut self, kind: PayloadKind) -> &mut Slab<M> {
        let slab: &mut dyn Any = &mut *self.slabs[usize::from(kind.0)];
        slab.downcast_mut().expect("a payload kind is used with the type it was made for")
    }

    fn slab_of(&mut self, kind: PayloadKind) -> &mut dyn AnySlab {
        &mut *self.slabs[usize::from(kind.0)]
    }

    /// Stores a message that `references` copies carry; `kind` must be that of `M`.
    #[inline(always)]
    pub(super) fn insert<M: Message>(&mut self, kind: PayloadKind, message: M, references: u32) -> MessageRef {
        MessageRef { kind, slot: self.slab::<M>(kind).insert(message, references) }
    }

    /// Corrects the number of copies that carry a message.
    pub(super) fn set_references(&mut self, message: MessageRef, references: u32) {
        self.slab_of(message.kind).set_references(message.slot, references);
    }

    /// Returns the message for one receiver whose messages are of this kind, which must be that of `M`.
    ///
    /// A message of another kind is decoded from its encoding. `None` if that fails; the message is released in any case.
    #[inline(always)]
    pub(super) fn take<M: Message>(&mut self, message: MessageRef, kind: PayloadKind) -> Option<M> {
        if message.kind == kind { Some(self.slab::<M>(kind).take(message.slot)) } else { self.take_encoded(message) }
    }

    #[cold]
    fn take_encoded<M: Message>(&mut self, message: MessageRef) -> Option<M> {
        let slab = self.slab_of(message.kind);
        let decoded = slab.encode(message.slot).and_then(|bytes| decode(&bytes));
        slab.release(message.slot);
        decoded
    }

    /// Drops one copy that will not be received.
    pub(super) fn release(&mut self, message: MessageRef) {
        self.slab_of(message.kind).release(message.slot);
    }
}
