//! Facts that stores and clients report.

use crate::entry::{Deposit, Entry, RequestId};

/// An event of a store or a client, reported at the instant it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LedgerFact {
    /// A client asked for a deposit, for the first time or again.
    Asked {
        /// The deposit.
        deposit: Deposit,
        /// The number of earlier attempts.
        attempt: u32,
    },
    /// A client was told that its deposit is committed.
    Acknowledged {
        /// The request.
        request: RequestId,
        /// The number of the entry.
        index: u64,
    },
    /// A client asked for the balance, for the first time or again.
    AskedBalance {
        /// The request.
        request: RequestId,
        /// The number of earlier attempts.
        attempt: u32,
    },
    /// A client was told the balance.
    ReadBalance {
        /// The request.
        request: RequestId,
        /// The number of the last entry that it counts.
        commit: u64,
        /// The balance.
        balance: u64,
    },
    /// A client gave a request up at its deadline.
    GaveUp {
        /// The request.
        request: RequestId,
    },
    /// A store vouched for having entries on its disk.
    Vouched {
        /// The epoch in which it did.
        epoch: u64,
        /// The number of the last entry.
        upto: u64,
    },
    /// A store learned that an entry is committed.
    Committed {
        /// The entry.
        entry: Entry,
    },
    /// A store began to lead an epoch.
    Leads {
        /// The epoch.
        epoch: u64,
    },
}
