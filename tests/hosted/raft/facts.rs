//! The facts and the view of a replica, which the rules read.

use std::hash::{DefaultHasher, Hash, Hasher};

use raft::eraftpb::{Entry, HardState, Message, MessageType};

/// The fact that a replica wrote an entry to its log.
#[derive(Debug)]
pub(crate) struct Wrote(pub(crate) Written);

/// The fact that a replica applied an entry to its state machine.
#[derive(Debug)]
pub(crate) struct Applied(pub(crate) Written);

/// An entry of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) index: u64,
    pub(crate) term: u64,
    /// A hash of the log up to this entry.
    pub(crate) hash: u64,
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

/// The view of a replica.
#[derive(Debug, Default)]
pub(crate) struct Status {
    pub(crate) term: u64,
    pub(crate) leads: bool,
    /// The log, whose first entry has index 1.
    pub(crate) log: Vec<Written>,
    pub(crate) applied: u64,
    /// Term, vote and commit that it knows to be durable.
    pub(crate) durable: HardState,
}

impl Status {
    /// Notes an entry, which replaces that of the same index and all later ones.
    pub(crate) fn write(&mut self, entry: &Entry) -> Written {
        self.log.truncate(entry.index as usize - 1);
        let mut hasher = DefaultHasher::new();
        (self.log.last().map(|last| last.hash), entry.term, &entry.data[..]).hash(&mut hasher);
        let written = Written { index: entry.index, term: entry.term, hash: hasher.finish() };
        self.log.push(written);
        written
    }

    /// The promise that the replica gives by sending this message.
    pub(crate) fn promise(&self, message: &Message) -> Option<Promised> {
        let promise = match message.msg_type {
            _ if message.reject => return None,
            MessageType::MsgRequestVote => Promise::Vote(message.from),
            MessageType::MsgRequestVoteResponse => Promise::Vote(message.to),
            MessageType::MsgAppendResponse => {
                let entry = self.log.get(message.index.checked_sub(1)? as usize)?;
                Promise::Entry(entry.index, entry.term)
            }
            _ => return None,
        };
        Some(Promised { term: message.term, promise })
    }
}
