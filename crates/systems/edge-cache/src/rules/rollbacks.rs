//! The rule that an edge never goes back to an older version.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use super::ended_life;
use crate::fact::EdgeFact;
use crate::message::{Key, Version};

/// An edge never replaces a version of a key by an older one within a life (E9).
///
/// Right for [gated](crate::ApplyMode::VersionGated) edges, whatever happens to them and their links.
#[derive(Debug, Default)]
pub struct NoRollback {
    held: BTreeMap<(NodeId, Key), Version>,
    times_checked: u64,
}

impl Invariant for NoRollback {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if let Some(edge) = ended_life(change) {
            self.held.retain(|(holder, _), _| *holder != edge);
        }
        let Some(EdgeFact::Applied { key, version, .. }) = change.fact() else { return Verdict::Holds };
        let edge = change.node();
        let Some(before) = self.held.insert((edge, *key), *version) else { return Verdict::Holds };
        self.times_checked += 1;
        if *version >= before {
            return Verdict::Holds;
        }
        let name = world.name(edge);
        Verdict::violated([edge], format!("{name} held version {before} of key {key}, and went back to version {version}"))
    }

    /// Changes of an entry that was set before.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
