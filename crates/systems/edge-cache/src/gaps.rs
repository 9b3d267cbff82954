//! The gaps that an edge found, for planted bugs.

use std::collections::{BTreeMap, BTreeSet};

use crate::bug::Bug;
use crate::message::{Key, Version};

/// The gaps of one life of an edge.
#[derive(Debug)]
pub(crate) struct Gaps {
    bug: Option<Bug>,
    /// Keys with an unanswered refetch, for [`Bug::RefetchesOnce`] and [`Bug::FetchesOneKey`].
    refetching: BTreeSet<Key>,
    /// The key that was asked for last, for [`Bug::FillsLatestGap`].
    latest: Key,
    /// The version that last revealed a gap of each key, for [`Bug::ServesAnnounced`].
    announced: BTreeMap<Key, Version>,
}

impl Gaps {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { bug, refetching: BTreeSet::new(), latest: 0, announced: BTreeMap::new() }
    }

    /// Returns whether a gap of `key` is not to be fetched.
    pub(crate) fn ignores(&self, key: Key) -> bool {
        match self.bug {
            Some(Bug::RefetchesOnce) => self.refetching.contains(&key),
            Some(Bug::FetchesOneKey) => !self.refetching.is_empty() && !self.refetching.contains(&key),
            _ => false,
        }
    }

    /// Records that version `got` revealed a gap of `key`, which is fetched.
    pub(crate) fn record(&mut self, key: Key, got: Version) {
        match self.bug {
            Some(Bug::RefetchesOnce | Bug::FetchesOneKey) => drop(self.refetching.insert(key)),
            Some(Bug::FillsLatestGap) => self.latest = key,
            Some(Bug::ServesAnnounced) => drop(self.announced.insert(key, got)),
            _ => {}
        }
    }

    /// Records that the source answered about `key`.
    pub(crate) fn fill(&mut self, key: Key) {
        self.refetching.remove(&key);
    }

    /// Returns the key to store a version for that was fetched for `key`.
    pub(crate) fn filled(&self, key: Key) -> Key {
        if self.bug == Some(Bug::FillsLatestGap) { self.latest } else { key }
    }

    /// Returns the version to serve of `key` by an edge that holds `held`.
    pub(crate) fn served(&self, key: Key, held: Version) -> Version {
        self.announced.get(&key).map_or(held, |announced| held.max(*announced))
    }
}
