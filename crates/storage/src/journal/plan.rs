//! Plans the operations for records and new segments.

use super::engine::JournalEngine;
use super::event::JournalEvent;
use super::frame::{Frame, HEADER};
use super::segment::{Segment, path_of};
use super::step::{Command, NEW_SEGMENT, Then};
use crate::operation::{DiskOp, OpenOptions};

impl JournalEngine {
    /// Plans a segment that replaces all from its first record on, at once: it gets its name once its records are durable.
    ///
    /// All records before it must be synced, because it says so.
    pub(super) fn plan_segment(&mut self, first: u64, payloads: &[&[u8]], event: Option<JournalEvent>) {
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
            let is_cut = cut.next() <= first;
            let (first, length) = (cut.first, cut.length_before(first.min(cut.next())));
            self.plan_cut(first, length, is_cut);
        }
        self.step(DiskOp::Close { file: self.files[0] }, Then::Tidied);
    }

    /// Plans to cut off what a later segment replaces, whose name is durable.
    ///
    /// If the file may be that short already, a failed sync may have left that in the cache alone: it is changed first.
    pub(super) fn plan_cut(&mut self, first: u64, length: u64, is_cut: bool) {
        let (file, path) = (self.files[0], path_of(&self.directory, first));
        self.step(DiskOp::Open { file, path, options: OpenOptions::write() }, Then::Nothing);
        if is_cut {
            self.step(DiskOp::Write { file, offset: length, data: vec![0] }, Then::Touched);
        }
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

    pub(super) fn sync_up_to(&mut self, sequence: u64) {
        if self.synced < sequence {
            self.step(DiskOp::Sync { file: self.files[0] }, Then::Synced(self.written()));
        }
    }
}
