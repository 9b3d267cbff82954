//! The log that a loss of power would leave on a disk, read anew only where it changed.

use bytes::Bytes;
use cluster_sim_invariants::{DiskView, SeenFiles};
use cluster_sim_node::{EntryLog, JournalReader, JournalRecord};

use crate::entry::{Entry, chain_of};
use crate::log::{Frame, HardState};

/// The durable log of a replica, with what of its files it was read from.
///
/// It is the log that a recovery of all durable bytes would make, read in time that depends on what became durable since: a record
/// that follows those before is repeated. Any other change, such as rot, a crash, or a journal that was cut, has it read as a whole.
#[derive(Debug, Default)]
pub(super) struct DurableLog {
    seen: SeenFiles,
    reader: JournalReader,
    /// The number of the first record when it was read as a whole.
    first: u64,
    /// The number of the last record with a snapshot that was repeated since.
    snapshot: Option<u64>,
    /// Absent if what is durable is no log.
    log: Option<Decoded>,
}

/// A log with term, vote and snapshot.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) hard: HardState,
    log: EntryLog,
    base: Frame,
}

impl DurableLog {
    /// Reads what changed of the journal in a directory; `None` if the durable bytes are no log.
    pub(super) fn read(&mut self, disk: &DiskView<'_>, directory: &str) -> Option<&Decoded> {
        let changes = disk.durable_changes(directory, &mut self.seen);
        if !changes.is_empty() || self.log.is_none() {
            let added = self.reader.added(&changes, |path, from| disk.durable_at(path, from, usize::MAX));
            if added.and_then(|records| self.repeat(&records)).is_none() {
                self.log = self.read_all(disk, directory);
            }
        }
        self.log.as_ref()
    }

    /// Takes over new records; `None` if the log is to be read as a whole.
    fn repeat(&mut self, records: &[JournalRecord]) -> Option<()> {
        let log = self.log.as_mut()?;
        for record in records {
            if log.repeat(record)? {
                self.snapshot = Some(record.sequence);
            }
        }
        // The records before a snapshot may be gone, and no others.
        let first = self.reader.first();
        (first == self.first || first <= self.snapshot?).then_some(())
    }

    fn read_all(&mut self, disk: &DiskView<'_>, directory: &str) -> Option<Decoded> {
        (self.reader, self.snapshot) = (JournalReader::default(), None);
        let files = disk.durable_files_in(directory, |_| true).into_iter();
        let files = files.map(|(name, bytes)| (format!("{directory}/{name}"), bytes));
        let (reader, found) = JournalReader::of(directory, files).ok()?;
        (self.first, self.reader) = (reader.first(), reader);
        Decoded::of(EntryLog::read(&found.records).ok()?)
    }
}

impl Decoded {
    fn of(log: EntryLog) -> Option<Self> {
        let mut decoded = Self { log, ..Self::default() };
        decoded.decode(true, 0).then_some(decoded)
    }

    /// Repeats the change of a record; returns whether it is a snapshot. `None` if it is no change of such a log.
    fn repeat(&mut self, record: &JournalRecord) -> Option<bool> {
        let repeated = self.log.repeat(record).ok()?;
        self.decode(repeated.is_snapshot, repeated.first).then_some(repeated.is_snapshot)
    }

    /// Reads what changed; returns whether all of it is of this code.
    fn decode(&mut self, is_snapshot: bool, first: u64) -> bool {
        let Some(hard) = HardState::read(&self.log) else { return false };
        self.hard = hard;
        if is_snapshot && let Some(bytes) = self.log.snapshot() {
            let Some(frame) = Frame::decode(bytes) else { return false };
            self.base = Frame { state: Bytes::new(), ..frame };
        }
        self.log.entries_from(first).all(|(_, entry)| Entry::decode(entry).is_some())
    }

    /// Returns the index before the first entry, that of the snapshot; 0 without one.
    pub(super) fn base(&self) -> u64 {
        self.log.base()
    }

    /// Returns the chain of an entry or of the last one in the snapshot; `None` if the log has neither.
    pub(super) fn chain_at(&self, index: u64) -> Option<u64> {
        if index == self.log.base() { Some(self.base.chain) } else { self.log.entry(index).map(chain_of) }
    }
}
