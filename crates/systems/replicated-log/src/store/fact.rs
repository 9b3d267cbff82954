//! Facts of servers about their state machine.

use super::sessions::Request;

/// An event of a server's state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFact {
    /// It executed an entry.
    Executed {
        /// The index.
        index: u64,
        /// The hash of all effects up to it.
        digest: u64,
        /// The request that had its effect now; `None` for a retry, and for an entry without a request.
        request: Option<Request>,
    },
}
