//! Bugs that can be planted in the queue.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug of a broker.
///
/// Each is one condition at one place, independent of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// W01: a broker trims segments that it uploaded, before the log has committed that they are shipped.
    ///
    /// As AutoMQ and RocketMQ did: a crash between the upload and the commit leaves records that no manifest names.
    TrimBeforeCommit,
    /// W02: a producer is told the offset of another producer's batch while shipping lags behind.
    ///
    /// As in AutoMQ, where the offset was read before the wait for room and not read again after it.
    OffsetReuseUnderBackpressure,
    /// W04: a manifest takes a segment from a leader of an older epoch than the last.
    NoEpochCheck,
    /// W07: a checkpoint has the state of one position in the log and the number of a later one.
    FuzzyCheckpoint,
}

impl Bug {
    /// All bugs.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
