//! Messages among replicas.

use bytes::Bytes;
use cluster_sim_node::Label;
use serde::{Deserialize, Serialize};

use crate::entry::EntryId;

/// A message of one replica to another, with the term in which it was sent.
///
/// Figure 3.1 has request and answer of two calls; here they are datagrams, which may be lost, copied, and overtake each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogMessage {
    /// The term of its sender. A receiver in an earlier term goes over to this one first (§3.3).
    pub term: u64,
    /// The content.
    pub body: Body,
}

/// The content of a message.
///
/// The numbers of its kinds are part of labels: a new one gets a new number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Would you vote for me in the next term (§9.6)?
    PreVote {
        /// The end of the sender's log.
        last: EntryId,
    },
    /// I would.
    PreVoteGranted,
    /// Vote for me in this term (§3.4).
    Vote {
        /// The end of the sender's log.
        last: EntryId,
        /// Whether the leader asked for this election, so that it needs no protection from it (§4.2.3, §3.10).
        is_transfer: bool,
    },
    /// You have my vote, and it is on my disk.
    VoteGranted,
    /// From a leader: append these entries; without entries a heartbeat (§3.5).
    Append {
        /// The round of heartbeats in which it was sent; answers name it.
        round: u64,
        /// The entry before the first.
        previous: EntryId,
        /// The entries, each the bytes of an [`Entry`](crate::Entry).
        entries: Vec<Bytes>,
        /// The sender's commit index.
        commit: u64,
    },
    /// My log has yours up to here, on my disk.
    Appended {
        /// The round of the message that it answers.
        round: u64,
        /// The index of the last entry; 0 acknowledges a leader and no entry.
        matched: u64,
    },
    /// My log does not have the entry before yours.
    Mismatch {
        /// The round of the message that it answers.
        round: u64,
        /// The index of that entry.
        previous: u64,
        /// The last index at which the logs may agree.
        hint: u64,
    },
    /// From a leader: a snapshot of all up to an index (§5.1).
    Snapshot {
        /// The round of heartbeats in which it was sent.
        round: u64,
        /// The last entry that it covers.
        last: EntryId,
        /// The chain of that entry, the configuration and the state, as in the sender's journal.
        frame: Bytes,
    },
    /// From a leader: start an election now (§3.10).
    TimeoutNow,
    /// The term of your message is over: look at mine.
    Outdated,
}

/// Identifies a message for choices about its fate: by kind, and by what it is about.
pub fn label(message: &LogMessage) -> Label {
    let LogMessage { term, body } = message;
    let (kind, about) = match body {
        Body::PreVote { .. } => (1, 0),
        Body::PreVoteGranted => (2, 0),
        Body::Vote { .. } => (3, 0),
        Body::VoteGranted => (4, 0),
        Body::Append { round, entries, .. } if entries.is_empty() => (5, *round),
        Body::Append { previous, entries, .. } => (6, previous.index + entries.len() as u64),
        Body::Appended { round, matched: 0 } => (7, *round),
        Body::Appended { matched, .. } => (8, *matched),
        Body::Mismatch { previous, .. } => (9, *previous),
        Body::Snapshot { last, .. } => (10, last.index),
        Body::TimeoutNow => (11, 0),
        Body::Outdated => (12, 0),
    };
    Label::Key { kind, id: term << 32 ^ about }
}
