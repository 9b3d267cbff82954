//! The bytes of records, batches and segments, and the names of topics.
//!
//! | file | contents |
//! |---|---|
//! | `topic.rs` | [`TopicName`], checked when it is made, and [`TopicPartition`] |
//! | `record.rs` | [`Record`], and [`Draft`] before it has an offset |
//! | `batch.rs` | records one after the other |
//! | `segment.rs` | [`SegmentHeader`], the names of files and the keys of objects |
//! | `sealed.rs` | our own data with a magic, a version and a checksum: snapshots and checkpoints |
//! | `fields.rs` | reads fields and never beyond the end |
//!
//! A segment is a header and a batch, on disks and in the object store alike.

mod batch;
mod fields;
mod record;
mod sealed;
mod segment;
mod topic;

pub use batch::{BatchDamage, BatchError, BatchReader, decode_batch, encode_batch};
pub use record::{Draft, RECORD_BYTES_MAX, Record, RecordError, RecordHeader};
pub use sealed::{DataError, SealError};
pub use segment::{
    SEGMENT_HEADER_BYTES, SegmentHeader, SegmentHeaderError, TopicDamage, segment_base, segment_file_name, segment_key,
};
pub use topic::{TOPIC_BYTES_MAX, TopicName, TopicNameError, TopicPartition};

pub(crate) use sealed::{decode, seal, unseal};
