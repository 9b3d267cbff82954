//! Plans the operations of each piece of work.

use super::engine::{Command, JournalEngine, NEW_SEGMENT, Then};
use super::event::JournalEvent;
use super::frame::{Frame, HEADER};
use super::recover::Recovered;
use super::segment::{Segment, path_of};
use crate::operation::{DiskOp, OpenOptions};

impl JournalEngine {
    /// Plans the first operations: after them all that was recovered is durable.
    pub(super) fn open(&mut self, recovered: &Recovered, excess: &[(u64, u64)], (has_new, is_new): (bool, bool)) {
        let directory = self.directory.clone();
        let mut parent = "/";
        for end in directory.match_indices('/').map(|(end, _)| end).chain([directory.len()]).filter(|end| *end > 0) {
            self.step(DiskOp::CreateDir { path: directory[..end].to_owned() }, Then::Exists);
            self.step(DiskOp::SyncDir { path: parent.to_owned() }, Then::Nothing);
            parent = &directory[..end];
        }
        // After a crash a segment may still have its first name, too: to write under that would damage it.
        if has_new {
            self.step(DiskOp::Remove { path: format!("{directory}/{NEW_SEGMENT}") }, Then::Nothing);
        }
        // Of a last segment without a record that is known to be synced a failed sync may have lost the name. It gets it again below, and
        // only then what it replaces is cut off: until then it may be the only copy.
        let before_last = self.segments.iter().rev().nth(1).map(|segment| segment.first);
        let kept = before_last.filter(|_| self.synced < self.last().first);
        let excess: Vec<(u64, u64)> = excess.iter().copied().filter(|(first, _)| Some(*first) != kept).collect();
        if !excess.is_empty() {
            self.step(DiskOp::SyncDir { path: directory.clone() }, Then::Nothing);
        }
        excess.into_iter().for_each(|(first, length)| self.plan_cut(first, length));
        let unsynced = recovered.records.iter().filter(|record| record.sequence > self.synced);
        let unsynced: Vec<&[u8]> = unsynced.map(|record| &*record.payload).collect();
        // No record of an empty segment proves that the directory was synced after it got its name. A failed sync may have lost that,
        // and the next one would not write it.
        let is_named = is_new || self.last().length() > 0;
        if unsynced.is_empty() && recovered.torn.is_none() && is_named {
            let (file, path) = (self.files[0], path_of(&directory, self.last().first));
            self.step(DiskOp::Open { file, path, options: OpenOptions::create() }, Then::Nothing);
            self.step(DiskOp::Sync { file }, Then::Nothing);
            self.step(DiskOp::SyncDir { path: directory }, Then::Opened);
        } else {
            self.plan_segment(self.synced + 1, &unsynced, Some(JournalEvent::Opened));
        }
    }

    /// Plans a segment that replaces all from its first record on, at once: it gets its name once its records are durable.
    ///
    /// All records before it must be synced, because it says so.
    fn plan_segment(&mut self, first: u64, payloads: &[&[u8]], event: Option<JournalEvent>) {
        let (mut segment, mut data) = (Segment::new(first), Vec::new());
        for payload in payloads {
            let frame = Frame { sequence: segment.next(), watermark: first - 1, payload };
            frame.encode(first, segment.length(), &mut data);
            segment.push(frame.len());
        }
        let (file, path) = (self.files[1], format!("{}/{NEW_SEGMENT}", self.directory));
        self.step(DiskOp::Open { file, path: path.clone(), options: OpenOptions::create().truncate() }, Then::Prepared);
        if !data.is_empty() {
            self.step(DiskOp::Write { file, offset: 0, data }, Then::Prepared);
        }
        self.step(DiskOp::Sync { file }, Then::Nothing);
        self.step(DiskOp::Rename { from: path, to: path_of(&self.directory, first) }, Then::Nothing);
        self.step(DiskOp::SyncDir { path: self.directory.clone() }, Then::Named(segment, event));
        // The next truncation may remove the new segment, and must not bring back what it replaced.
        let before = self.segments.iter().rfind(|segment| segment.first < first);
        if let Some(cut) = before.filter(|segment| segment.next() > first || !self.is_open) {
            let (first, length) = (cut.first, cut.length_before(first.min(cut.next())));
            self.plan_cut(first, length);
        }
        self.step(DiskOp::Close { file: self.files[0] }, Then::Closed);
    }

