//! The rules of snapshots: they hold what is applied, never set a replica back, and bring the state that others have.

use std::collections::BTreeMap;

use cluster_sim::check::{Change, Invariant};
use cluster_sim::prelude::*;

use super::facts::{Compacted, Installed};
use super::status::Status;

/// A snapshot ends at or before the last applied entry, and to install one never lowers that.
#[derive(Default)]
pub(crate) struct SnapshotsAdvance {
    snapshots: u64,
}

impl Invariant for SnapshotsAdvance {
    fn observe(&mut self, change: &Change, _world: &World<'_>) -> Verdict {
        let node = change.node();
        if let Some(Compacted { last, applied }) = change.fact() {
            self.snapshots += 1;
            if last.index > *applied {
                return Verdict::violated([node], format!("its snapshot ends at {}, and it applied {applied}", last.index));
            }
        }
        if let Some(Installed { before, last }) = change.fact() {
            self.snapshots += 1;
            if last.index < *before {
                return Verdict::violated([node], format!("a snapshot set it back from {before} to {}", last.index));
            }
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.snapshots
    }
}

/// Replicas that applied equally many entries have equal states.
#[derive(Default)]
pub(crate) struct EqualStates {
    states: BTreeMap<u64, (u64, NodeId)>,
}

impl Invariant for EqualStates {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let (Change::View(node), Some(status)) = (change, world.view::<Status>(change.node())) else { return Verdict::Holds };
        match *self.states.entry(status.applied).or_insert((status.state, *node)) {
            (state, _) if state == status.state => Verdict::Holds,
            (_, other) => Verdict::violated([other, *node], format!("their states differ at entry {}", status.applied)),
        }
    }

    fn times_checked(&self) -> u64 {
        self.states.len() as u64
    }
}
