//! The events of a replica, and what it asks of its host.

use bytes::Bytes;
use cluster_sim_node::{Entropy, NodeId};
use serde::{Deserialize, Serialize};

use crate::entry::{EntryId, Members};
use crate::log::Record;
use crate::log_fact::LogFact;
use crate::log_message::LogMessage;

/// The identity of a replica in one life.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its server.
    pub id: NodeId,
    /// The configuration of an empty log.
    ///
    /// Of all first servers the same; of one that is to join none (§4.2).
    pub voters: Members,
    /// The source of its own choices; of each replica on a node another one.
    pub entropy: Entropy,
    /// The last entry whose effects the host has already, as from a disk of its own.
    ///
    /// At most the last entry of the log; 0 for a host that keeps its state in memory.
    pub applied: u64,
}

/// One event of a replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEvent {
    /// Its life begins.
    Start,
    /// The deadline has come.
    Tick,
    /// A message arrived.
    Message {
        /// The sender.
        from: NodeId,
        /// The message.
        message: LogMessage,
    },
    /// That many of the records are durable that it handed out in this life, the first ones.
    Synced(u64),
    /// Append a command to the log. [`Outbox::proposed`] has the result.
    Propose(Bytes),
    /// Find an index up to which the host must have executed before it answers a read. [`Outbox::reads`] has it in the end.
    Read {
        /// Names the read in the outbox.
        token: u64,
    },
    /// The host has all effects up to an index in a snapshot, so the entries up to it may go (§5.1).
    ///
    /// Ignored if the last snapshot is as late.
    Compact {
        /// The index: at most that of the last entry in [`Outbox::committed`].
        index: u64,
        /// The snapshot.
        state: Bytes,
    },
    /// The host has taken the snapshot of [`Outbox::install`].
    Installed {
        /// Its index.
        index: u64,
    },
    /// Make room for another voter as leader (§3.10).
    Transfer(NodeId),
    /// Change the configuration (§4). [`Outbox::change`] has the result.
    Change(MemberChange),
}

/// A change of the configuration by one server (§4.1).
///
/// So old and new majorities have a server in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemberChange {
    /// A server becomes a voter, once it has caught up (§4.2.1).
    ///
    /// That is, once it has what was committed when it began.
    Add(NodeId),
    /// A voter leaves. If it is the leader it leads until that is committed (§4.2.2).
    Remove(NodeId),
}

/// Why a replica did not do what its host asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It does not lead; perhaps this one does.
    NotLeader(Option<NodeId>),
    /// It makes room for another leader.
    Transferring,
    /// Another change of the configuration is not committed yet, or no entry of the term is (§4.1).
    ChangePending,
    /// The configuration is so already, or would be empty.
    NoChange,
}

/// A committed entry, for the host to execute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Its position.
    pub position: EntryId,
    /// The command; absent for entries of the protocol itself, which take an index too.
    pub command: Option<Bytes>,
}

/// The requests of one event to the host, which empties each list as it carries them out.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Messages to send, in order.
    pub sends: Vec<(NodeId, LogMessage)>,
    /// Payloads of records for the journal, in order, each with whether it needs none before it.
    ///
    /// Those before such a one may be removed once it is synced.
    pub records: Vec<Record>,
    /// Entries to execute, in order of their indexes.
    pub committed: Vec<Committed>,
    /// The position of the proposed command. It is not committed yet, and may never be: see whether this position comes back.
    pub proposed: Option<Result<EntryId, Refused>>,
    /// Whether the change of the configuration was begun.
    ///
    /// [`LogView::members`](crate::LogView::members) shows its effect.
    pub change: Option<Result<(), Refused>>,
    /// Reads that are over: each token with the index up to which the host must have executed, as it has. Or why there is none.
    pub reads: Vec<(u64, Result<u64, Refused>)>,
    /// A snapshot to take in place of the state, with the index of its last entry. [`LogEvent::Installed`] must follow.
    ///
    /// Until then the replica gives no vote and acknowledges no entry.
    pub install: Option<(u64, Bytes)>,
    /// Facts to state.
    pub facts: Vec<LogFact>,
}
