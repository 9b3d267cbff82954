//! The message that an event is about.

use std::fmt;
use std::sync::Arc;

use cluster_sim_types::VirtualInstant;
use serde::{Deserialize, Serialize};

use super::Key;

/// The message that an event is about. A [`Record`](crate::Record) does not number messages and does not hold their content; what only a
/// recording knows is absent elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventMessage {
    /// A number that a send shares with its delivery or loss; a copy that the network made has one of its own. Recordings only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The key that addresses its fate: the sender's own label, or the digest of its content; in a session, the session.
    pub label: Key,
    /// The digest of its content: equal for equal messages.
    pub content: Key,
    /// Its length on a wire, in bytes.
    pub bytes: u32,
    /// Its variant and fields, or the text that its machine gives it; long ones are cut off. Recordings only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// The send of a delivery or loss, also if that event was left out of the recording. Recordings only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

/// The send that a delivery or a loss belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// The index of that event: a send, or the making of a copy.
    pub index: u64,
    /// Its instant, in nanoseconds since the start.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
}

/// `#3 ask(7)`; where the text is unknown, `message 5f0c22b90d3f0a11, 12 bytes`.
impl fmt::Display for EventMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = self.id {
            write!(formatter, "#{id} ")?;
        }
        match &self.text {
            Some(text) => formatter.write_str(text),
            None => write!(formatter, "message {}, {} bytes", self.label, self.bytes),
        }
    }
}
