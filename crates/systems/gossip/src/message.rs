//! The message of a round, and the value that nodes merge.

use cluster_sim_node::Label;
use serde::{Deserialize, Serialize};

/// The message that a node sends its peers in one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GossipMessage {
    /// The round of the sender's incarnation, from 0.
    pub round: u64,
    /// The newest value that the sender knows.
    pub newest: u64,
}

/// Labels a message by its round, because its content depends on which messages arrived before.
pub fn label(message: &GossipMessage) -> Label {
    Label::Key { kind: 0, id: message.round }
}

/// The newest value that a node knows in this incarnation; its view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct Newest(pub u64);

impl Newest {
    /// Keeps the larger of the two values.
    pub fn merge(&mut self, other: u64) {
        self.0 = self.0.max(other);
    }
}
