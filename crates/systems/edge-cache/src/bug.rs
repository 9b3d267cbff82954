//! Bugs that can be planted in the edge cache.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug of one node type.
///
/// Each is one condition at one place, independent of the others. Bugs of clients are present in both styles. Bugs of sessions
/// show only if [sessions are guarded](crate::Config::guards_sessions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// Edge (E01): the answer to a refetch overwrites a newer version that arrived meanwhile.
    ///
    /// A slow read of the origin undoes an invalidation.
    ///
    /// As in the race of fill and invalidation in memcached at Facebook (leases), and in Meta's Polaris.
    FillOverwritesInvalidation,
    /// Client (E05): an answer is compared only with earlier answers of the same edge.
    ///
    /// After a move to an edge that is further behind, reads go back.
    ///
    /// As with session guarantees that live in the connection instead of the client's token (Terry et al., Bayou).
    SessionStaysBehind,
    /// Client: after its fourth move away from a silent edge it starts over and forgets its own writes.
    ///
    /// As with a driver that creates a new session after its last attempt to reconnect and loses the operation time of the old
    /// one.
    EscapesForgetWrites,
    /// Client: any answer is accepted as the answer to the read in progress.
    ///
    /// As with replies matched by order on a pooled connection after a timeout (N20; the redis-py cross-talk of March 2023).
    TakesAnyAnswer,
    /// Client: any answer, even a late one, cancels the timeout of the read in progress.
    ///
    /// If the answer to that read is lost, the client never reads again.
    ///
    /// As with a watchdog that is fed by traffic instead of by progress.
    LateAnswerCallsOffPatience,
    /// Edge: a key is not refetched while an earlier refetch is unanswered, and only an answer ends that.
    ///
    /// As with single-flight coalescing without a timeout.
    RefetchesOnce,
    /// Router: from its third restart on it forwards to all edges but the last.
    ///
    /// As in S04, a relay that never forwards to a peer again after that peer reconnected.
    RestartsLeaveOutEdge,
    /// Source: write requests are identified by client and number, without the client's life.
    ///
    /// After a crash the first writes of a client are acknowledged with the versions of its earlier life, and are lost.
    ///
    /// As in R12, N19 and Kafka KIP-890.
    AcknowledgesEarlierLife,
    /// Edge: a fetched version is stored for the key that was asked for last.
    ///
    /// Two fetches at a time go wrong. As with a client that keeps one pending request per connection (E11).
    FillsLatestGap,
    /// Edge: it serves a version from the instant at which it learns of it, before it has fetched it.
    ///
    /// As with a cache that updates its index before its content.
    ServesAnnounced,
    /// Edge: it stores the entries of a snapshot even if it holds newer ones.
    ///
    /// As with a state transfer that replaces what was applied while it was on its way (R08).
    SnapshotOverwrites,
    /// Edge: it stores entries of a snapshot by their places, though some keys are left out.
    ///
    /// As with a dump that is loaded by the number of the row.
    SnapshotByPosition,
    /// Edge: while a fetch of one key is unanswered, gaps of other keys are not fetched.
    ///
    /// As with a guard against stampedes that is held for the whole cache and not for each key (E07).
    FetchesOneKey,
    /// Router: it makes edges fetch a snapshot after the first lag of its life only.
    ///
    /// As with a flag that is set at the first overflow and never cleared.
    ResyncsOnce,
    /// Source: it does not publish a version within 20 ms of the one before, and forgets to do so later.
    ///
    /// As with debouncing that drops the last event instead of delaying it.
    SkipsQuickPublishes,
    /// Source: two writes of clients to one key within 20 ms are one commit.
    ///
    /// Both are acknowledged as its version. As with a group commit that compares only keys.
    CoalescesWrites,
    /// Client: after twelve reads given up in a row it reads no more.
    ///
    /// As with a circuit breaker that never closes again.
    GivesUpReading,
    /// Client: each read given up doubles the time between reads, up to sixteen times.
    ///
    /// No success shortens it again. As with exponential backoff that a success does not reset.
    SlowsDown,
}

impl Bug {
    /// All bugs.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
