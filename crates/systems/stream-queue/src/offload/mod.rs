//! Closed segments in an object store: `{cluster}/{topic}/{partition}/{base}-{end}.sqseg`, compressed by zstd.
//!
//! | file | contents |
//! |---|---|
//! | `archive.rs` | [`Archive`]: stores, confirms and reads segments |
//! | `packed.rs` | a segment as an object, compressed and verified |
//! | `segment_cache.rs` | the segments that were read last |
//! | `error.rs` | [`ArchiveError`], [`SegmentDamage`] |
//!
//! A broker deletes a segment from its disk once the log has committed that it is shipped and [`Archive::confirm`] has read it back.

mod archive;
mod error;
mod packed;
mod segment_cache;

#[cfg(test)]
mod tests;

pub use archive::Archive;
pub use error::{ArchiveError, SegmentDamage};

pub use crate::partition::SEGMENT_BYTES_MAX;
