//! The disk of a store: its epoch, which is also its identity, and its journal.
//!
//! The epoch file exists if and only if the store is a member, which may promise and acknowledge. A store that finds none has a new
//! disk, or one that was damaged: it clears the journal, and joins as a learner.

use std::collections::VecDeque;

use cluster_sim_node::{
    DiskError, DiskErrorKind, DiskOp, DiskOutput, DiskResult, FileId, JournalEngine, JournalError, JournalEvent, JournalOptions,
    OpenOptions,
};

use crate::bug::Bug;
use crate::entry::Entry;

const EPOCH: &str = "epoch";
const NEW_EPOCH: &str = "epoch.new";
/// The directory of the journal.
pub(crate) const JOURNAL: &str = "journal";
/// About 100 entries.
const SEGMENT_BYTES: u64 = 4_096;
const EPOCH_FILE: FileId = FileId(0);
const SEGMENT_FILE: FileId = FileId(1);
/// The numbers of the open files of the journal.
pub(crate) const JOURNAL_FILES: [FileId; 2] = [FileId(2), FileId(3)];

/// The outcome of work on the disk.
#[derive(Debug)]
pub(crate) enum DiskEvent {
    /// It was read: the epoch of a member, and its entries; `None` for a learner.
    Ready { epoch: Option<u64>, entries: Vec<Entry> },
    /// The epoch is on the disk.
    EpochSaved(u64),
    /// More or other entries are on the disk.
    Synced,
    /// An operation failed, so it is open what is on the disk until [`Durable::read`].
    Failed,
    /// The store must not start: only [`Bug::TornTailIsCorruption`] does that.
    Refused,
}

/// The meaning of the answer to an operation.
#[derive(Debug)]
enum Then {
    Nothing,
    /// It need not exist.
    MayBeMissing,
    EpochOpened,
    EpochRead,
    Listed,
    SegmentRead(String),
    /// The journal is empty.
    Recover,
    EpochSaved(u64),
    /// An operation of the journal.
    Journal,
}

/// The disk of a store without IO: at most one operation is in flight.
#[derive(Debug)]
pub(crate) struct Durable {
    bug: Option<Bug>,
    steps: VecDeque<(DiskOp, Then)>,
    in_flight: Option<(DiskOp, Then)>,
    /// Absent until the segments are read.
    journal: Option<JournalEngine>,
    /// The epoch that was read or saved last, and the names and bytes of the segments.
    epoch: Option<u64>,
    segments: Vec<(String, Vec<u8>)>,
    /// The entries that were read, until the journal is open.
    entries: Vec<Entry>,
    /// The ends of the cuts that are asked for and not done.
    cuts: VecDeque<u64>,
    /// Whether an operation failed in this life, so that what can be read need not be on the disk.
    is_doubtful: bool,
}

