//! The disk of a store: its epoch, which is also its identity, and its journal.
//!
//! The epoch file exists if and only if the store was a member, which may promise and acknowledge. A store that finds none has a new
//! disk, or one that was damaged: it clears the journal, and learns from the others.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | [`Durable`]: appends, cuts, syncs, and what answers of the disk mean |
//! | `epoch_file.rs` | reads and replaces the epoch file |
//! | `recovery.rs` | reads the disk, and judges what it has |

mod epoch_file;
mod recovery;

use std::collections::VecDeque;

use cluster_sim_node::{DiskError, DiskErrorKind, DiskOp, DiskOutput, DiskResult, FileId, JournalEngine, JournalEvent};

use self::epoch_file::Standing;
use crate::bug::Bug;
use crate::entry::Entry;

/// The directory of the journal.
pub(crate) const JOURNAL: &str = "journal";
/// About 100 entries.
const SEGMENT_BYTES: u64 = 4_096;
/// The numbers of the open files of the journal.
pub(crate) const JOURNAL_FILES: [FileId; 2] = [FileId(2), FileId(3)];

/// The outcome of work on the disk.
#[derive(Debug)]
pub(crate) enum DiskEvent {
    /// It was read.
    Ready(Found),
    /// The epoch is on the disk.
    EpochSaved(u64),
    /// More or other entries are on the disk.
    Synced,
    /// An operation failed, so it is open what is on the disk until [`Durable::read`].
    Failed,
    /// The store must not start: only [`Bug::TornTailIsCorruption`] does that.
    Refused,
}

/// The content of a disk.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The epoch; absent if the disk is new or lost it.
    pub(crate) epoch: Option<u64>,
    /// The entries of the journal.
    pub(crate) entries: Vec<Entry>,
    /// Whether these are all that it vouched for, as far as the disk can tell.
    ///
    /// Not if the journal had a torn tail: most of them are writes that a crash cut short, but the last synced record may have rotted.
    pub(crate) is_whole: bool,
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
    /// There is no journal.
    Recover,
    Saved(Standing),
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
    /// The content of the epoch file when it was read or saved last, and the names and bytes of the segments.
    standing: Option<Standing>,
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
            standing: None,
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
        (self.journal, self.standing) = (None, None);
        self.read_epoch();
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

    /// Replaces the epoch file of a member; [`DiskEvent::EpochSaved`] follows.
    pub(crate) fn save_epoch(&mut self, epoch: u64) {
        self.save(Standing { epoch, is_whole: true });
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
            (Then::EpochOpened, _) => self.on_epoch_opened(),
            (Then::EpochRead, DiskOutput::Data(bytes)) => self.on_epoch(&bytes),
            (Then::Listed, DiskOutput::Entries(entries)) => {
                return self.on_listed(entries.into_iter().map(|entry| entry.name).collect());
            }
            (Then::SegmentRead(name), DiskOutput::Data(bytes)) => {
                self.segments.push((name, bytes));
                return self.recover_once_read();
            }
            (Then::Recover, _) => return self.recover(),
            (Then::Saved(standing), _) => {
                self.standing = Some(standing);
                return Some(DiskEvent::EpochSaved(standing.epoch));
            }
            _ => {}
        }
        None
    }

    fn on_journal(&mut self, operation: DiskOp, result: &DiskResult) -> Option<DiskEvent> {
        if self.bug == Some(Bug::BelievesRetriedSync) && result.is_err() && matches!(operation, DiskOp::Sync { .. }) {
            self.steps.push_front((operation, Then::Journal));
            return None;
        }
        match self.journal.as_mut()?.on_result(result)? {
            JournalEvent::Opened => {
                let standing = self.standing;
                Some(DiskEvent::Ready(Found {
                    epoch: standing.map(|standing| standing.epoch),
                    entries: std::mem::take(&mut self.entries),
                    is_whole: standing.is_some_and(|standing| standing.is_whole),
                }))
            }
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
