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
use std::cell::RefCell;
use std::rc::Rc;

pub use capture::CapturedMessage;
pub use describe::describe;
pub use digest::content_of;

use crate::message::{Message, decode};
use capture::Capture;
use slab::{AnySlab, Slab};

/// The number of a message type within a network; types are distinguished by their `TypeId`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadKind(u16);

impl PayloadKind {
    #[inline]
    pub(super) const fn number(self) -> u16 {
        self.0
    }

    #[inline]
    pub(super) const fn numbered(number: u16) -> Self {
        Self(number)
    }
}

/// The place of a message in the slab of its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct MessageRef {
    pub(super) kind: PayloadKind,
    pub(super) slot: u32,
}

/// The messages in flight of one type, shared by the network and the hosts whose messages they are.
///
/// A host that keeps it sends and receives without looking it up by type.
pub struct Store<M> {
    kind: PayloadKind,
    slab: Rc<RefCell<Slab<M>>>,
}

impl<M> Clone for Store<M> {
    fn clone(&self) -> Self {
        Self { kind: self.kind, slab: Rc::clone(&self.slab) }
    }
}

impl<M: Message> Store<M> {
    /// Returns the kind of the messages.
    #[inline]
    pub fn kind(&self) -> PayloadKind {
        self.kind
    }

    /// Stores a message that `references` copies carry.
    #[inline(always)]
    pub(super) fn insert(&self, message: M, references: u32) -> MessageRef {
        MessageRef { kind: self.kind, slot: self.slab.borrow_mut().insert(message, references) }
    }

    /// Returns the message for one receiver.
    #[inline(always)]
    pub(super) fn take(&self, slot: u32) -> M {
        self.slab.borrow_mut().take(slot)
    }
}

/// The messages in flight of all types.
#[derive(Default)]
pub struct Payloads {
    stores: Vec<Box<dyn AnySlab>>,
    types: Vec<TypeId>,
    capture: Capture,
}

impl Payloads {
    /// Returns the kind that stands for the message type `M`, registering it on first use.
    pub fn kind<M: Message>(&mut self) -> PayloadKind {
        let identity = TypeId::of::<M>();
        let known = self.types.iter().position(|known| *known == identity);
        match known {
            Some(index) => PayloadKind(index as u16),
            None => {
                let number = u16::try_from(self.types.len()).ok().filter(|number| *number < u16::MAX);
                let kind = PayloadKind(number.expect("a simulation has fewer than 65,535 message types"));
                self.types.push(identity);
                self.stores.push(Box::new(Store { kind, slab: Rc::new(RefCell::new(Slab::<M>::new())) }));
                kind
            }
        }
    }

    /// Returns the store of the messages of a type, for a host.
    pub fn store<M: Message>(&mut self) -> Store<M> {
        let kind = self.kind::<M>();
        self.store_of(kind).clone()
    }

    #[inline]
    fn store_of<M: Message>(&self, kind: PayloadKind) -> &Store<M> {
        let store: &dyn Any = &*self.stores[usize::from(kind.0)];
        store.downcast_ref().expect("a payload kind is used with the type it was made for")
    }

    fn slab_of(&self, kind: PayloadKind) -> &dyn AnySlab {
        &*self.stores[usize::from(kind.0)]
    }

    /// Stores a message that `references` copies carry; `kind` must be that of `M`.
    #[inline(always)]
    pub(super) fn insert<M: Message>(&self, kind: PayloadKind, message: M, references: u32) -> MessageRef {
        self.store_of::<M>(kind).insert(message, references)
    }

    /// Corrects the number of copies that carry a message.
    pub(super) fn set_references(&self, message: MessageRef, references: u32) {
        self.slab_of(message.kind).set_references(message.slot, references);
    }

    /// Returns the message for one receiver whose messages are of this kind, which must be that of `M`.
    ///
    /// A message of another kind is decoded from its encoding. `None` if that fails; the message is released in any case.
    #[inline(always)]
    pub(super) fn take<M: Message>(&self, message: MessageRef, kind: PayloadKind) -> Option<M> {
        if message.kind == kind { Some(self.store_of::<M>(kind).take(message.slot)) } else { self.take_encoded(message) }
    }

    #[cold]
    pub(super) fn take_encoded<M: Message>(&self, message: MessageRef) -> Option<M> {
        let slab = self.slab_of(message.kind);
        let decoded = slab.encode(message.slot).and_then(|bytes| decode(&bytes));
        slab.release(message.slot);
        decoded
    }

    /// Returns the text of a message in flight.
    pub(super) fn text(&self, message: MessageRef) -> Option<String> {
        self.slab_of(message.kind).text(message.slot, self.capture.describer(message.kind))
    }

    /// Drops one copy that will not be received.
    pub(super) fn release(&self, message: MessageRef) {
        self.slab_of(message.kind).release(message.slot);
    }
}
