//! The write-ahead log of a partition: segment files on the disk of a node.
//!
//! | file | contents |
//! |---|---|
//! | `place.rs` | [`WalPlace`]: the directory and the paths in it |
//! | `segment_index.rs` | [`SegmentIndex`]: the segments in memory, and [`WalConfig`], when a new one begins |
//! | `plan.rs` | splits records over segments before anything is written |
//! | `writer.rs` | [`WalWriter`]: appends, syncs, removes from both ends |
//! | `reader.rs` | [`WalReader`]: reads and verifies |
//! | `scan.rs`, `recover.rs`, `cut.rs` | reads whole segments; after a restart or an error; removes the end |
//!
//! Only committed records are written here, and segments begin where the records alone say so: the files of all replicas are byte-equal.
//!
//! # Durability
//!
//! A segment is synced before the next one begins, and its name before its first record. So a crash leaves a log without gaps, whose
//! last segment may be torn after the last sync. A caller that knows how far the log was durable, from its checkpoint, passes that to
//! [`WalWriter::recover`]: damage before it is an error with its place, and never cut off.

mod cut;
mod error;
mod place;
mod plan;
mod reader;
mod recover;
mod scan;
mod segment_index;
mod writer;

pub use cut::remove_all;
pub use error::WalError;
pub use place::WalPlace;
pub use reader::{ReadLimit, ReadOutcome, WalReader};
pub use recover::{Expectation, Recovery, TornEnd};
pub use segment_index::{SegmentIndex, SegmentInfo, WalConfig};
pub use writer::WalWriter;
