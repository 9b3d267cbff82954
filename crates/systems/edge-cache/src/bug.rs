//! What can be broken on purpose, to see whether it is found.

use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// A planted bug: one thing that one of the nodes does wrong. Each stands in a line of its own and none in the way of another. Those of
/// clients are in both forms of them, and those of sessions show only where the config [guards sessions](crate::Config::guards_sessions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Bug {
    /// Edge (E01): what the source answered to a refetch is taken over though something newer came meanwhile: a slow read of the origin
    /// undoes an invalidation. Ancestor: the race of fill and invalidation in memcached at Facebook (leases), and Meta's Polaris.
    FillOverwritesInvalidation,
    /// Client (E05): what a session saw is held against answers of the same edge only; after the move to a colder edge reads go back.
    /// Ancestor: session guarantees that live in the connection instead of in the client's token (Terry et al., Bayou).
    SessionStaysBehind,
    /// Client: after four moves away from an edge without an answer it begins anew, and forgets what it wrote. Ancestor: a driver that builds
    /// a new session after its last attempt to reconnect, and loses the operation time of the old one.
    EscapesForgetWrites,
    /// Client: whatever answer comes is taken for that to the read under way, whatever it was asked. Ancestor: replies matched by order on a
    /// pooled connection after a time-out (N20; the class of redis-py's cross-talk of March 2023).
    TakesAnyAnswer,
    /// Client: any answer, a late one too, calls off the giving up of the read under way; if that one's answer is lost, the client reads no
    /// more. Ancestor: a watchdog that is fed by traffic instead of by progress.
    LateAnswerCallsOffPatience,
    /// Edge: a key that is being refetched is not asked for again, and the mark is only lifted by an answer. Ancestor: single-flight
    /// coalescing without a time-out.
    RefetchesOnce,
    /// Router: after its third restart it takes itself for crash-looping, and what it comes up with leaves out the last edge. Ancestor: S04,
    /// the relay that never forwards to one peer again after it reconnected.
    RestartsLeaveOutEdge,
    /// Source: requests are told apart by client and number, without the client's life: after a crash of the client its first writes are
    /// acknowledged with what its earlier life wrote, and are lost. Ancestor: R12, N19; Kafka KIP-890.
    AcknowledgesEarlierLife,
}

impl Bug {
    /// Every bug that there is.
    pub const ALL: &'static [Self] = Self::VARIANTS;
}
