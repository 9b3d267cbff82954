//! The disk of a server: a journal, read at boot and again after a failure.

use std::collections::VecDeque;

use cluster_sim_node::{
    DiskErrorKind, DiskOp, DiskOutput, DiskResult, EntryLog, FileId, JournalEngine, JournalEvent, JournalOptions, JournalRecord,
    OpenOptions,
};

/// The directory of the journal.
pub(crate) const JOURNAL: &str = "journal";
/// So short that snapshots soon remove segments.
const SEGMENT_BYTES: u64 = 4_096;
/// The numbers of the open files of the journal.
pub(crate) const JOURNAL_FILES: [FileId; 2] = [FileId(2), FileId(3)];
const SEGMENT_FILE: FileId = FileId(1);

/// The outcome of work on the disk.
#[derive(Debug)]
pub(crate) enum JournalNews {
    /// It was read, and all that it has is durable.
    Ready(EntryLog),
    /// That many of the records are durable that were appended since.
    Synced(u64),
    /// An operation failed, so it is open what is durable until [`ServerJournal::read`].
    Failed,
    /// A record that was synced is damaged: this server must not take part any more.
    Damaged,
}

/// The meaning of the answer to an operation.
#[derive(Debug)]
enum Then {
    Nothing,
    Listed,
    SegmentRead(String),
    /// An operation of the journal.
    Journal,
}

/// The journal of a server without IO: at most one operation is in flight.
///
/// A machine with nothing but a journal uses `MachineJournal`, and an async function `Journal`. This one drives the engine below both,
/// so that the two styles of a server read and write at the same instants.
#[derive(Debug)]
pub(crate) struct ServerJournal {
    steps: VecDeque<(DiskOp, Then)>,
    in_flight: Option<Then>,
    /// Absent until the segments are read.
    engine: Option<JournalEngine>,
    segments: Vec<(String, Vec<u8>)>,
    records: Vec<JournalRecord>,
    /// The number of the last record that was read.
    opened_at: u64,
    /// The record of the last snapshot, until those before it are removed.
    snapshot: Option<u64>,
}

impl ServerJournal {
    pub(crate) fn new() -> Self {
        let (steps, segments, records) = (VecDeque::new(), Vec::new(), Vec::new());
        let mut journal = Self { steps, in_flight: None, engine: None, segments, records, opened_at: 0, snapshot: None };
        journal.read();
        journal
    }

    /// Reads the disk, at boot and again after it failed.
    pub(crate) fn read(&mut self) {
        self.steps.clear();
        self.segments.clear();
        (self.engine, self.snapshot) = (None, None);
        self.steps.push_back((DiskOp::List { path: JOURNAL.into() }, Then::Listed));
    }

    /// Appends a record; [`JournalNews::Synced`] follows. One that needs none before it lets those be removed.
    pub(crate) fn append(&mut self, payload: Vec<u8>, is_first: bool) {
        // Refused only after a failure, which is reported.
        let Some(Ok(sequence)) = self.engine.as_mut().map(|engine| engine.append(payload)) else { return };
        if is_first {
            self.snapshot = Some(sequence);
        }
    }

    /// Returns the next operation; `None` while one is in flight, and once all is done.
    pub(crate) fn next_operation(&mut self) -> Option<DiskOp> {
        if self.in_flight.is_some() {
            return None;
        }
        let (operation, then) = match self.steps.pop_front() {
            Some(step) => step,
            None => (self.next_of_engine()?, Then::Journal),
        };
        self.in_flight = Some(then);
        Some(operation)
    }

    fn next_of_engine(&mut self) -> Option<DiskOp> {
        let engine = self.engine.as_mut()?;
        if let Some(operation) = engine.next_op() {
            return Some(operation);
        }
        // Records that were appended while the last sync ran are synced together.
        if !engine.is_synced() {
            engine.sync().ok()?;
        } else {
            let snapshot = self.snapshot.take()?;
            engine.remove_before(snapshot).ok()?;
        }
        engine.next_op()
    }

    /// Takes the answer to the operation in flight.
    pub(crate) fn on_result(&mut self, result: DiskResult) -> Option<JournalNews> {
        match (self.in_flight.take()?, result) {
            (Then::Journal, result) => {
                let event = self.engine.as_mut()?.on_result(&result)?;
                return Some(self.on_journal(event));
            }
            (Then::Listed, Err(error)) if error.kind == DiskErrorKind::NotFound => return self.recover(),
            (_, Err(_)) => return Some(self.fail()),
            (Then::Listed, Ok(DiskOutput::Entries(entries))) => {
                for name in entries.into_iter().map(|entry| entry.name).filter(|name| JournalEngine::owns(name)) {
                    let path = format!("{JOURNAL}/{name}");
                    self.steps.push_back((DiskOp::Open { file: SEGMENT_FILE, path, options: OpenOptions::read() }, Then::Nothing));
                    let read = DiskOp::Read { file: SEGMENT_FILE, offset: 0, length: u32::MAX };
                    self.steps.push_back((read, Then::SegmentRead(name)));
                }
            }
            (Then::SegmentRead(name), Ok(DiskOutput::Data(bytes))) => self.segments.push((name, bytes)),
            _ => return None,
        }
        if self.steps.is_empty() { self.recover() } else { None }
    }

    fn recover(&mut self) -> Option<JournalNews> {
        let options = JournalOptions::default().segment_bytes(SEGMENT_BYTES);
        let segments = std::mem::take(&mut self.segments);
        let Ok((engine, found)) = JournalEngine::recover(JOURNAL, &options, JOURNAL_FILES, segments) else {
            return Some(JournalNews::Damaged);
        };
        (self.opened_at, self.records) = (engine.next() - 1, found.records);
        self.engine = Some(engine);
        None
    }

    /// Does nothing more until it is read again: a journal of which a part was read would be another one.
    fn fail(&mut self) -> JournalNews {
        self.steps.clear();
        self.engine = None;
        JournalNews::Failed
    }

    fn on_journal(&mut self, event: JournalEvent) -> JournalNews {
        match event {
            JournalEvent::Opened => {
                EntryLog::read(&std::mem::take(&mut self.records)).map_or(JournalNews::Damaged, JournalNews::Ready)
            }
            JournalEvent::Refused { .. } | JournalEvent::Failed { .. } => self.fail(),
            _ => {
                let synced = self.engine.as_ref().map_or(0, JournalEngine::synced);
                JournalNews::Synced(synced.saturating_sub(self.opened_at))
            }
        }
    }
}
