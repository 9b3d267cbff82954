//! Facts that clients and brokers report for the rules.

use cluster_sim_node::NodeId;
use cluster_sim_replicated_log::LogFact;

use crate::format::{Draft, Record, TopicPartition};
use crate::message::{Acks, ProducerId};

/// The 64-bit hash of what a producer puts into a record: key, value and headers, by FNV-1a.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub u64);

impl ContentHash {
    /// Hashes what is to be published.
    pub fn of_draft(draft: &Draft) -> Self {
        Self::of(&draft.key, &draft.value, draft.headers.iter().map(|header| (&*header.key, &*header.value)))
    }

    /// Hashes what a record holds besides its place and its time.
    pub fn of_record(record: &Record) -> Self {
        Self::of(&record.key, &record.value, record.headers.iter().map(|header| (&*header.key, &*header.value)))
    }

    fn of<'a>(key: &[u8], value: &[u8], headers: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325;
        let mut add = |bytes: &[u8]| {
            // The length keeps the parts apart.
            for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        add(key);
        add(value);
        headers.for_each(|(key, value)| {
            add(key);
            add(value);
        });
        Self(hash)
    }
}

/// A fact of a producer or a consumer. Rules keep their ledger by these alone and never ask a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFact {
    /// A producer is about to publish a batch, for the first time.
    Publishing {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer: ProducerId,
        /// The number of the batch.
        sequence: u64,
        /// The promise that it asks for.
        acks: Acks,
        /// The records.
        hashes: Vec<ContentHash>,
    },
    /// A broker acknowledged a batch.
    Acknowledged {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer: ProducerId,
        /// The number of the batch.
        sequence: u64,
        /// The promise that it asked for.
        acks: Acks,
        /// The offset of its first record.
        base: u64,
        /// The records.
        hashes: Vec<ContentHash>,
    },
    /// A broker refused a batch, which then has no offset, or none answered in time.
    NotAcknowledged {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer: ProducerId,
        /// The number of the batch.
        sequence: u64,
    },
    /// A consumer read records, whose checksums it verified.
    Read {
        /// The partition.
        partition: TopicPartition,
        /// The offset that it asked for.
        from: u64,
        /// The records that it got.
        hashes: Vec<ContentHash>,
        /// The offset at which the partition ended, as the broker said.
        end: u64,
        /// Whether some came from the object store.
        is_from_store: bool,
    },
    /// A consumer got bytes that are no records, or records out of place.
    ///
    /// The broker let damage through.
    ReadDamage {
        /// The partition.
        partition: TopicPartition,
        /// The offset that it asked for.
        from: u64,
        /// The damage.
        cause: String,
    },
    /// A client is about to commit or ask for the offset of a group, for the first time.
    AskingGroup {
        /// The partition.
        partition: TopicPartition,
        /// The group.
        group: String,
    },
    /// A broker acknowledged the offset of a group, or told it.
    GroupOffset {
        /// The partition.
        partition: TopicPartition,
        /// The group.
        group: String,
        /// The offset; 0 if the group has committed none.
        offset: u64,
        /// Whether it was stored by this request.
        is_commit: bool,
    },
}

/// A fact of a broker about one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BrokerFact {
    /// Opened its log, or took that of another replica in place of its own.
    Opened {
        /// The partition.
        partition: TopicPartition,
        /// The offset at which it goes on.
        end: u64,
    },
    /// Appended committed records to its log.
    Applied {
        /// The partition.
        partition: TopicPartition,
        /// The offset of the first.
        base: u64,
        /// The records.
        hashes: Vec<ContentHash>,
    },
    /// Listed a segment as shipped, or opened its log with a state that lists it.
    Listed {
        /// The partition.
        partition: TopicPartition,
        /// The offset of its first record.
        base: u64,
        /// The offset after its last record.
        end: u64,
        /// The term of the leader that shipped it.
        epoch: u64,
    },
    /// Changed the offset of a group.
    GroupMoved {
        /// The partition.
        partition: TopicPartition,
        /// The group.
        group: String,
        /// The offset.
        offset: u64,
    },
    /// Was elected to lead a partition.
    Elected {
        /// The partition.
        partition: TopicPartition,
        /// The term.
        term: u64,
    },
    /// Began to serve a partition as its leader: it has applied an entry of its own term.
    Leads {
        /// The partition.
        partition: TopicPartition,
        /// The term.
        term: u64,
        /// The offset at which its log ended.
        end: u64,
    },
    /// Deleted a segment from its disk.
    Trimmed {
        /// The partition.
        partition: TopicPartition,
        /// The offset of the first record.
        base: u64,
        /// The offset after the last record.
        end: u64,
        /// The key of the object that has it.
        key: String,
    },
    /// Takes another broker for dead, or for alive again.
    Member {
        /// The other broker.
        member: NodeId,
        /// Whether it is taken for alive now.
        is_alive: bool,
    },
}

/// A fact of the replication log of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFact {
    /// The partition.
    pub partition: TopicPartition,
    /// The fact.
    pub fact: LogFact,
}
