//! A segment in the object store, as the manifest has it.

use serde::{Deserialize, Serialize};

/// A closed segment whose object is in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shipped {
    /// The offset of its first record.
    pub base: u64,
    /// The offset after its last record.
    pub end: u64,
    /// The length of the segment before it was compressed.
    pub bytes: u64,
    /// The key of its object.
    pub key: String,
    /// CRC32 of the segment before it was compressed.
    pub crc: u32,
    /// The term of the leader that shipped it.
    pub epoch: u64,
}
