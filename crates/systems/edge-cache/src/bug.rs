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
}

impl Bug {
    /// All bugs.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
