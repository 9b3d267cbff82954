//! A journal without IO: its state, and the work that is asked of it.

use std::collections::VecDeque;

use super::error::JournalError;
use super::frame::MAX_PAYLOAD;
use super::options::JournalOptions;
use super::place::RecordPlace;
use super::recover::{Recovered, scan};
use super::segment::{Segment, first_of, path_of};
use super::step::{Command, NEW_SEGMENT, Then};
use super::tombstone::take_tombstones;
use crate::error::DiskError;
use crate::operation::{DiskOp, FileId};

/// A journal without IO, which both forms drive.
///
/// It has at most one operation in flight: [`next_op`](Self::next_op) returns an operation, and once the disk answered it
/// [`on_result`](Self::on_result) takes the answer. Work is done in the order in which it was asked for; appends that wait become one
/// write.
#[derive(Debug)]
pub struct JournalEngine {
    pub(super) directory: String,
    pub(super) segment_bytes: u64,
    /// The segments are open under these in turn.
    pub(super) files: [FileId; 2],
    /// At least one; the last one is open.
    pub(super) segments: VecDeque<Segment>,
    /// The last record known to be synced.
    pub(super) synced: u64,
    /// The number that the next append gets.
    pub(super) next: u64,
    pub(super) commands: VecDeque<Command>,
    /// The operations of the command in work.
    pub(super) steps: VecDeque<(DiskOp, Then)>,
    pub(super) in_flight: Option<Then>,
    pub(super) is_open: bool,
    pub(super) failed: Option<DiskError>,
}

