//! The state of a disk after a crash.

use super::tree::{Entry, Tree};

impl Tree {
    /// Forgets all that is not durable.
    pub(super) fn crash(&mut self) {
        self.changes.clear();
        for (_, entry) in &mut self.entries {
            match entry {
                Entry::File(file) => file.forget(),
                Entry::Directory(directory) => directory.current.clone_from(&directory.durable),
            }
        }
        self.collect([]);
    }
}
