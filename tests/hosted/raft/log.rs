//! The log of a replica: in memory for raft, and in the journal for its next life.

use cluster_sim::node::{DiskImage, JournalOptions, JournalRecord, MachineJournal};
use cluster_sim::prelude::*;
use raft::eraftpb::{Entry, HardState, Snapshot};
use raft::storage::MemStorage;
use raft::{Config, GetEntriesContext, RawNode, Storage as _};
use serde::{Deserialize, Serialize};

use super::glue::{ELECTION_TICKS, Replica, Unsynced, number};
use super::mistakes::Flaw;
use super::packet::{Encoded, Packet};
use super::status::Status;

pub(super) const LOG: &str = "raft";
/// The number of applied entries that become a snapshot.
const SNAPSHOT_ENTRIES: u64 = 10;

/// A record of the journal.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) state: Encoded<HardState>,
    /// Replaces the log up to its index.
    pub(crate) snapshot: Option<Encoded<Snapshot>>,
    /// Replace those of their indexes and all later ones.
    pub(crate) entries: Vec<Encoded<Entry>>,
}

impl Record {
    pub(crate) fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("raft fills in all fields")
    }

    pub(crate) fn decode(record: &JournalRecord) -> Self {
        postcard::from_bytes(&record.payload).expect("the record is whole")
    }

    /// Adds its snapshot and entries to the log in memory.
    pub(crate) fn store(&self, storage: &MemStorage) {
        let mut storage = storage.wl();
        if let Some(Encoded(snapshot)) = &self.snapshot {
            storage.apply_snapshot(snapshot.clone()).expect("snapshots only advance");
        }
        let entries: Vec<Entry> = self.entries.iter().map(|entry| entry.0.clone()).collect();
        storage.append(&entries).expect("raft writes without gaps");
    }
}

fn options() -> JournalOptions {
    JournalOptions::default().segment_bytes(4 << 10)
}

impl Replica {
    /// Boots from the journal; with one that is corrupt a replica keeps out of everything.
    pub(crate) fn boot(boot: &Boot, flaw: Option<Flaw>) -> Self {
        let recover = |disk: &DiskImage| MachineJournal::recover(disk, LOG, options());
        let mut status = Status::default();
        let (mut journal, recovered) = recover(boot.disk()).unwrap_or_else(|_| {
            status.is_out = true;
            recover(&DiskImage::default()).expect("it is empty")
        });
        let mut records: Vec<Record> = recovered.records.iter().map(Record::decode).collect();
        records.extend(flaw.and_then(|flaw| flaw.torn_record(boot.disk(), &recovered)));
        let voters: Vec<u64> = boot.peers().into_iter().chain([boot.id()]).map(number).collect();
        let storage = MemStorage::new_with_conf_state((voters, []));
        let state = records.last().map_or_else(HardState::default, |record| record.state.0.clone());
        // A crash may take what it found until the journal is open.
        status.durable = (flaw == Some(Flaw::GoesOnAtOnce)).then(|| state.clone());
        journal.keep_until_synced(Unsynced { ready: 0, state: state.clone(), promises: Vec::new() });
        // A snapshot replaces all before it.
        let base = records.iter().rposition(|record| record.snapshot.is_some()).unwrap_or(0);
        for record in records.into_iter().skip(base) {
            status.read(&record);
            record.store(&storage);
        }
        storage.wl().set_hardstate(state);
        let config = Config {
            id: number(boot.id()),
            applied: status.applied,
            election_tick: ELECTION_TICKS,
            heartbeat_tick: 2,
            check_quorum: true,
            pre_vote: true,
            ..Config::default()
        };
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let raw = RawNode::new(&config, storage, &logger).expect("the configuration is valid");
        raw.store().wl().mut_hard_state().commit = status.applied;
        Self { raw, journal, flaw, status }
    }

    /// Appends a record to the journal, where it is durable once it is synced.
    pub(super) fn append(&mut self, snapshot: Option<Snapshot>, entries: &[Entry], effects: &mut Effects<Packet>) -> Record {
        let state = Encoded(self.raw.raft.hard_state());
        let entries = entries.iter().cloned().map(Encoded).collect();
        let record = Record { state, snapshot: snapshot.map(Encoded), entries };
        self.journal.append(effects, record.encode()).expect("it has not failed");
        self.journal.sync(effects).expect("it has not failed");
        record
    }

    /// Replaces the log up to the last applied entry by a snapshot, once it is long.
    pub(super) fn compact(&mut self, effects: &mut Effects<Packet>) {
        let (store, applied) = (self.raw.store().clone(), self.status.applied);
        if applied < self.status.base.index + SNAPSHOT_ENTRIES {
            return;
        }
        let mut snapshot = store.snapshot(applied, 0).expect("it is in memory");
        snapshot.data = self.status.data().into();
        let end = store.last_index().expect("it is in memory") + 1;
        let mut rest = store.entries(applied + 1, end, None, GetEntriesContext::empty(false)).expect("it is in memory");
        if self.flaw == Some(Flaw::SnapshotsWithoutTheRest) {
            rest.clear();
        }
        self.append(Some(snapshot), &rest, effects);
        self.journal.remove_before(effects, self.journal.next() - 1).expect("it has not failed");
        store.wl().compact(applied).expect("it is in memory");
        effects.emit(self.status.compact());
    }
}
