//! Facts that a replica states about itself, for rules.

use cluster_sim_node::{LocalInstant, NodeId};

use crate::entry::{EntryId, Members};
use crate::log::HardState;

/// An event of a replica, stated at the instant at which it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFact {
    /// It began a life with the log on its disk.
    Booted {
        /// Term and vote on the disk.
        hard: HardState,
        /// The last entry of the snapshot; 0 without one.
        base: u64,
        /// Term and chain of that entry and of all later ones.
        entries: Vec<(u64, u64)>,
    },
    /// It began to lead.
    Leads {
        /// The term.
        term: u64,
        /// The configuration in force.
        members: Members,
    },
    /// It sent a message that promises more than earlier ones, so that all of this must be durable.
    Promised {
        /// The term of the message.
        term: u64,
        /// The vote in that term, if the message promises one.
        vote: Option<NodeId>,
        /// The entries of its log up to this index; 0 if the message says nothing of entries.
        matched: u64,
        /// The chain of that entry; 0 once a snapshot covers it.
        chain: u64,
    },
    /// It put entries in place of all from an index on.
    Appended {
        /// The index of the first one.
        first: u64,
        /// Term and chain of each.
        entries: Vec<(u64, u64)>,
    },
    /// It was sent an entry whose chain does not follow from the entry before.
    Unlinked {
        /// The index of the entry.
        index: u64,
    },
    /// As a leader it found that a majority has an entry.
    Advanced {
        /// Its term.
        term: u64,
        /// The entry.
        entry: EntryId,
        /// The entries of its own log that are durable, up to this one.
        stable: u64,
        /// The configuration in force.
        members: Members,
    },
    /// Its commit index changed.
    Commit {
        /// The index.
        index: u64,
    },
    /// It gave a committed entry to its host.
    Applied {
        /// The entry.
        entry: EntryId,
        /// The chain of the entry.
        chain: u64,
    },
    /// As a leader it learned how far the log of another is its own.
    Progress {
        /// Its term.
        term: u64,
        /// The other one.
        peer: NodeId,
        /// The last entry that is known to be equal.
        matched: u64,
        /// The next entry to be sent.
        next: u64,
    },
    /// As a leader it appended a configuration.
    Configured {
        /// Its index.
        index: u64,
        /// The configuration.
        members: Members,
        /// The index of the one before, and that one.
        previous: (u64, Members),
        /// The commit index.
        commit: u64,
    },
    /// It replaced entries by a snapshot of its host.
    Compacted {
        /// The last entry of the snapshot.
        index: u64,
        /// The last entry that the host had executed.
        applied: u64,
    },
    /// It replaced its log by a snapshot of another replica.
    Installed {
        /// The last entry of the snapshot.
        last: EntryId,
        /// The chain of that entry.
        chain: u64,
        /// The last entry that the host had executed.
        applied: u64,
    },
    /// It accepted a read.
    ReadAsked {
        /// The token of the read.
        token: u64,
    },
    /// It answered a read.
    ReadServed {
        /// The token of the read.
        token: u64,
        /// The entry up to which the host must have executed.
        index: u64,
        /// By lease: the instant, and when a follower may vote again, both by its own clock.
        lease: Option<(LocalInstant, LocalInstant)>,
    },
}
