//! A stream queue: topics with partitions, replicated by a log, kept in segment files, and shipped to an object store.
//!
//! Start at [`Config`]. [`broker()`] runs a broker as an async function, [`producer()`] and [`consumer()`] its clients; all speak in
//! sessions, as messages of [`message.rs`](QueueMessage). [`rules`] checks what the queue promises; [`Bug`] lists the faults that can be
//! planted.
//!
//! | module | contents |
//! |---|---|
//! | [`format`](mod@format) | the bytes of records, batches and segments, and the names of topics |
//! | [`wal`] | the write-ahead log of a partition on a disk |
//! | [`partition`] | the state of a partition, folded from the entries of its replication log |
//! | [`offload`] | closed segments in an object store |
//! | `broker` | replicas of partitions, and the sessions of clients |
//! | `client` | producers and consumers |
//! | [`rules`] | the invariants I1 to I6 |
//!
//! # Two logs
//!
//! The replicas of a partition agree on the entries of a replication log, which has a journal of its own: batches of records, offsets
//! of groups, segments that were shipped. A committed entry takes effect on the state of the partition, and its records are appended
//! to the write-ahead log. So entries of the protocol take no offset, offsets have no gaps, and the segment files of all replicas are
//! byte-equal. An acknowledged record is in the journals of a majority; the write-ahead log of a broker that crashed is made again
//! from its last checkpoint on.
//!
//! # What it survives
//!
//! Crashes, cuts, loss, delay and disks that fail, of any minority of the brokers at a time; a single broker survives its crashes. A
//! majority that is lost at once stops it, and it answers no one then. Clocks may show anything: they have a part in timestamps alone.

mod broker;
mod bug;
mod client;
mod config;
mod fact;
pub mod format;
mod history;
mod message;
pub mod offload;
pub mod partition;
pub mod rules;
pub mod wal;

pub use broker::{BrokerView, Member, PartitionView, broker, journal_directory};
pub use bug::Bug;
pub use client::{
    Connection, ConsumerLoad, ConsumerPosition, ConsumerView, Patience, ProducerLoad, ProducerView, consumer, producer,
};
pub use config::Config;
pub use fact::{BrokerFact, ClientFact, ContentHash, GroupFact};
pub use history::{EndAnswer, EndOp, PartitionEnds};
pub use message::{Acks, ProducerId, QUEUE_PORT, QueueError, QueueMessage, Reply, Request};