    /// Plans to cut off what a later segment replaces, whose name is durable.
    fn plan_cut(&mut self, first: u64, length: u64) {
        let (file, path) = (self.files[0], path_of(&self.directory, first));
        self.step(DiskOp::Open { file, path, options: OpenOptions::write() }, Then::Nothing);
        self.step(DiskOp::SetLen { file, length }, Then::Nothing);
        self.step(DiskOp::Sync { file }, Then::Nothing);
    }

    pub(super) fn begin_append(&mut self, payload: Vec<u8>) {
        let length = self.last().length();
        if length > 0 && length >= self.segment_bytes {
            self.commands.push_front(Command::Append(payload));
            return self.begin_segment();
        }
        let segment = self.last().first;
        let (mut data, mut lengths, mut sequence) = (Vec::with_capacity(HEADER + payload.len()), Vec::new(), self.last().next());
        let mut following = Some(payload);
        while let Some(payload) = following.take() {
            let offset = length + data.len() as u64;
            let frame = Frame { sequence, watermark: self.synced, payload: &payload };
            frame.encode(segment, offset, &mut data);
            lengths.push(frame.len());
            sequence += 1;
            if offset + frame.len() < self.segment_bytes
                && let Some(Command::Append(_)) = self.commands.front()
                && let Some(Command::Append(payload)) = self.commands.pop_front()
            {
                following = Some(payload);
            }
        }
        self.step(DiskOp::Write { file: self.files[0], offset: length, data }, Then::Written(lengths));
    }

    /// Begins a segment behind the last record.
    pub(super) fn begin_segment(&mut self) {
        self.sync_up_to(self.written());
        self.plan_segment(self.last().next(), &[], None);
    }

    fn sync_up_to(&mut self, sequence: u64) {
        if self.synced < sequence {
            self.step(DiskOp::Sync { file: self.files[0] }, Then::Synced(self.written()));
        }
    }

    /// Later segments go first, each durably: else a crash could leave a gap, which would look like a lost segment. Then an empty
    /// segment replaces the rest at once: to cut a file in place could damage records that others say are synced.
    pub(super) fn begin_truncate(&mut self, sequence: u64) {
        self.sync_up_to(sequence);
        let firsts = self.segments.iter().map(|segment| segment.first);
        for first in firsts.skip(1).filter(|first| *first > sequence + 1).collect::<Vec<_>>().into_iter().rev() {
            self.step(DiskOp::Remove { path: path_of(&self.directory, first) }, Then::Nothing);
            self.step(DiskOp::SyncDir { path: self.directory.clone() }, Then::LastRemoved);
        }
        self.plan_segment(sequence + 1, &[], Some(JournalEvent::Truncated { after: sequence }));
    }

    /// Earlier segments go first, each durably.
    pub(super) fn begin_remove(&mut self, sequence: u64) {
        let gone = self.segments.iter().skip(1).take_while(|segment| segment.first <= sequence).count();
        for index in 0..gone {
            self.step(DiskOp::Remove { path: path_of(&self.directory, self.segments[index].first) }, Then::FirstRemoved);
            let then = Then::NamesSynced { is_removed: true, is_last: index + 1 == gone };
            self.step(DiskOp::SyncDir { path: self.directory.clone() }, then);
        }
        if gone == 0 {
            let then = Then::NamesSynced { is_removed: false, is_last: true };
            self.step(DiskOp::SyncDir { path: self.directory.clone() }, then);
        }
    }
}
