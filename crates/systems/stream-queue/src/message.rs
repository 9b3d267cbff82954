//! Requests of clients, and what brokers answer, as messages of a session.

use bytes::Bytes;
use cluster_sim_node::NodeId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::format::{Draft, TopicPartition};

/// The port on which a broker listens for the sessions of clients.
pub const QUEUE_PORT: &str = "queue";

/// When a producer hears that its records are appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Acks {
    /// Once a majority of the brokers has them on disk, synced: no crash of a minority loses them.
    #[default]
    All,
    /// Once the leader has them on disk, synced; their offset is not told.
    ///
    /// Another leader may not have them. With one broker the same as [`All`](Self::All).
    Local,
    /// At once, before anything is done: they may be lost, and their offset is not told.
    ///
    /// Their number does not count: a batch that is sent twice may be appended twice.
    None,
}

/// A producer in one life; it numbers its batches from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProducerId(pub u64);

/// A request of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Append records, all or none; answered by [`Reply::Appended`].
    ///
    /// A retry repeats producer and sequence, so it has no second effect.
    Produce {
        /// The partition; its topic is created if there is none.
        partition: TopicPartition,
        /// The producer.
        producer: ProducerId,
        /// The number of the batch among those of the producer to this partition, from 1 without gaps.
        sequence: u64,
        /// When to answer.
        acks: Acks,
        /// The records, at least one.
        records: Vec<Draft>,
    },
    /// Read records; answered by [`Reply::Records`].
    Fetch {
        /// The partition.
        partition: TopicPartition,
        /// The first offset.
        from: u64,
        /// The most records to answer.
        limit: u32,
    },
    /// Ask where the next record will go; answered by [`Reply::End`].
    End {
        /// The partition.
        partition: TopicPartition,
    },
    /// Store the offset at which a group goes on; answered by [`Reply::Committed`].
    Commit {
        /// The partition.
        partition: TopicPartition,
        /// The group.
        group: String,
        /// The offset of the next record to read: never less than the one before, never beyond the end.
        offset: u64,
    },
    /// Ask for the offset at which a group goes on; answered by [`Reply::Committed`].
    Committed {
        /// The partition.
        partition: TopicPartition,
        /// The group.
        group: String,
    },
}

impl Request {
    /// Returns the partition that the request is about.
    pub fn partition(&self) -> TopicPartition {
        match self {
            Self::Produce { partition, .. }
            | Self::Fetch { partition, .. }
            | Self::End { partition }
            | Self::Commit { partition, .. }
            | Self::Committed { partition, .. } => *partition,
        }
    }
}

/// The answer to a request that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Records were appended.
    Appended {
        /// The offset of the first; `None` with [`Acks::None`], and with [`Acks::Local`] on several brokers.
        base: Option<u64>,
    },
    /// Records as they are stored, one after the other, with their checksums.
    Records {
        /// The bytes of a batch; empty if there is no record at that offset yet.
        batch: Bytes,
        /// The offset after the last of them.
        next: u64,
        /// The offset at which the partition ended when it was asked.
        end: u64,
        /// Whether some of them came from the object store.
        is_from_store: bool,
    },
    /// The offset that the next record gets.
    End {
        /// That offset.
        end: u64,
    },
    /// The offset at which the group goes on; `None` if it has committed none.
    Committed {
        /// That offset.
        offset: Option<u64>,
    },
}

/// The reason why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum QueueError {
    /// Another broker leads the partition.
    ///
    /// A broker that led when it took the request says so too once it leads no more. The request may still take effect then, and a
    /// retry has no second effect.
    #[error("this broker does not lead the partition; ask {}", leader_text(*leader))]
    NotLeader {
        /// The leader, if it is known.
        leader: Option<NodeId>,
    },
    /// Too many requests wait for the partition; nothing was appended.
    #[error("{waiting} requests wait for the partition; ask again later")]
    Busy {
        /// The requests that wait.
        waiting: u32,
    },
    /// The disk of the leader failed.
    ///
    /// Nothing was acknowledged. The request may still take effect once the disk is read again, and a retry has no second effect.
    #[error("the disk of the broker failed: {cause}; ask again once it works")]
    Disk {
        /// The error of the disk.
        cause: String,
    },
    /// A record that was stored cannot be read as it was written.
    #[error("offset {offset} cannot be read: {cause}")]
    Damaged {
        /// The offset of the first record that cannot be read.
        offset: u64,
        /// The damage.
        cause: String,
    },
    /// Records are in the object store alone, and it gave none.
    #[error("offset {offset} is in the object store, which failed: {cause}; ask again once it works")]
    Store {
        /// The first offset that was to be read there.
        offset: u64,
        /// The error of the store.
        cause: String,
    },
    /// The request cannot be done as it is.
    #[error("{cause}")]
    Refused {
        /// Why, with the value and the cure.
        cause: String,
    },
    /// No broker answered in time; the request may have been done.
    #[error("no broker answered after {attempts} attempts; the request may have been done")]
    Unanswered {
        /// The attempts.
        attempts: u32,
    },
}

impl QueueError {
    /// Returns whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::NotLeader { .. } | Self::Busy { .. } | Self::Disk { .. } | Self::Store { .. })
    }
}

fn leader_text(leader: Option<NodeId>) -> String {
    leader.map_or_else(|| "again later: the leader is not known".to_owned(), |leader| leader.to_string())
}

/// A message of a session between a client and a broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueMessage {
    /// A client asks.
    Ask {
        /// The number of the request in its session.
        number: u64,
        /// The request.
        request: Request,
    },
    /// A broker answers.
    Answer {
        /// The number of the request.
        number: u64,
        /// The answer.
        result: Result<Reply, QueueError>,
    },
}
