//! Bugs that can be planted in the store.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug of a replica, present in both styles.
///
/// Each is one condition at one place, independent of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// A primary answers reads by itself, without asking whether it still has a majority.
    ///
    /// So one that was cut off answers what a later primary has overwritten (etcd's reads without quorum before 3.0).
    ReadsAsDeposedPrimary,
    /// A backup answers reads with what it has applied.
    ///
    /// As with reads from secondaries that are taken for reads of the primary (MongoDB with read preference `nearest`).
    ReadsFromBackup,
    /// A new primary knows only the requests that it took itself.
    ///
    /// So the retry of an earlier one is executed a second time, as with a table of requests that is kept in the memory of the primary and not replicated.
    ForgetsRequests,
    /// A compare-and-set is judged when it comes in, and not when it is applied.
    ///
    /// So two of them that overlap both succeed, and one update is lost.
    JudgesTooEarly,
    /// A request counts as a retry only if it is the last one of its client.
    ///
    /// So a copy of an earlier write that was delayed surfaces after newer ones.
    RemembersLastRequestOnly,
}

impl Bug {
    /// All bugs.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
