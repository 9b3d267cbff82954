//! The rule that each acknowledged write is a version of its own.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::fact::EdgeFact;
use crate::message::{CacheOperation, Key, Version};

/// No two acknowledged writes are one version of a key (H14).
///
/// Right for every edge cache whose source does not crash. A write that the network duplicates may become two versions. The
/// lives of a client are not told apart, because [`Acknowledgements`](super::Acknowledgements) does that.
#[derive(Debug, Default)]
pub struct OwnVersions {
    /// The client and the write of each acknowledged version.
    writes: BTreeMap<(Key, Version), (NodeId, CacheOperation)>,
    times_checked: u64,
}

impl Invariant for OwnVersions {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let Some(EdgeFact::WriteAcked { operation, key, version }) = change.fact() else { return Verdict::Holds };
        self.times_checked += 1;
        let write = (change.node(), *operation);
        let known = *self.writes.entry((*key, *version)).or_insert(write);
        if known == write {
            return Verdict::Holds;
        }
        let [name, known_name] = [write.0, known.0].map(|node| world.name(node));
        let message = format!(
            "write {operation} of {name} and write {} of {known_name} are both acknowledged as version {version} of key {key}",
            known.1
        );
        Verdict::violated([write.0, known.0], message)
    }

    /// Acknowledged writes.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
