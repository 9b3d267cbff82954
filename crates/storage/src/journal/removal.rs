//! Plans the operations that remove segments.

use super::engine::JournalEngine;
use super::event::JournalEvent;
use super::segment::path_of;
use super::step::{NEW_SEGMENT, Then};
use super::tombstone::Tombstone;
use crate::operation::{DiskOp, OpenOptions};

impl JournalEngine {
    /// Later segments go first, each durably: else a crash could leave a gap, which would look like a lost segment. Then an empty
    /// segment replaces the rest at once: to cut a file in place could damage records that others say are synced.
    pub(super) fn begin_truncate(&mut self, sequence: u64) {
        self.sync_up_to(sequence);
        let firsts: Vec<u64> = self.segments.iter().map(|segment| segment.first).collect();
        for pair in firsts.windows(2).rev().filter(|pair| pair[1] > sequence + 1) {
            self.plan_removal(&Tombstone::last(pair[1]), Then::LastRemoved);
            // If the disk refuses what follows, appends go on behind this one.
            let path = path_of(&self.directory, pair[0]);
            self.step(DiskOp::Open { file: self.files[0], path, options: OpenOptions::write() }, Then::Nothing);
        }
        self.plan_segment(sequence + 1, &[], Some(JournalEvent::Truncated { after: sequence }));
    }

    /// Earlier segments go first, each durably.
    pub(super) fn begin_remove(&mut self, sequence: u64) {
        let gone = self.segments.iter().skip(1).take_while(|segment| segment.first <= sequence).count();
        for index in 0..gone {
            let tombstone = Tombstone::first(self.segments[index].first);
            self.plan_removal(&tombstone, Then::FirstRemoved { is_last: index + 1 == gone });
        }
        if gone == 0 {
            self.step(DiskOp::SyncDir { path: self.directory.clone() }, Then::NoneRemoved);
        }
    }

    /// Plans to replace a segment by its tombstone, durably, and to remove that.
    pub(super) fn plan_removal(&mut self, tombstone: &Tombstone, then: Then) {
        let (file, path) = (self.files[1], path_of(&self.directory, tombstone.first));
        let new = format!("{}/{NEW_SEGMENT}", self.directory);
        self.step(DiskOp::Open { file, path: new.clone(), options: OpenOptions::create().truncate() }, Then::Prepared);
        if let Some(write) = tombstone.write(file) {
            self.step(write, Then::Prepared);
        }
        self.step(DiskOp::Sync { file }, Then::Nothing);
        self.step(DiskOp::Rename { from: new, to: path.clone() }, Then::Prepared);
        self.step(DiskOp::SyncDir { path: self.directory.clone() }, then);
        self.step(DiskOp::Remove { path }, Then::Tidied);
    }
}
