//! Reads the disk at boot and after a failure: the epoch file, then the segments of the journal.

use cluster_sim_node::{DiskOp, FileId, JournalEngine, JournalError, JournalOptions, OpenOptions};

use super::epoch_file::Standing;
use super::{DiskEvent, Durable, JOURNAL, JOURNAL_FILES, SEGMENT_BYTES, Then};
use crate::bug::Bug;

const SEGMENT_FILE: FileId = FileId(1);

impl Durable {
    pub(super) fn on_epoch(&mut self, bytes: &[u8]) {
        self.standing = Standing::decode(bytes);
        if let (Some(standing), true) = (self.standing, self.is_doubtful) {
            // It may be in the cache alone.
            self.save(standing);
        }
        self.list();
    }

    pub(super) fn list(&mut self) {
        if self.standing.is_none() && self.bug == Some(Bug::OldIdentityAfterReformat) {
            let standing = Standing { epoch: 0, is_whole: true };
            self.standing = Some(standing);
            self.save(standing);
        }
        self.segments.clear();
        self.step(DiskOp::List { path: JOURNAL.into() }, Then::Listed);
    }

    /// Reads the segments of a store that has an epoch; those of another are of no worth.
    pub(super) fn on_listed(&mut self, names: Vec<String>) -> Option<DiskEvent> {
        if self.standing.is_none() {
            self.clear(&names);
            return None;
        }
        for name in names.into_iter().filter(|name| JournalEngine::owns(name)) {
            let path = format!("{JOURNAL}/{name}");
            self.step(DiskOp::Open { file: SEGMENT_FILE, path, options: OpenOptions::read() }, Then::Nothing);
            self.step(DiskOp::Read { file: SEGMENT_FILE, offset: 0, length: u32::MAX }, Then::SegmentRead(name));
        }
        self.recover_once_read()
    }

    pub(super) fn recover_once_read(&mut self) -> Option<DiskEvent> {
        if self.steps.is_empty() { self.recover() } else { None }
    }

    /// Opens the journal; one that is corrupt is removed before.
    pub(super) fn recover(&mut self) -> Option<DiskEvent> {
        let segments = std::mem::take(&mut self.segments);
        let names: Vec<String> = segments.iter().map(|(name, _)| name.clone()).collect();
        match JournalEngine::recover(JOURNAL, &JournalOptions::default().segment_bytes(SEGMENT_BYTES), JOURNAL_FILES, segments) {
            Ok((_, found)) if found.torn.is_some() && self.bug == Some(Bug::TornTailIsCorruption) => {
                return Some(DiskEvent::Refused);
            }
            Ok((journal, found)) => {
                self.entries = found.records.iter().filter_map(|record| postcard::from_bytes(&record.payload).ok()).collect();
                if let (Some(standing), true) = (&mut self.standing, found.torn.is_some()) {
                    standing.is_whole = false;
                    let standing = *standing;
                    // Before the journal cuts the tail off.
                    self.save(standing);
                }
                self.journal = Some(journal);
            }
            Err(JournalError::Corrupt { segment, offset, .. }) if self.bug == Some(Bug::CorruptionIsTornTail) => {
                self.cut_off(&names, &segment, offset);
            }
            Err(_) => self.clear(&names),
        }
        None
    }

    /// Removes the epoch first: from then on the rest is of no worth, even if a crash interrupts this.
    ///
    /// The directory goes too: if a sync failed, its name may be in the cache alone, and no later sync would make that durable.
    fn clear(&mut self, names: &[String]) {
        self.remove_epoch();
        for name in names {
            self.step(DiskOp::Remove { path: format!("{JOURNAL}/{name}") }, Then::MayBeMissing);
        }
        self.step(DiskOp::Remove { path: JOURNAL.into() }, Then::MayBeMissing);
        self.step(DiskOp::SyncDir { path: "/".into() }, Then::Recover);
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
}
