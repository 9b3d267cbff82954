//! Bugs that can be planted in the ledger.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug of a store, present in both styles.
///
/// Each is one condition at one place, independent of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// A store acknowledges an entry once it is written, and syncs it later.
    ///
    /// As with logs that are flushed once a second, or by the operating system (Kafka, Redis with `everysec`).
    AcknowledgesBeforeSync,
    /// A store whose sync failed tries it again, and believes the one that succeeds.
    ///
    /// The first one marked the lost pages clean, so the second has nothing to write (PostgreSQL's fsyncgate).
    BelievesRetriedSync,
    /// A store takes the torn tail of its journal for corruption, and does not start any more.
    TornTailIsCorruption,
    /// A store takes corruption for a torn tail, and cuts off entries that it acknowledged.
    ///
    /// As with logs whose recovery stops at the first bad checksum and calls the rest a torn write.
    CorruptionIsTornTail,
    /// A store renames its new epoch file over the old one and does not sync the directory.
    ///
    /// So a crash may bring back the old one.
    RenameWithoutDirSync,
    /// A request stamped no later than its client's last one is taken for a retry of that one.
    ///
    /// As with last-writer-wins by timestamps of clients: the clock of a client that steps back makes its writes vanish.
    WallClockOrder,
    /// A primary judges its lease by the wall clock: a clock that steps back makes it longer.
    WallClockLease,
    /// A store that finds its disk empty takes part as before, without its log.
    OldIdentityAfterReformat,
    /// The table of requests does not tell the lives of a client apart.
    ///
    /// So the first requests of a new life get old answers.
    AnswersAnEarlierLife,
}

impl Bug {
    /// All bugs.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
