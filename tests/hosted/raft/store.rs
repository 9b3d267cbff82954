//! The log of a replica: raft reads it, and the next life boots from its disk.

use cluster_sim::node::{DiskImage, EntryLog, JournalOptions, MachineLog};
use cluster_sim::prelude::*;
use raft::eraftpb::{ConfState, Entry, HardState, Message, Snapshot};
use raft::util::limit_size;
use raft::{Error, GetEntriesContext, RaftState, Ready, Result, Storage, StorageError};

use super::facts::Promised;
use super::mistakes::Flaw;
use super::packet::{decode, encode};
use super::status::Status;

pub(super) const LOG: &str = "raft";
/// The number of applied entries that become a snapshot.
const SNAPSHOT_ENTRIES: u64 = 10;

/// The log on the disk, and the state that it gives.
pub(super) struct Store {
    pub(super) log: MachineLog<Unsynced>,
    pub(super) status: Status,
    voters: ConfState,
}

/// A ready that is not durable: term, vote and commit, and messages that wait, with their promises.
pub(super) struct Unsynced {
    pub(super) ready: u64,
    pub(super) state: HardState,
    pub(super) promises: Vec<(Option<Promised>, Message)>,
}

impl Store {
    /// Boots from the disk; with one that is corrupt a replica keeps out of everything.
    pub(super) fn boot(disk: &DiskImage, voters: Vec<u64>, flaw: Option<Flaw>) -> Self {
        let recover = |disk| MachineLog::recover(disk, LOG, JournalOptions::default().segment_bytes(4 << 10));
        let (mut log, is_out) = match recover(disk) {
            Ok(log) => (log, false),
            Err(_) => (recover(&DiskImage::default()).expect("it is empty"), true),
        };
        let mut status = Status::of(log.log());
        status.is_out = is_out;
        let state: HardState = decode(log.log().state());
        // A crash may take what it found until that is durable.
        status.durable = (flaw == Some(Flaw::GoesOnAtOnce)).then(|| state.clone());
        log.keep_until_synced(Unsynced { ready: 0, state, promises: Vec::new() });
        Self { log, status, voters: ConfState { voters, ..ConfState::default() } }
    }

    /// Writes what a ready asks for, which later readies read before it is durable.
    pub(super) fn save(&mut self, state: &HardState, ready: &Ready, effects: &mut Effects<impl Sized>) {
        let (state, snapshot, entries) = (encode(state), ready.snapshot(), ready.entries().iter().map(encode));
        let saved = if !snapshot.is_empty() {
            self.log.replace(effects, state, (snapshot.get_metadata().index, encode(snapshot)), entries)
        } else if ready.hs().is_some() || !ready.entries().is_empty() {
            self.log.append(effects, state, ready.entries().first().map_or(0, |entry| entry.index), entries)
        } else {
            Ok(())
        };
        saved.expect("it has not failed");
    }

    /// Replaces the log up to the last applied entry by a snapshot, once it is long.
    pub(super) fn compact(&mut self, flaw: Option<Flaw>, effects: &mut Effects<impl Sized>) {
        let applied = self.status.applied;
        if applied < self.log.log().base() + SNAPSHOT_ENTRIES {
            return;
        }
        let (state, snapshot) = (self.log.log().state().clone(), encode(&self.snapshot(0, 0).expect("it is in memory")));
        let compacted = match flaw {
            Some(Flaw::SnapshotsWithoutTheRest) => self.log.replace(effects, state, (applied, snapshot), [""; 0]),
            _ => self.log.compact(effects, applied, snapshot),
        };
        compacted.expect("it has not failed");
        effects.emit(self.status.compact());
    }

    fn log(&self) -> &EntryLog {
        self.log.log()
    }
}

impl Storage for Store {
    fn initial_state(&self) -> Result<RaftState> {
        Ok(RaftState::new(decode(self.log().state()), self.voters.clone()))
    }

    fn entries(&self, low: u64, high: u64, max_size: impl Into<Option<u64>>, _: GetEntriesContext) -> Result<Vec<Entry>> {
        if low <= self.log().base() {
            return Err(Error::Store(StorageError::Compacted));
        }
        let entries = self.log().entries_from(low).take((high - low) as usize);
        let mut entries: Vec<Entry> = entries.map(|(_, entry)| decode(entry)).collect();
        limit_size(&mut entries, max_size.into());
        Ok(entries)
    }

    fn term(&self, index: u64) -> Result<u64> {
        let missing = if index < self.log().base() { StorageError::Compacted } else { StorageError::Unavailable };
        self.status.entry(index).map(|written| written.term).ok_or(Error::Store(missing))
    }

    fn first_index(&self) -> Result<u64> {
        Ok(self.log().base() + 1)
    }

    fn last_index(&self) -> Result<u64> {
        Ok(self.log().last())
    }

    fn snapshot(&self, _request_index: u64, _to: u64) -> Result<Snapshot> {
        let mut snapshot = Snapshot { data: self.status.data().into(), ..Snapshot::default() };
        let metadata = snapshot.mut_metadata();
        (metadata.index, metadata.term) = (self.status.applied, self.term(self.status.applied)?);
        metadata.set_conf_state(self.voters.clone());
        Ok(snapshot)
    }
}
