//! The texts of messages, kept while a run is recorded for a person to read.

use std::any::Any;

use super::describe::{describe, shorten};
use super::{PayloadKind, Payloads};
use crate::message::Message;

/// A message that was sent, by the digest of its content, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedMessage {
    /// The digest of the content, as in the record of the send.
    pub content: u64,
    /// Its text, at most 301 characters.
    ///
    /// Variant and fields from its serde form, or the text of the function given to [`Payloads::describe_with`].
    pub text: String,
}

/// The texts of a run, while they are kept, and the functions that describe a type.
#[derive(Default)]
pub(super) struct Capture {
    texts: Option<Vec<CapturedMessage>>,
    /// By kind of message: the function that describes it, if its type has one of its own.
    describers: Vec<Option<Box<dyn Any>>>,
}

impl Payloads {
    /// Captures the text of every message from here on, until it is [taken](Self::take_captured). Costs time and memory at every
    /// send.
    pub fn capture_messages(&mut self) {
        self.capture.texts.get_or_insert_default();
    }

    /// Takes the texts of the messages that were sent since the last call, in the order of their sends.
    pub fn take_captured(&mut self) -> Vec<CapturedMessage> {
        self.capture.texts.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Describes messages of this kind by `describe` where it answers; by their serde form elsewhere.
    pub fn describe_with<M: Message>(&mut self, kind: PayloadKind, describe: fn(&M) -> Option<String>) {
        let index = usize::from(kind.0);
        if self.capture.describers.len() <= index {
            self.capture.describers.resize_with(index + 1, || None);
        }
        self.capture.describers[index] = Some(Box::new(describe));
    }

    /// Captures the text of a message, if texts are captured.
    #[inline(always)]
    pub(in crate::network) fn capture<M: Message>(&mut self, kind: PayloadKind, content: u64, message: &M) {
        if self.capture.texts.is_some() {
            // Of a clone, so that a message whose text is not captured can stay in registers.
            self.push_text(kind, content, &message.clone());
        }
    }

    #[cold]
    fn push_text<M: Message>(&mut self, kind: PayloadKind, content: u64, message: &M) {
        let text = text_of(message, self.capture.describer(kind));
        self.capture.texts.get_or_insert_default().push(CapturedMessage { content, text });
    }
}

impl Capture {
    /// Returns the function that describes the messages of a kind, if their type has one.
    pub(super) fn describer(&self, kind: PayloadKind) -> Option<&dyn Any> {
        self.describers.get(usize::from(kind.0))?.as_deref()
    }
}

/// Describes a message by the function of its type where that answers; by its serde form elsewhere.
pub(super) fn text_of<M: Message>(message: &M, describer: Option<&dyn Any>) -> String {
    let own = describer.and_then(|any| any.downcast_ref::<fn(&M) -> Option<String>>()).and_then(|describe| describe(message));
    own.map_or_else(|| describe(message), |text| shorten(text, true))
}
