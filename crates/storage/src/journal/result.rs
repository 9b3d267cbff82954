//! Answers of the disk: their effects on the journal.

use super::engine::JournalEngine;
use super::event::JournalEvent;
use super::segment::Segment;
use super::step::Then;
use crate::error::{DiskError, DiskErrorKind};
use crate::operation::{DiskOp, DiskResult};

impl JournalEngine {
    /// Takes the answer to the operation in flight.
    pub fn on_result(&mut self, result: &DiskResult) -> Option<JournalEvent> {
        match (self.in_flight.take()?, result) {
            (then, Ok(_)) => self.on_done(then),
            (Then::Tidied, Err(_)) => None,
            (Then::Touched, Err(error)) if error.kind == DiskErrorKind::StorageFull => None,
            (Then::Exists(path), Err(error)) if error.kind == DiskErrorKind::AlreadyExists => {
                self.create_again(path);
                None
            }
            (Then::Written(_), Err(error)) => {
                self.steps.clear();
                let (file, length) = (self.files[0], self.last().length());
                self.step(DiskOp::SetLen { file, length }, Then::Nothing);
                // A crash must not bring it back behind a record that gets its number.
                self.step(DiskOp::Sync { file }, Then::CutBack(error.clone()));
                None
            }
            (Then::Prepared, Err(error)) if self.is_open => Some(self.refuse(error.clone())),
            (_, Err(error)) => Some(self.fail(error.clone())),
        }
    }

    fn on_done(&mut self, then: Then) -> Option<JournalEvent> {
        match then {
            Then::Nothing | Then::Exists(_) | Then::Prepared | Then::Tidied | Then::Touched => None,
            Then::Opened => Some(self.opened()),
            Then::Written(lengths) => {
                lengths.into_iter().for_each(|length| self.last_mut().push(length));
                Some(JournalEvent::Appended { up_to: self.written() })
            }
            Then::CutBack(error) => {
                self.synced = self.written();
                Some(self.refuse(error))
            }
            Then::Synced(up_to) => {
                self.synced = up_to;
                Some(JournalEvent::Synced { up_to })
            }
            Then::Named(segment, event) => {
                self.replace_from(segment);
                if event == Some(JournalEvent::Opened) { Some(self.opened()) } else { event }
            }
            Then::LastRemoved => {
                drop(self.segments.pop_back());
                self.synced = self.synced.min(self.written());
                None
            }
            Then::FirstRemoved { is_last } => {
                drop(self.segments.pop_front());
                is_last.then(|| JournalEvent::Removed { first: self.first() })
            }
            Then::NoneRemoved => Some(JournalEvent::Removed { first: self.first() }),
        }
    }

    fn opened(&mut self) -> JournalEvent {
        self.is_open = true;
        self.synced = self.written();
        JournalEvent::Opened
    }

    /// Makes a segment the last one, instead of all from its first record on.
    fn replace_from(&mut self, segment: Segment) {
        self.last_mut().truncate(segment.first);
        self.synced = self.synced.min(segment.first - 1);
        if self.last().first == segment.first {
            drop(self.segments.pop_back());
        }
        self.segments.push_back(segment);
        self.files.swap(0, 1);
    }

    /// Drops all that was asked and not answered.
    fn refuse(&mut self, error: DiskError) -> JournalEvent {
        self.commands.clear();
        self.steps.clear();
        self.next = self.written() + 1;
        JournalEvent::Refused { next: self.next, error }
    }

    /// Refuses all work from now on.
    fn fail(&mut self, error: DiskError) -> JournalEvent {
        self.commands.clear();
        self.steps.clear();
        self.failed = Some(error.clone());
        JournalEvent::Failed { error }
    }
}
