//! The log of a replica: entries, term and vote in memory, and which of them are durable.

use std::collections::VecDeque;
use std::iter;

use bytes::Bytes;
use cluster_sim_node::{EntryLog, NodeId};
use serde::{Deserialize, Serialize};

use crate::entry::{Entry, EntryContent, EntryId, Members, chain_of, term_of};

/// The latest term and the vote in it, which must be durable before a server answers (figure 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HardState {
    /// The latest term that it knows of.
    pub term: u64,
    /// The candidate that has its vote in that term.
    pub vote: Option<NodeId>,
}

impl HardState {
    /// Reads the state of a log; that of a new server if it is empty. `None` if the bytes are of other code.
    pub fn read(log: &EntryLog) -> Option<Self> {
        if log.state().is_empty() { Some(Self::default()) } else { postcard::from_bytes(log.state()).ok() }
    }
}

/// A snapshot as it is in journals and messages.
///
/// It tells what a log must know of the entries that it replaces (§5.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Frame {
    /// The term of the last entry.
    pub term: u64,
    /// The chain of the last entry.
    pub chain: u64,
    /// The latest configuration up to it.
    pub members: Members,
    /// The state of the host, sessions of clients included (§6.3).
    pub state: Bytes,
}

impl Frame {
    /// Reads the bytes of a frame; `None` if they are none.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    fn encode(&self) -> Bytes {
        postcard::to_stdvec(self).expect("bytes can be encoded").into()
    }
}

/// An [`EntryLog`] with terms and configurations, which counts the records of its changes.
#[derive(Debug)]
pub(crate) struct Log {
    log: EntryLog,
    pub(crate) hard: HardState,
    /// Of the snapshot, without its state.
    base: Frame,
    /// The configurations of the log with their indexes; the first is that at the base, the last is in force (§4.1).
    configurations: Vec<(u64, Members)>,
    /// How many records were handed out, and how many of them are durable.
    handed: u64,
    synced: u64,
    /// The record that made term and vote as they are.
    hard_record: u64,
    /// The index up to which all entries are durable, and the records with later ones, each with its last index.
    stable: u64,
    unsynced: VecDeque<(u64, u64)>,
}

/// The payload of a record, and whether it needs none before it.
pub(crate) type Record = (Vec<u8>, bool);

impl Log {
    /// Takes a log that is durable; `voters` are the configuration of an empty one. `None` if it is of other code.
    pub(crate) fn new(log: EntryLog, voters: Members) -> Option<Self> {
        let hard = HardState::read(&log)?;
        let mut base = Frame { members: voters, ..Frame::default() };
        if let Some(bytes) = log.snapshot() {
            base = Frame { state: Bytes::new(), ..Frame::decode(bytes)? };
        }
        let mut configurations = vec![(log.base(), base.members.clone())];
        for (index, bytes) in log.entries_from(0) {
            if let EntryContent::Members(members) = Entry::decode(bytes)?.content {
                configurations.push((index, members));
            }
        }
        let stable = log.last();
        Some(Self { log, hard, base, configurations, handed: 0, synced: 0, hard_record: 0, stable, unsynced: VecDeque::new() })
    }

    pub(crate) fn base(&self) -> EntryId {
        EntryId { term: self.base.term, index: self.log.base() }
    }

    pub(crate) fn last(&self) -> EntryId {
        let index = self.log.last();
        EntryId { term: self.term_at(index).expect("it is the last"), index }
    }

    /// Returns the term of an entry; `None` if the log does not have it, or only in its snapshot.
    pub(crate) fn term_at(&self, index: u64) -> Option<u64> {
        if index == self.log.base() { Some(self.base.term) } else { self.log.entry(index).map(term_of) }
    }

    pub(crate) fn chain_at(&self, index: u64) -> Option<u64> {
        if index == self.log.base() { Some(self.base.chain) } else { self.log.entry(index).map(chain_of) }
    }

    pub(crate) fn entry(&self, index: u64) -> Option<&Bytes> {
        self.log.entry(index)
    }

    /// Returns term and chain of the base and of all entries.
    pub(crate) fn positions(&self) -> Vec<(u64, u64)> {
        let entries = self.log.entries_from(0).map(|(_, entry)| (term_of(entry), chain_of(entry)));
        iter::once((self.base.term, self.base.chain)).chain(entries).collect()
    }

