//! The facts about a replica, which the rules read.

/// The fact that a replica wrote an entry to its log.
#[derive(Debug)]
pub(crate) struct Wrote(pub(crate) Written);

/// The fact that a replica applied an entry to its state machine.
#[derive(Debug)]
pub(crate) struct Applied(pub(crate) Written);

/// An entry of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Written {
    pub(crate) index: u64,
    pub(crate) term: u64,
    /// A hash of the log up to this entry.
    pub(crate) hash: u64,
}

/// The fact that a replica replaced its log up to this entry by a snapshot.
#[derive(Debug)]
pub(crate) struct Compacted {
    pub(crate) last: Written,
    pub(crate) applied: u64,
}

/// The fact that a replica took the state up to this entry from another.
#[derive(Debug)]
pub(crate) struct Installed {
    /// The entries that it had applied before.
    pub(crate) before: u64,
    pub(crate) last: Written,
}

/// The fact that a replica sent a message that binds it, also after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Promised {
    /// The term of the message.
    pub(crate) term: u64,
    pub(crate) promise: Promise,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// It voted for the replica of this number.
    Vote(u64),
    /// Its log has the entry of this index and term.
    Entry(u64, u64),
}
