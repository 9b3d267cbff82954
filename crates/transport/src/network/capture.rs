//! What messages say, in words: for whoever reads a run afterwards.

use super::Network;
use crate::message::Message;

/// A message that was sent, by the digest of its content, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedMessage {
    /// The digest of its content, as in its record.
    pub content: u64,
    /// The message as JSON.
    pub text: String,
}

impl Network {
    /// Keeps from here on what every message says, until it is [taken](Self::take_captured). It costs time and memory at every send.
    pub fn capture_messages(&mut self) {
        self.captured.get_or_insert_default();
    }

    /// What the messages say that were sent since this was last asked for, in the order of their sends. One that JSON cannot say is
    /// missing.
    pub fn take_captured(&mut self) -> Vec<CapturedMessage> {
        self.captured.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Keeps what a message says, if somebody wants to read it.
    #[inline(always)]
    pub(super) fn capture<M: Message>(&mut self, content: u64, message: &M) {
        if let Some(captured) = &mut self.captured {
            push_text(captured, content, message);
        }
    }
}

#[cold]
fn push_text<M: Message>(captured: &mut Vec<CapturedMessage>, content: u64, message: &M) {
    if let Ok(text) = serde_json::to_string(message) {
        captured.push(CapturedMessage { content, text });
    }
}
