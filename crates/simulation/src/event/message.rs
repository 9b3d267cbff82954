//! The message that an event is about.

use std::fmt;
use std::sync::Arc;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::Key;

/// The message that an event is about.
///
/// A [`Record`](cluster_sim_runtime::Record) neither numbers messages nor holds their content, so some fields are present only in recordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMessage {
    /// The number that a send shares with its delivery or loss. Recordings only.
    ///
    /// A duplicate made by the network has its own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The key that addresses its fate.
    ///
    /// The sender's own label, or the digest of its content; in a session, the session.
    pub label: Key,
    /// The digest of its content: equal for equal messages.
    pub content: Key,
    /// Its length on a wire, in bytes.
    pub bytes: u32,
    /// Its variant and fields, or the text that its machine gives it. Recordings only.
    ///
    /// Long texts are truncated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// The send of a delivery or loss, even if the recording left that event out. Recordings only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

/// The send that a delivery or a loss belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The index of that event: a send or a duplication.
    pub index: u64,
    /// Its instant, in nanoseconds since the start.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
}

/// Writes `#3 ask(7)`; where the text is unknown, `message 5f0c22b90d3f0a11, 12 bytes`.
impl fmt::Display for EventMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = self.id {
            write!(formatter, "#{id} ")?;
        }
        match &self.text {
            Some(text) => formatter.write_str(text),
            None if self.bytes == 1 => write!(formatter, "message {}, 1 byte", self.label),
            None => write!(formatter, "message {}, {} bytes", self.label, self.bytes),
        }
    }
}
