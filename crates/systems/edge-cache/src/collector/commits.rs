//! The commit instants of all versions.

use std::time::Duration;

use cluster_sim_invariants::VirtualInstant;

use crate::message::{Key, Version};

/// The versions committed by the source, with their instants.
#[derive(Debug)]
pub(super) struct CommitLog {
    /// By key: the instants of version 1, version 2, and so on.
    instants: Vec<Vec<VirtualInstant>>,
}

impl CommitLog {
    pub(super) fn new(key_count: u32) -> Self {
        Self { instants: vec![Vec::new(); key_count as usize] }
    }

    /// Returns the latest version of a key; 0 if it was never written.
    pub(super) fn latest(&self, key: Key) -> Version {
        self.instants[key as usize].len() as Version
    }

    /// Records the next version of a key.
    pub(super) fn commit(&mut self, key: Key, at: VirtualInstant) {
        self.instants[key as usize].push(at);
    }

    /// Returns the instant of a commit; version 0 counts as committed at the start of the run.
    ///
    /// # Panics
    /// If the version was never committed: no edge can have received it.
    pub(super) fn instant(&self, key: Key, version: Version) -> VirtualInstant {
        match version.checked_sub(1) {
            None => VirtualInstant::ZERO,
            Some(index) => self.instants[key as usize][index as usize],
        }
    }

    /// Returns the time between the commits of two versions.
    pub(super) fn gap(&self, key: Key, earlier: Version, later: Version) -> Duration {
        self.instant(key, later) - self.instant(key, earlier)
    }
}
