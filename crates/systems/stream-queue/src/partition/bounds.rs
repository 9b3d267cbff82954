//! The most that a partition's state may hold.

/// The most records of a batch.
pub const BATCH_RECORDS_MAX: usize = 4_096;

/// The most bytes of a batch's records as encoded: those of the longest record.
pub const BATCH_BYTES_MAX: usize = crate::format::RECORD_BYTES_MAX;

/// The producers that are remembered; a further one replaces the one that has been silent longest.
pub const PRODUCERS_MAX: usize = 1_024;

/// The batches of a producer whose offsets are remembered.
///
/// As many as a producer of Kafka may have in flight.
pub const BATCHES_MAX: usize = 5;

/// The most groups of consumers.
pub const GROUPS_MAX: usize = 1_024;

/// The longest name of a group, in bytes.
pub const GROUP_BYTES_MAX: usize = 64;

/// The most segments of a manifest.
pub const MANIFEST_MAX: usize = 65_536;

/// The longest key of an object, in bytes; that of S3.
pub const KEY_BYTES_MAX: usize = 1_024;

/// The most bytes of a shipped segment: 64 MiB, for it is read back into memory.
pub const SEGMENT_BYTES_MAX: usize = 64 << 20;
