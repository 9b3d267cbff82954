//! A stream queue: topics with partitions, replicated by a log, kept in segment files, and shipped to an object store.
//!
//! | module | contents |
//! |---|---|
//! | [`format`](mod@format) | the bytes of records, batches and segments, and the names of topics |
//! | [`wal`] | the write-ahead log of a partition on a disk |
//! | [`partition`] | the state of a partition, folded from the entries of its replication log |
//! | [`offload`] | closed segments in an object store |

mod bug;
pub mod format;
mod message;
pub mod offload;
pub mod partition;
pub mod wal;

pub use bug::Bug;
pub use message::ProducerId;
