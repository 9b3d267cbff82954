//! Makes names, and the lengths that go through their journal, durable.

use super::file::File;
use super::namespace::{Change, Inode, NameChange};
use super::tree::{Entry, Tree};

impl Tree {
    /// Makes durable what a sync of a file makes durable besides it: all earlier changes of the journal.
    pub(super) fn sync_file(&mut self, inode: Inode) {
        self.change_unjournaled(inode, File::sync);
        if self.rules.journals_names() && !self.changes.is_empty() {
            self.commit();
        }
    }

    /// Makes the names of a directory durable, or with a journal all names.
    pub(super) fn sync_directory(&mut self, inode: Inode) {
        if self.rules.journals_names() {
            return self.commit();
        }
        let (mut synced, mut rest): (Vec<Change>, Vec<Change>) = (Vec::new(), Vec::new());
        let mut changes = std::mem::take(&mut self.changes).into_iter().peekable();
        while let Some(change) = changes.next() {
            // A move of a directory between two others is synced by a sync of either.
            let second = changes.next_if(Change::is_joined);
            let is_synced = change.is_in(inode) || second.as_ref().is_some_and(|second| second.is_in(inode));
            let changes = if is_synced { &mut synced } else { &mut rest };
            changes.extend([change].into_iter().chain(second));
        }
        self.changes = rest;
        self.persist(synced);
    }

    /// Whether a sync of a directory would make anything durable.
    pub(super) fn is_directory_unsynced(&self, inode: Inode) -> bool {
        let is_due = |change: &Change| self.rules.journals_names() || change.is_in(inode);
        self.changes.iter().any(is_due)
    }

    /// Counts a file as synced, without making it durable.
    pub(super) fn forget_to_sync_file(&mut self, inode: Inode) {
        self.change_unjournaled(inode, File::forget_to_sync);
        self.changes.retain(|change| !matches!(change, Change::Length { inode: of, .. } if *of == inode));
    }

    /// Counts the names of a directory as synced, or with a journal all names, without making them durable.
    pub(super) fn forget_to_sync_directory(&mut self, inode: Inode) {
        let journals = self.rules.journals_names();
        self.forget_changes(|change| journals && change.is_name() || change.is_in(inode));
    }

    /// Drops changes that no sync has made durable, each with the second half of its rename.
    pub(super) fn forget_changes(&mut self, which: impl Fn(&Change) -> bool) {
        let mut drops = false;
        self.changes.retain(|change| {
            drops = if change.is_joined() { drops || which(change) } else { which(change) };
            !drops
        });
    }

    /// Makes all that is in the journal durable; lengths with the data that they cover.
    fn commit(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        for change in &changes {
            if let Change::Length { inode, .. } = change {
                self.change_unjournaled(*inode, File::commit_length);
            }
        }
        self.persist(changes);
    }

    /// Makes changes of names durable, in order.
    pub(super) fn persist(&mut self, changes: Vec<Change>) {
        for change in changes {
            let Change::Name(NameChange { directory, path, to, .. }) = change else { continue };
            if let Some(inode) = to.filter(|inode| self.is_directory(*inode)) {
                self.take_directory_from_its_names(inode);
            }
            let Some(Entry::Directory(directory)) = self.entries.get_mut(directory.0) else { continue };
            match to {
                Some(inode) => drop(directory.durable.insert(path.last().into(), inode)),
                None => drop(directory.durable.remove(path.last())),
            }
        }
    }

    /// A directory is in one place: else one could contain itself after a crash that keeps some of its moves.
    fn take_directory_from_its_names(&mut self, inode: Inode) {
        for (_, entry) in &mut self.entries {
            if let Entry::Directory(directory) = entry {
                directory.durable.retain(|_, named| *named != inode);
            }
        }
    }
}
