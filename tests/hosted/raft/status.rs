//! The view of a replica: its log and its state.

use std::hash::{DefaultHasher, Hash, Hasher};

use cluster_sim::node::EntryLog;
use raft::eraftpb::{Entry, HardState, Message, MessageType, Snapshot};

use super::facts::{Compacted, Installed, Promise, Promised, Written};
use super::packet::decode;

/// The view of a replica.
#[derive(Debug, Default)]
pub(crate) struct Status {
    pub(crate) term: u64,
    pub(crate) leads: bool,
    /// Whether it found its journal corrupt, and takes no part.
    pub(crate) is_out: bool,
    /// How many snapshots it took from others in this life.
    pub(crate) installs: u32,
    /// The entry before the log; that of the snapshot, if there is one.
    pub(crate) base: Written,
    log: Vec<Written>,
    pub(crate) applied: u64,
    /// A hash of all that clients had applied, in order.
    pub(crate) state: u64,
    /// Term, vote and commit that it knows to be durable; absent until all that it found when it booted is.
    pub(crate) durable: Option<HardState>,
}

fn hash(values: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    values.hash(&mut hasher);
    hasher.finish()
}

impl Status {
    /// The status of a replica with this log, as far as the log says it.
    pub(crate) fn of(log: &EntryLog) -> Self {
        let mut status = Self::default();
        log.snapshot().into_iter().for_each(|snapshot| status.replace(&decode(snapshot)));
        log.entries_from(0).for_each(|(_, entry)| _ = status.write(&decode(entry)));
        status
    }

    /// The entry of the log with this index, or the one before the log.
    pub(crate) fn entry(&self, index: u64) -> Option<Written> {
        match index.checked_sub(self.base.index)? {
            0 => Some(self.base),
            offset => self.log.get(offset as usize - 1).copied(),
        }
    }

    /// Notes an entry, which replaces that of the same index and all later ones.
    pub(crate) fn write(&mut self, entry: &Entry) -> Written {
        self.log.truncate((entry.index - self.base.index) as usize - 1);
        let last = self.log.last().unwrap_or(&self.base);
        let written = Written { index: entry.index, term: entry.term, hash: hash((last.hash, entry.term, &entry.data[..])) };
        self.log.push(written);
        written
    }

    pub(crate) fn apply(&mut self, entry: &Entry) -> Written {
        self.applied = entry.index;
        self.state = hash((self.state, &entry.data[..]));
        self.entry(entry.index).expect("what is applied is in the log")
    }

    /// The state, for a snapshot of what is applied.
    pub(crate) fn data(&self) -> Vec<u8> {
        let last = self.entry(self.applied).expect("what is applied is in the log");
        postcard::to_stdvec(&(last.hash, self.state)).expect("numbers are encoded")
    }

    /// Forgets the log up to the last entry that is applied.
    pub(crate) fn compact(&mut self) -> Compacted {
        let last = self.entry(self.applied).expect("what is applied is in the log");
        self.log.drain(..(last.index - self.base.index) as usize);
        self.base = last;
        Compacted { last, applied: self.applied }
    }

    /// Takes the state of another replica.
    pub(crate) fn install(&mut self, snapshot: &Snapshot) -> Installed {
        let before = self.applied;
        self.replace(snapshot);
        self.installs += 1;
        Installed { before, last: self.base }
    }

    fn replace(&mut self, snapshot: &Snapshot) {
        let metadata = snapshot.get_metadata();
        let (hash, state) = postcard::from_bytes(&snapshot.data).expect("the snapshot is whole");
        self.base = Written { index: metadata.index, term: metadata.term, hash };
        self.log.clear();
        (self.applied, self.state) = (metadata.index, state);
    }

    /// The promise that the replica gives by sending this message.
    pub(crate) fn promise(&self, message: &Message) -> Option<Promised> {
        let promise = match message.msg_type {
            _ if message.reject => return None,
            MessageType::MsgRequestVote => Promise::Vote(message.from),
            MessageType::MsgRequestVoteResponse => Promise::Vote(message.to),
            MessageType::MsgAppendResponse => {
                let entry = self.entry(message.index).filter(|entry| entry.index > 0)?;
                Promise::Entry(entry.index, entry.term)
            }
            _ => return None,
        };
        Some(Promised { term: message.term, promise })
    }
}
