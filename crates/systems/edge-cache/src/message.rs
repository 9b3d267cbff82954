//! Messages between the nodes of an edge cache.

use std::sync::Arc;

use cluster_sim_node::Label;
use serde::{Deserialize, Serialize};

/// A key of the cache, from 0 to `key_count - 1`.
pub type Key = u32;

/// A version of a key, 1 for its first write.
///
/// 0 means that the key was never written. It counts as committed when the run began.
pub type Version = u32;

/// The number of a read or a write of one client; reads and writes are counted separately, from 0.
pub type CacheOperation = u64;

/// A message between two nodes of an edge cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeMessage {
    /// From source to router and from router to edge: a key has a new version.
    ///
    /// Serves as write and as invalidation.
    Publish {
        /// The key that was written.
        key: Key,
        /// The new version.
        version: Version,
        /// The instant of the commit on the source's clock, in nanoseconds.
        committed_at_ns: u64,
    },
    /// From client to source: write a key.
    WriteRequest {
        /// The write, numbered by the client.
        operation: CacheOperation,
        /// The key to write.
        key: Key,
    },
    /// From source to client: the write is committed.
    WriteAck {
        /// The write, numbered by the client.
        operation: CacheOperation,
        /// The key that was written.
        key: Key,
        /// The version of the write.
        version: Version,
    },
    /// From client to edge: read a key.
    ReadRequest {
        /// The read, numbered by the client.
        operation: CacheOperation,
        /// The key to read.
        key: Key,
    },
    /// From edge to client: the version that the edge holds.
    ReadReply {
        /// The read, numbered by the client.
        operation: CacheOperation,
        /// The key that was read.
        key: Key,
        /// The version.
        version: Version,
    },
    /// From edge to source: the edge missed versions of a key.
    Refetch {
        /// The key with the gap.
        key: Key,
        /// The version whose arrival revealed the gap.
        got: Version,
    },
    /// From source to edge: the latest version of a key.
    Refetched {
        /// The key.
        key: Key,
        /// The version that revealed the gap, copied from the request.
        got: Version,
        /// The latest version.
        version: Version,
    },
    /// From router to edge: messages were skipped, fetch a snapshot.
    Resync {
        /// The number of the router's lag, from 0.
        lag: u32,
    },
    /// From edge to source: send a snapshot.
    SnapshotRequest {
        /// The number of the router's lag that caused it.
        lag: u32,
    },
    /// From source to edge: the latest version of every key that was ever written.
    Snapshot {
        /// The number of the router's lag that caused it.
        lag: u32,
        /// Keys and versions, in order of key.
        entries: Arc<[(Key, Version)]>,
    },
}

/// Labels a message by its kind and by the write, operation or lag it is about.
///
/// The content of an answer is left out because it depends on timing: a reply keeps its fate if the edge answers with another
/// version.
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
    fn a_message_takes_at_most_40_bytes() {
        assert!(size_of::<EdgeMessage>() <= 40, "{} bytes", size_of::<EdgeMessage>());
    }

    #[test]
    fn a_label_does_not_depend_on_timing() {
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
