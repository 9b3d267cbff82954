//! The rule on the state machines of servers.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, Verdict, World};

use crate::store::{Request, StoreFact};

/// Checks that servers have one state after each index (V13), and that a request has one effect (H18).
///
/// Also after a snapshot in place of entries (L8).
///
/// `times_checked` counts entries of servers.
#[derive(Debug, Default)]
pub struct OneState {
    digests: BTreeMap<u64, u64>,
    effects: BTreeMap<Request, u64>,
    times_checked: u64,
}

impl Invariant for OneState {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let Some(StoreFact::Executed { index, digest, request }) = change.fact() else { return Verdict::Holds };
        self.times_checked += 1;
        let (node, name) = (change.node(), world.name(change.node()));
        if let Some(request) = request {
            let first = *self.effects.entry(*request).or_insert(*index);
            if first != *index {
                return Verdict::violated(
                    [node],
                    format!("{name} executed {request:?} at entry {index}, and it had its effect at {first}"),
                );
            }
        }
        match *self.digests.entry(*index).or_insert(*digest) {
            first if first != *digest => {
                Verdict::violated([node], format!("{name} is in another state after entry {index} than another server was"))
            }
            _ => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