impl JournalEngine {
    /// Creates a journal from the names and bytes of its files; [others](Self::owns) are ignored.
    ///
    /// # Errors
    /// If a record that was synced is damaged or missing, or an option is out of bounds.
    pub fn recover(
        directory: &str,
        options: &JournalOptions,
        files: [FileId; 2],
        contents: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<(Self, Recovered), JournalError> {
        options.check()?;
        let directory = directory.trim_matches('/').to_owned();
        let mut has_new = false;
        let named = contents.into_iter().inspect(|(name, _)| has_new |= name == NEW_SEGMENT);
        let mut contents: Vec<(u64, Vec<u8>)> = named.filter_map(|(name, bytes)| Some((first_of(&name)?, bytes))).collect();
        contents.sort_unstable_by_key(|(first, _)| *first);
        let tombstones = take_tombstones(&mut contents);
        let found = scan(&directory, &contents)?;
        let next = found.segments.back().map_or(1, Segment::next);
        let mut engine = Self {
            directory,
            segment_bytes: options.segment_bytes,
            files,
            segments: found.segments,
            synced: found.synced,
            next,
            commands: VecDeque::new(),
            steps: VecDeque::new(),
            in_flight: None,
            is_open: false,
            failed: None,
        };
        engine.open(&found.recovered, &found.excess, tombstones, (has_new, contents.is_empty()));
        Ok((engine, found.recovered))
    }

    /// Whether recovery needs the file of this name in the journal's directory; others are left alone.
    pub fn owns(name: &str) -> bool {
        name == NEW_SEGMENT || first_of(name).is_some()
    }

    pub(super) fn step(&mut self, op: DiskOp, then: Then) {
        self.steps.push_back((op, then));
    }

    pub(super) fn last(&self) -> &Segment {
        self.segments.back().expect("a journal has a segment")
    }

    pub(super) fn last_mut(&mut self) -> &mut Segment {
        self.segments.back_mut().expect("a journal has a segment")
    }

    /// The number of the first record that it has; that of the next one if it has none.
    pub fn first(&self) -> u64 {
        self.segments[0].first
    }

    /// The number that the next append gets.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The last record that is durable; the one before the first if none is.
    pub fn synced(&self) -> u64 {
        self.synced
    }

    /// The last record that is written.
    pub(super) fn written(&self) -> u64 {
        self.last().next() - 1
    }

    /// Whether all that was asked is done, and durable.
    pub fn is_synced(&self) -> bool {
        self.is_idle() && self.synced == self.written()
    }

    fn is_idle(&self) -> bool {
        self.in_flight.is_none() && self.steps.is_empty() && self.commands.is_empty()
    }

    fn check(&self) -> Result<(), JournalError> {
        self.failed.as_ref().map_or(Ok(()), |cause| Err(JournalError::Failed { cause: cause.clone() }))
    }

    fn no_such_record(&self, sequence: u64) -> JournalError {
        JournalError::NoSuchRecord { sequence, first: self.first(), next: self.next }
    }

    /// Appends a record, and returns its number. [`JournalEvent::Appended`](crate::JournalEvent::Appended) follows.
    ///
    /// # Errors
    /// If the payload is too long, or the journal has failed.
    pub fn append(&mut self, payload: impl Into<Vec<u8>>) -> Result<u64, JournalError> {
        self.check()?;
        let payload = payload.into();
        if payload.len() as u64 > MAX_PAYLOAD {
            return Err(JournalError::RecordTooLarge { length: payload.len() as u64 });
        }
        self.commands.push_back(Command::Append(payload));
        self.next += 1;
        Ok(self.next - 1)
    }

    /// Makes all records durable that were appended so far. [`JournalEvent::Synced`](crate::JournalEvent::Synced) follows.
    ///
    /// # Errors
    /// If the journal has failed.
    pub fn sync(&mut self) -> Result<(), JournalError> {
        self.check()?;
        if !matches!(self.commands.back(), Some(Command::Sync)) {
            self.commands.push_back(Command::Sync);
        }
        Ok(())
    }

    /// Removes all records after `sequence`, durably. [`JournalEvent::Truncated`](crate::JournalEvent::Truncated) follows.
    ///
    /// If the disk refuses it midway, the later segments may be gone: [`JournalEvent::Refused`](crate::JournalEvent::Refused) has the number that comes next.
    ///
    /// # Errors
    /// If it has no such record and `sequence` is not the one before the first; if the journal has failed.
    pub fn truncate_after(&mut self, sequence: u64) -> Result<(), JournalError> {
        self.check()?;
        let next = sequence.checked_add(1).filter(|next| (self.first()..=self.next).contains(next));
        self.next = next.ok_or_else(|| self.no_such_record(sequence))?;
        self.commands.push_back(Command::TruncateAfter(sequence));
        Ok(())
    }

    /// Removes the segments that have only records before `sequence`, durably. [`JournalEvent::Removed`](crate::JournalEvent::Removed) follows.
    ///
    /// # Errors
    /// If `sequence` is beyond the next record; if the journal has failed.
    pub fn remove_before(&mut self, sequence: u64) -> Result<(), JournalError> {
        self.check()?;
        if sequence > self.next {
            return Err(self.no_such_record(sequence));
        }
        self.commands.push_back(Command::RemoveBefore(sequence));
        Ok(())
    }

    /// Returns the place of a record that is written.
    ///
    /// # Errors
    /// If there is no such record.
    pub fn place_of(&self, sequence: u64) -> Result<RecordPlace, JournalError> {
        let segment = self.segments.iter().rev().find(|segment| segment.first <= sequence && sequence < segment.next());
        let segment = segment.ok_or_else(|| self.no_such_record(sequence))?;
        let (offset, end) = (segment.length_before(sequence), segment.length_before(sequence + 1));
        let path = path_of(&self.directory, segment.first);
        Ok(RecordPlace { path, segment: segment.first, offset, length: (end - offset) as u32 })
    }

    /// Returns the next operation for the disk; `None` while one is in flight, and once all is done.
    pub fn next_op(&mut self) -> Option<DiskOp> {
        if self.in_flight.is_some() {
            return None;
        }
        if self.steps.is_empty() {
            match self.commands.pop_front()? {
                Command::Append(payload) => self.begin_append(payload),
                Command::Sync => self.step(DiskOp::Sync { file: self.files[0] }, Then::Synced(self.written())),
                Command::TruncateAfter(sequence) => self.begin_truncate(sequence),
                Command::RemoveBefore(sequence) => self.begin_remove(sequence),
            }
        }
        let (op, then) = self.steps.pop_front()?;
        self.in_flight = Some(then);
        Some(op)
    }
}