    /// Returns the entries from an index on, at most `bytes` long, but always one.
    pub(crate) fn entries(&self, first: u64, bytes: usize) -> Vec<Bytes> {
        let mut left = bytes;
        let fits = |entry: &&Bytes| {
            let is_first = left == bytes;
            let fits = is_first || entry.len() <= left;
            left = left.saturating_sub(entry.len().max(1));
            fits
        };
        self.log.entries_from(first).map(|(_, entry)| entry).take_while(fits).cloned().collect()
    }

    /// Returns the configuration in force: the latest in the log, committed or not (§4.1).
    pub(crate) fn members(&self) -> &Members {
        &self.configurations.last().expect("there is one at the base").1
    }

    /// Returns the index of that configuration.
    pub(crate) fn configured_at(&self) -> u64 {
        self.configurations.last().expect("there is one at the base").0
    }

    /// Returns the snapshot as it is in the journal.
    pub(crate) fn snapshot(&self) -> Option<&Bytes> {
        self.log.snapshot()
    }

    fn state(&self) -> Bytes {
        postcard::to_stdvec(&self.hard).expect("numbers can be encoded").into()
    }

    /// Changes term and vote.
    pub(crate) fn save(&mut self, hard: HardState) -> Record {
        self.hard = hard;
        let payload = self.log.append(self.state(), 0, iter::empty::<Bytes>()).expect("there are no entries");
        self.handed += 1;
        self.hard_record = self.handed;
        (payload, false)
    }

    /// Puts entries in place of all from the index `first` on, which is at most the one after the last.
    pub(crate) fn append(&mut self, first: u64, entries: &[Bytes]) -> Record {
        let payload = self.log.append(self.state(), first, entries.iter().cloned()).expect("the caller found the entry before");
        self.configurations.retain(|(index, _)| *index < first);
        for (index, entry) in (first..).zip(entries) {
            if let Some(Entry { content: EntryContent::Members(members), .. }) = Entry::decode(entry) {
                self.configurations.push((index, members));
            }
        }
        // Of earlier records only the entries before count from now on.
        self.stable = self.stable.min(first - 1);
        self.unsynced.iter_mut().for_each(|(_, last)| *last = (*last).min(first - 1));
        self.hand_out(payload, false)
    }

    /// Replaces the entries up to `index` by a snapshot of the host.
    pub(crate) fn compact(&mut self, index: u64, state: Bytes) -> Record {
        let at = self.configurations.partition_point(|(place, _)| *place <= index) - 1;
        self.configurations.drain(..at);
        let (term, chain) = self.term_at(index).zip(self.chain_at(index)).expect("the host has executed it");
        let frame = Frame { term, chain, members: self.configurations[0].1.clone(), state };
        let payload = self.log.compact(index, frame.encode()).expect("the host has executed it");
        self.base = Frame { state: Bytes::new(), ..frame };
        self.hand_out(payload, true)
    }

    /// Replaces the whole log by a snapshot of another replica.
    pub(crate) fn replace(&mut self, index: u64, frame: Frame, bytes: Bytes) -> Record {
        let payload = self.log.replace(self.state(), (index, bytes), iter::empty::<Bytes>());
        self.configurations = vec![(index, frame.members.clone())];
        self.base = Frame { state: Bytes::new(), ..frame };
        (self.stable, self.unsynced) = (0, VecDeque::new());
        self.hand_out(payload, true)
    }

    fn hand_out(&mut self, payload: Vec<u8>, is_snapshot: bool) -> Record {
        self.handed += 1;
        self.unsynced.push_back((self.handed, self.log.last()));
        (payload, is_snapshot)
    }

    /// The first `records` that were handed out are durable.
    pub(crate) fn on_synced(&mut self, records: u64) {
        self.synced = self.synced.max(records);
        let count = self.unsynced.partition_point(|(record, _)| *record <= records);
        self.stable = self.unsynced.drain(..count).fold(self.stable, |stable, (_, last)| stable.max(last));
    }

    /// Returns the index up to which all entries are durable.
    pub(crate) fn stable(&self) -> u64 {
        self.stable
    }

    /// Returns how many records must be durable before the entries up to `index` are.
    pub(crate) fn record_of(&self, index: u64) -> u64 {
        let later = || self.unsynced.iter().find(|(_, last)| *last >= index).map_or(self.handed, |(record, _)| *record);
        if index <= self.stable { 0 } else { later() }
    }

    /// Returns how many records must be durable before term and vote are.
    pub(crate) fn hard_record(&self) -> u64 {
        self.hard_record
    }

    /// Whether that many records are durable.
    pub(crate) fn is_synced(&self, records: u64) -> bool {
        records <= self.synced
    }
}
