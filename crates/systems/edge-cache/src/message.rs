//! What the nodes of an edge cache say to each other.

use std::sync::Arc;

use cluster_sim_node::Label;
use serde::{Deserialize, Serialize};

/// A key of the cache, 0 to `key_count - 1`.
pub type Key = u32;

/// A version of a key: 1 for its first write; 0 for a key that was never written, as if committed when the run began.
pub type Version = u32;

/// One read or one write of a client, numbered by that client.
pub type Operation = u64;

/// A message between two nodes of an edge cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeMessage {
    /// Source to router, router to edge: this key has this version. Write and invalidation in one.
    Publish {
        /// The key that was written.
        key: Key,
        /// Its new version.
        version: Version,
        /// When it was committed, by the source's clock.
        committed_at_ns: u64,
    },
    /// Client to source: write this key.
    WriteRequest {
        /// Which write of the client.
        operation: Operation,
        /// The key to write.
        key: Key,
    },
    /// Source to client: the write is committed.
    WriteAck {
        /// Which write of the client.
        operation: Operation,
        /// The key that was written.
        key: Key,
        /// The version that the write became.
        version: Version,
    },
    /// Client to edge: what do you hold?
    ReadRequest {
        /// Which read of the client.
        operation: Operation,
        /// The key to read.
        key: Key,
    },
    /// Edge to client: this is what I hold.
    ReadReply {
        /// Which read of the client.
        operation: Operation,
        /// The key that was read.
        key: Key,
        /// The version the edge holds.
        version: Version,
    },
    /// Edge to source: a version of this key passed me by.
    Refetch {
        /// The key with the gap.
        key: Key,
        /// The version whose arrival showed the gap.
        got: Version,
    },
    /// Source to edge: the key as it stands.
    Refetched {
        /// The key that was asked for.
        key: Key,
        /// The version that showed the gap, as in the question.
        got: Version,
        /// The latest version.
        version: Version,
    },
    /// Router to edge: messages were skipped, fetch everything anew.
    Resync {
        /// Which lag of the router, from 0.
        lag: u32,
    },
    /// Edge to source: what is the latest version of every key?
    SnapshotRequest {
        /// Which lag of the router made the edge ask.
        lag: u32,
    },
    /// Source to edge: the latest version of every key that was ever written.
    Snapshot {
        /// Which lag of the router made the edge ask.
        lag: u32,
        /// Keys and versions, in order of key.
        entries: Arc<[(Key, Version)]>,
    },
}

/// What names a message for chance: its kind, and the write, operation or lag it is about.
///
/// What a message *answers* is left out, since that hangs on timing: the fate of a reply stays what it is in a run in which an
/// edge answers with another version.
pub fn label(message: &EdgeMessage) -> Label {
    let about = |key: Key, version: Version| u64::from(key) << 32 | u64::from(version);
    let (kind, id) = match message {
        EdgeMessage::Publish { key, version, .. } => (0, about(*key, *version)),
        EdgeMessage::WriteRequest { operation, .. } => (1, *operation),
        EdgeMessage::WriteAck { operation, .. } => (2, *operation),
        EdgeMessage::ReadRequest { operation, .. } => (3, *operation),
        EdgeMessage::ReadReply { operation, .. } => (4, *operation),
        EdgeMessage::Refetch { key, got } => (5, about(*key, *got)),
        EdgeMessage::Refetched { key, got, .. } => (6, about(*key, *got)),
        EdgeMessage::Resync { lag } => (7, u64::from(*lag)),
        EdgeMessage::SnapshotRequest { lag } => (8, u64::from(*lag)),
        EdgeMessage::Snapshot { lag, .. } => (9, u64::from(*lag)),
    };
    Label::Key { kind, id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_small_enough_to_be_moved_about() {
        assert!(size_of::<EdgeMessage>() <= 40, "{} bytes", size_of::<EdgeMessage>());
    }

    #[test]
    fn a_label_does_not_hang_on_timing() {
        let publish = |committed_at_ns| EdgeMessage::Publish { key: 3, version: 7, committed_at_ns };
        assert_eq!(label(&publish(1)), label(&publish(2)));
        let reply = |version| EdgeMessage::ReadReply { operation: 9, key: 3, version };
        assert_eq!(label(&reply(1)), label(&reply(2)));
        let ack = |version| EdgeMessage::WriteAck { operation: 9, key: 3, version };
        assert_eq!(label(&ack(1)), label(&ack(2)));
        let refetched = |version| EdgeMessage::Refetched { key: 3, got: 7, version };
        assert_eq!(label(&refetched(7)), label(&refetched(8)));
        let snapshot = |entries: &[(Key, Version)]| EdgeMessage::Snapshot { lag: 1, entries: entries.into() };
        assert_eq!(label(&snapshot(&[])), label(&snapshot(&[(1, 1)])));
    }

    #[test]
    fn different_messages_have_different_labels() {
        let messages = [
            EdgeMessage::Publish { key: 1, version: 2, committed_at_ns: 0 },
            EdgeMessage::Publish { key: 2, version: 1, committed_at_ns: 0 },
            EdgeMessage::Publish { key: 0, version: 1, committed_at_ns: 0 },
            EdgeMessage::WriteRequest { operation: 1, key: 0 },
            EdgeMessage::WriteAck { operation: 1, key: 0, version: 1 },
            EdgeMessage::ReadRequest { operation: 1, key: 0 },
            EdgeMessage::ReadReply { operation: 1, key: 0, version: 1 },
            EdgeMessage::Refetch { key: 0, got: 1 },
            EdgeMessage::Refetched { key: 0, got: 1, version: 1 },
            EdgeMessage::Resync { lag: 1 },
            EdgeMessage::SnapshotRequest { lag: 1 },
            EdgeMessage::Snapshot { lag: 1, entries: [].into() },
        ];
        for (index, one) in messages.iter().enumerate() {
            assert!(messages[index + 1..].iter().all(|other| label(one) != label(other)), "{one:?}");
        }
    }

    #[test]
    fn a_message_survives_encoding() {
        let message = EdgeMessage::Snapshot { lag: 4, entries: [(0, 1), (7, 3)].into() };
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<EdgeMessage>(&text).unwrap(), message);
    }
}
