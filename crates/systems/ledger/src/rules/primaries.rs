//! The rule that an epoch has one primary.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Health, Incarnation, Invariant, NodeId, Verdict, World};

use crate::fact::LedgerFact;

/// Checks that an epoch is led once, by one store in one life (V1).
///
/// A store that leads an epoch again after a crash counts too: it may have forgotten entries that others have. `times_checked` counts
/// epochs.
#[derive(Debug, Default)]
pub struct OnePrimary {
    /// The life of each store that is not in its first.
    lives: BTreeMap<NodeId, Incarnation>,
    led: BTreeMap<u64, (NodeId, Incarnation)>,
}

impl Invariant for OnePrimary {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let store = change.node();
        if let Change::Health(_, Health::Up, life) = change {
            self.lives.insert(store, *life);
        }
        let Some(LedgerFact::Leads { epoch }) = change.fact() else { return Verdict::Holds };
        let life = self.lives.get(&store).copied().unwrap_or_default();
        match self.led.insert(*epoch, (store, life)) {
            None => Verdict::Holds,
            Some((before, life)) => {
                let (name, before_name) = (world.name(store), world.name(before));
                Verdict::violated(
                    [store, before],
                    format!("{name} leads epoch {epoch}, which {before_name} led in life {}", life.0),
                )
            }
        }
    }

    fn times_checked(&self) -> u64 {
        self.led.len() as u64
    }
}
