//! Plans the operations that open a journal.

use super::engine::JournalEngine;
use super::event::JournalEvent;
use super::recover::Recovered;
use super::segment::path_of;
use super::step::{NEW_SEGMENT, Then};
use super::tombstone::Tombstone;
use crate::operation::{DiskOp, OpenOptions};

impl JournalEngine {
    /// Plans the first operations: after them all that was recovered is durable, and what was removed is gone.
    pub(super) fn open(
        &mut self,
        recovered: &Recovered,
        excess: &[(u64, u64)],
        tombstones: Vec<Tombstone>,
        (has_new, is_new): (bool, bool),
    ) {
        let directory = self.directory.clone();
        self.plan_directories(is_new);
        // After a crash a segment may still have its first name, too: to write under that would damage it.
        if has_new {
            self.step(DiskOp::Remove { path: format!("{directory}/{NEW_SEGMENT}") }, Then::Nothing);
        }
        for tombstone in tombstones {
            self.plan_removal(&tombstone, Then::Nothing);
        }
        // Of a last segment without a record that is known to be synced a failed sync may have lost the name. It gets it again below, and
        // only then what it replaces is cut off: until then it may be the only copy.
        let before_last = self.segments.iter().rev().nth(1).map(|segment| segment.first);
        let kept = before_last.filter(|_| self.synced < self.last().first);
        let excess: Vec<(u64, u64)> = excess.iter().copied().filter(|(first, _)| Some(*first) != kept).collect();
        if !excess.is_empty() {
            self.step(DiskOp::SyncDir { path: directory.clone() }, Then::Nothing);
        }
        excess.into_iter().for_each(|(first, length)| self.plan_cut(first, length, false));
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

    /// The paths of the directory and of those that it is in, the outermost first.
    fn directories(&self) -> Vec<String> {
        let directory = &self.directory;
        let ends = directory.match_indices('/').map(|(end, _)| end).chain([directory.len()]);
        ends.filter(|end| *end > 0).map(|end| directory[..end].to_owned()).collect()
    }

    /// Plans to create the directory durably.
    ///
    /// That of a new journal may exist because the sync of its name failed before: then it is created again.
    fn plan_directories(&mut self, is_new: bool) {
        let mut parent = "/".to_owned();
        for path in self.directories() {
            self.step(DiskOp::CreateDir { path: path.clone() }, Then::Exists(is_new.then(|| path.clone())));
            self.step(DiskOp::SyncDir { path: parent }, Then::Nothing);
            parent = path;
        }
    }

    /// Creates a directory again that exists, so that a sync writes its name; one that holds files of others stays.
    pub(super) fn create_again(&mut self, path: Option<String>) {
        let Some(path) = path else { return };
        self.steps.push_front((DiskOp::CreateDir { path: path.clone() }, Then::Exists(None)));
        for inner in self.directories().into_iter().filter(|inner| inner.len() >= path.len()) {
            self.steps.push_front((DiskOp::Remove { path: inner }, Then::Tidied));
        }
    }
}
