//! Bugs that can be planted in the log and in its state machine.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug, present in both styles.
///
/// Each is one condition at one place, independent of the others. The numbers are those of the catalogue of bugs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// R01: a follower acknowledges entries before they are durable.
    ///
    /// As etcd 3.5 did for some entries (etcd #14370).
    AckBeforeDurable,
    /// R02: a server answers with its vote before that is durable, so that it may vote twice in a term.
    VoteNotDurable,
    /// R04: a follower takes the commit index of any message for its own.
    ///
    /// Also that of a late one, which has an earlier index (PySyncObj #166).
    CommitRegress,
    /// R05: a follower cuts its log to the length of a message whose entries it has (RaftOS #26).
    TruncateOnLength,
    /// R06: a candidate counts votes for an earlier term (Xraft #33).
    StaleVote,
    /// R08: a follower installs a snapshot that is older than its state (WRaft #118.4, etcd #18055).
    SnapshotLowersApplied,
    /// R11: a leader trusts its lease to the end by its own clock.
    ///
    /// It leaves out the bound on what clocks may differ (etcd #20418).
    LeaseReadNoEpsilon,
    /// R12: snapshots do not have the sessions of clients.
    ///
    /// So a retry after an install is executed again.
    SessionsNotInSnapshot,
    /// R14: a leader does not commit past an entry of an earlier term (RaftOS #30).
    CommitStall,
    /// R15: the state machine executes one kind of command in another way on each second server.
    ApplyNondeterminism,
}

impl Bug {
    /// All bugs.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
