//! The promises about one session.

use std::fmt;

/// A promise about the operations of one session on one key, after Terry and others (1994).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionGuarantee {
    /// A read gives no version older than one that the session wrote before.
    ReadYourWrites,
    /// A read gives no version older than one that the session read before.
    MonotonicReads,
    /// A write makes no version older than one that the session wrote before.
    MonotonicWrites,
    /// A write makes no version older than one that the session read before.
    WritesFollowReads,
}

impl SessionGuarantee {
    /// All four.
    pub const ALL: [Self; 4] = [Self::ReadYourWrites, Self::MonotonicReads, Self::MonotonicWrites, Self::WritesFollowReads];
}

impl fmt::Display for SessionGuarantee {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ReadYourWrites => "read your writes",
            Self::MonotonicReads => "monotonic reads",
            Self::MonotonicWrites => "monotonic writes",
            Self::WritesFollowReads => "writes follow reads",
        })
    }
}
