//! Messages between clients and servers, and among servers.

use cluster_sim_node::{Label, NodeId};
use serde::{Deserialize, Serialize};

use super::operation::{StoreAnswer, StoreKey};
use super::sessions::Command;
use crate::log_message::{LogMessage, label};
use crate::replica::MemberChange;

/// A message of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreMessage {
    /// Among servers.
    Log(LogMessage),
    /// From client to server: execute a command.
    Ask {
        /// The number of the question, which the answer repeats: the life of the client, and which of that life.
        question: u64,
        /// The command.
        command: Command,
    },
    /// From client to server: read a register.
    Read {
        /// As above.
        question: u64,
        /// The register.
        key: StoreKey,
    },
    /// From operator to server: make room for another leader.
    Transfer {
        /// As above.
        question: u64,
        /// The next leader.
        to: NodeId,
    },
    /// From operator to server: change the configuration.
    Change {
        /// As above.
        question: u64,
        /// The change.
        change: MemberChange,
    },
    /// From server to operator: the transfer has begun, or the configuration is so.
    Done {
        /// As above.
        question: u64,
    },
    /// From server to client: the session is open.
    Opened {
        /// As above.
        question: u64,
        /// Its name.
        session: u64,
    },
    /// From server to client: the answer.
    Answer {
        /// As above.
        question: u64,
        /// The answer.
        answer: StoreAnswer,
    },
    /// From server to client: that session was evicted.
    Expired {
        /// As above.
        question: u64,
    },
    /// From server to client: ask another one.
    Refused {
        /// As above.
        question: u64,
        /// The leader, if it is known.
        leader: Option<NodeId>,
    },
}

/// Identifies a message for choices about its fate.
pub fn label_of(message: &StoreMessage) -> Label {
    let (kind, id) = match message {
        StoreMessage::Log(message) => return label(message),
        StoreMessage::Ask { question, .. } => (20, *question),
        StoreMessage::Read { question, .. } => (21, *question),
        StoreMessage::Opened { question, .. } => (22, *question),
        StoreMessage::Answer { question, .. } => (23, *question),
        StoreMessage::Expired { question } => (24, *question),
        StoreMessage::Refused { question, .. } => (25, *question),
        StoreMessage::Transfer { question, .. } => (26, *question),
        StoreMessage::Change { question, .. } => (27, *question),
        StoreMessage::Done { question } => (28, *question),
    };
    Label::Key { kind, id }
}

/// The messages and facts of one event.
pub(crate) type Outgoing = cluster_sim_node::ProtocolOutbox<StoreMessage>;