impl Durable {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        let mut durable = Self {
            bug,
            steps: VecDeque::new(),
            in_flight: None,
            journal: None,
            epoch: None,
            segments: Vec::new(),
            entries: Vec::new(),
            cuts: VecDeque::new(),
            is_doubtful: false,
        };
        durable.read();
        durable
    }

    /// Reads the disk, at boot and again after it failed.
    pub(crate) fn read(&mut self) {
        self.steps.clear();
        (self.journal, self.epoch) = (None, None);
        self.step(DiskOp::Open { file: EPOCH_FILE, path: EPOCH.into(), options: OpenOptions::read() }, Then::EpochOpened);
    }

    /// Appends an entry; [`DiskEvent::Synced`] follows.
    pub(crate) fn append(&mut self, entry: &Entry) {
        let payload = postcard::to_stdvec(entry).expect("an entry can be encoded");
        if let Some(journal) = &mut self.journal {
            // Refused only after a failure, which is reported.
            let _ = journal.append(payload);
        }
    }

    /// Cuts off the entries after a number.
    pub(crate) fn truncate(&mut self, index: u64) {
        if let Some(journal) = &mut self.journal
            && journal.truncate_after(index).is_ok()
        {
            self.cuts.push_back(index);
        }
    }

    /// Returns the number of the last entry that the store may vouch for.
    pub(crate) fn vouched(&self) -> u64 {
        let Some(journal) = &self.journal else { return 0 };
        let synced = if self.bug == Some(Bug::AcknowledgesBeforeSync) { journal.next() - 1 } else { journal.synced() };
        self.cuts.iter().copied().fold(synced, u64::min)
    }

    /// Replaces the epoch file; [`DiskEvent::EpochSaved`] follows.
    pub(crate) fn save_epoch(&mut self, epoch: u64) {
        let options = OpenOptions::create().truncate();
        self.step(DiskOp::Open { file: EPOCH_FILE, path: NEW_EPOCH.into(), options }, Then::Nothing);
        self.step(DiskOp::Write { file: EPOCH_FILE, offset: 0, data: encode(epoch) }, Then::Nothing);
        self.step(DiskOp::Sync { file: EPOCH_FILE }, Then::Nothing);
        self.step(DiskOp::Close { file: EPOCH_FILE }, Then::Nothing);
        let rename = DiskOp::Rename { from: NEW_EPOCH.into(), to: EPOCH.into() };
        if self.bug == Some(Bug::RenameWithoutDirSync) && self.epoch.is_some() {
            return self.step(rename, Then::EpochSaved(epoch));
        }
        self.step(rename, Then::Nothing);
        self.step(DiskOp::SyncDir { path: "/".into() }, Then::EpochSaved(epoch));
    }

    fn step(&mut self, operation: DiskOp, then: Then) {
        self.steps.push_back((operation, then));
    }

    /// Returns the next operation; `None` while one is in flight, and once all is done.
    pub(crate) fn next_operation(&mut self) -> Option<DiskOp> {
        if self.in_flight.is_some() {
            return None;
        }
        let next = self.steps.pop_front().or_else(|| {
            let journal = self.journal.as_mut()?;
            if let Some(operation) = journal.next_op() {
                return Some((operation, Then::Journal));
            }
            // Entries appended while the last sync ran are synced together.
            if journal.is_synced() || journal.sync().is_err() {
                return None;
            }
            Some((journal.next_op()?, Then::Journal))
        })?;
        self.in_flight = Some(next);
        self.in_flight.as_ref().map(|(operation, _)| operation.clone())
    }

    /// Takes the answer to the operation in flight.
    pub(crate) fn on_result(&mut self, result: DiskResult) -> Option<DiskEvent> {
        let (operation, then) = self.in_flight.take()?;
        match (then, result) {
            (Then::Journal, result) => self.on_journal(operation, &result),
            (Then::EpochOpened, Err(error)) if is_missing(&error) => {
                self.list();
                None
            }
            (Then::Listed, Err(error)) if is_missing(&error) => self.recover(),
            (Then::MayBeMissing, Err(error)) if is_missing(&error) => None,
            (_, Err(_)) => Some(self.fail()),
            (then, Ok(output)) => self.on_done(then, output),
        }
    }

    fn on_done(&mut self, then: Then, output: DiskOutput) -> Option<DiskEvent> {
        match (then, output) {
            (Then::EpochOpened, _) => {
                self.step(DiskOp::Read { file: EPOCH_FILE, offset: 0, length: u32::MAX }, Then::EpochRead);
                None
            }
            (Then::EpochRead, DiskOutput::Data(bytes)) => {
                self.on_epoch(&bytes);
                None
            }
            (Then::Listed, DiskOutput::Entries(names)) => {
                for name in names.into_iter().map(|entry| entry.name).filter(|name| JournalEngine::owns(name)) {
                    let path = format!("{JOURNAL}/{name}");
                    self.step(DiskOp::Open { file: SEGMENT_FILE, path, options: OpenOptions::read() }, Then::Nothing);
                    self.step(DiskOp::Read { file: SEGMENT_FILE, offset: 0, length: u32::MAX }, Then::SegmentRead(name));
                }
                if self.steps.is_empty() { self.recover() } else { None }
            }
            (Then::SegmentRead(name), DiskOutput::Data(bytes)) => {
                self.segments.push((name, bytes));
                if self.steps.is_empty() { self.recover() } else { None }
            }
            (Then::Recover, _) => self.recover(),
            (Then::EpochSaved(epoch), _) => {
                self.epoch = Some(epoch);
                Some(DiskEvent::EpochSaved(epoch))
            }
            _ => None,
        }
    }

    fn on_epoch(&mut self, bytes: &[u8]) {
        self.epoch = decode(bytes);
        if let (Some(epoch), true) = (self.epoch, self.is_doubtful) {
            // It may be in the cache alone.
            self.save_epoch(epoch);
        }
        self.list();
    }

    fn list(&mut self) {
        if self.epoch.is_none() && self.bug == Some(Bug::OldIdentityAfterReformat) {
            self.epoch = Some(0);
            self.save_epoch(0);
        }
        self.segments.clear();
        self.step(DiskOp::List { path: JOURNAL.into() }, Then::Listed);
    }

    /// Opens the journal of a member. A learner gets an empty one, and so does a store whose journal is corrupt.
    fn recover(&mut self) -> Option<DiskEvent> {
        let segments = std::mem::take(&mut self.segments);
        let names: Vec<String> = segments.iter().map(|(name, _)| name.clone()).collect();
        if self.epoch.is_none() && !names.is_empty() {
            self.clear(&names);
            return None;
        }
        match JournalEngine::recover(JOURNAL, &JournalOptions::default().segment_bytes(SEGMENT_BYTES), JOURNAL_FILES, segments) {
            Ok((_, found)) if found.torn.is_some() && self.bug == Some(Bug::TornTailIsCorruption) => Some(DiskEvent::Refused),
            Ok((journal, found)) => {
                self.entries = found.records.iter().filter_map(|record| postcard::from_bytes(&record.payload).ok()).collect();
                self.journal = Some(journal);
                None
            }
            Err(JournalError::Corrupt { segment, offset, .. }) if self.bug == Some(Bug::CorruptionIsTornTail) => {
                self.cut_off(&names, &segment, offset);
                None
            }
            Err(_) => {
                self.clear(&names);
                None
            }
        }
    }

    /// Removes the epoch first: from then on the rest is of no worth, even if a crash interrupts this.
    fn clear(&mut self, names: &[String]) {
        self.step(DiskOp::Remove { path: EPOCH.into() }, Then::MayBeMissing);
        self.step(DiskOp::SyncDir { path: "/".into() }, Then::Nothing);
        for name in names {
            self.step(DiskOp::Remove { path: format!("{JOURNAL}/{name}") }, Then::MayBeMissing);
        }
        self.step(DiskOp::SyncDir { path: JOURNAL.into() }, Then::Recover);
        self.epoch = None;
    }

    /// Cuts off what is corrupt, for [`Bug::CorruptionIsTornTail`].
    fn cut_off(&mut self, names: &[String], segment: &str, offset: u64) {
        let later = names.iter().map(|name| format!("{JOURNAL}/{name}")).filter(|path| path.as_str() > segment);
        for path in later.collect::<Vec<_>>() {
            self.step(DiskOp::Remove { path }, Then::MayBeMissing);
        }
        let options = OpenOptions::write();
        self.step(DiskOp::Open { file: SEGMENT_FILE, path: segment.to_owned(), options }, Then::Nothing);
        self.step(DiskOp::SetLen { file: SEGMENT_FILE, length: offset }, Then::Nothing);
        self.step(DiskOp::Sync { file: SEGMENT_FILE }, Then::Nothing);
        self.list();
    }

    fn on_journal(&mut self, operation: DiskOp, result: &DiskResult) -> Option<DiskEvent> {
        if self.bug == Some(Bug::BelievesRetriedSync) && result.is_err() && matches!(operation, DiskOp::Sync { .. }) {
            self.steps.push_front((operation, Then::Journal));
            return None;
        }
        match self.journal.as_mut()?.on_result(result)? {
            JournalEvent::Opened => Some(DiskEvent::Ready { epoch: self.epoch, entries: std::mem::take(&mut self.entries) }),
            JournalEvent::Truncated { .. } => {
                self.cuts.pop_front();
                Some(DiskEvent::Synced)
            }
            JournalEvent::Refused { .. } | JournalEvent::Failed { .. } => Some(self.fail()),
            _ => Some(DiskEvent::Synced),
        }
    }

    fn fail(&mut self) -> DiskEvent {
        self.steps.clear();
        self.cuts.clear();
        self.journal = None;
        self.is_doubtful = true;
        DiskEvent::Failed
    }
}

fn is_missing(error: &DiskError) -> bool {
    error.kind == DiskErrorKind::NotFound
}

/// The epoch, and its complement: other bytes are damaged.
fn encode(epoch: u64) -> Vec<u8> {
    [epoch.to_le_bytes(), (!epoch).to_le_bytes()].concat()
}

/// Reads an epoch; `None` if the bytes are damaged.
fn decode(bytes: &[u8]) -> Option<u64> {
    let (epoch, complement) = bytes.split_first_chunk::<8>()?;
    let epoch = u64::from_le_bytes(*epoch);
    (complement == (!epoch).to_le_bytes()).then_some(epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_epoch_is_none() {
        let bytes = encode(7);
        assert_eq!(decode(&bytes), Some(7));
        for bit in 0..8 * bytes.len() {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&bytes), None, "bit {bit}");
        }
        assert_eq!(decode(&bytes[..12]), None);
    }
}
