//! Captures the content of messages as text, for recordings.

use super::Network;
use crate::message::Message;

/// The content of one sent message as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedMessage {
    /// The digest of the content, as in the record of the send.
    pub content: u64,
    /// The message as JSON.
    pub text: String,
}

impl Network {
    /// Captures every message sent from now on, which costs time and memory at each send.
    ///
    /// [`take_captured`](Self::take_captured) returns them.
    pub fn capture_messages(&mut self) {
        self.captured.get_or_insert_default();
    }

    /// Returns the messages captured since the last call, in the order of their sends.
    ///
    /// A message that JSON cannot represent is missing.
    pub fn take_captured(&mut self) -> Vec<CapturedMessage> {
        self.captured.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Captures a message if a recording asked for it.
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
