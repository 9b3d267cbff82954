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
    /// R01 in the queue: a broker acknowledges entries to the leader before its journal is synced.
    AcknowledgesBeforeSync,
    /// The sequences of producers are forgotten whenever a segment is shipped.
    ///
    /// So a late retry has a second effect.
    ForgetsSequences,
    /// A checkpoint leaves out the offsets of groups.
    ForgetsGroups,
    /// A read passes over a record that is damaged on the disk and answers the records after it.
    SkipsDamagedRecord,
    /// Each second broker closes its segments at another size than the others.
    RotatesByOwnSetting,
    /// A broker trims closed segments, whether they are shipped or not.
    TrimsUnshipped,
}

impl Bug {
    /// All bugs.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
