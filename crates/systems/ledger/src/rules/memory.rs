//! The rules on what a store remembers.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::fact::LedgerFact;
use crate::store::StoreView;

/// Checks that a store forgets nothing that it promised or vouched for.
///
/// [`KeepsEpochs`] and [`KeepsVouched`] as one rule.
///
/// One loss of memory may break both. `times_checked` counts epochs and entries of stores.
#[derive(Debug, Default)]
pub struct Remembers {
    epochs: KeepsEpochs,
    vouched: KeepsVouched,
}

impl Invariant for Remembers {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let verdicts = [self.vouched.observe(change, world), self.epochs.observe(change, world)];
        verdicts.into_iter().find(|verdict| *verdict != Verdict::Holds).unwrap_or(Verdict::Holds)
    }

    fn times_checked(&self) -> u64 {
        self.epochs.times_checked() + self.vouched.times_checked()
    }
}

/// Checks that no member goes back to an earlier epoch, also across crashes (V5).
///
/// A store that lost its disk is no member until it has learned from the others. `times_checked` counts epochs of stores.
#[derive(Debug, Default)]
pub struct KeepsEpochs {
    epochs: BTreeMap<NodeId, u64>,
    times_checked: u64,
}

impl Invariant for KeepsEpochs {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let (Change::View(store), Some(view)) = (change, world.view::<StoreView>(change.node())) else { return Verdict::Holds };
        if view.status == crate::store::Status::Learner {
            self.epochs.remove(store);
        }
        if !view.status.is_member() {
            return Verdict::Holds;
        }
        let before = self.epochs.insert(*store, view.epoch);
        self.times_checked += u64::from(before != Some(view.epoch));
        match before {
            Some(before) if view.epoch < before => {
                let name = world.name(*store);
                Verdict::violated([*store], format!("{name} was in epoch {before}, and is in epoch {} again", view.epoch))
            }
            _ => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}

/// Checks that a member has every committed entry that it vouched for, also across crashes (L1, V6).
///
/// An entry that it vouched for in a later or earlier epoch than that of the entry does not count: it may have been another one of
/// that number. `times_checked` counts entries of stores.
#[derive(Debug, Default)]
pub struct KeepsVouched {
    /// The last committed entry of each epoch.
    last: BTreeMap<u64, u64>,
    first: BTreeMap<u64, u64>,
    /// The number up to which each store vouched, by epoch.
    vouched: BTreeMap<NodeId, BTreeMap<u64, u64>>,
    /// The number up to which each store must have all entries.
    required: BTreeMap<NodeId, u64>,
    times_checked: u64,
}

impl KeepsVouched {
    /// Requires of a store what it vouched for in an epoch and is committed.
    fn require(&mut self, store: NodeId, epoch: u64) {
        let upto = self.vouched.get(&store).and_then(|epochs| epochs.get(&epoch));
        let (Some(upto), Some(last), Some(first)) = (upto, self.last.get(&epoch), self.first.get(&epoch)) else { return };
        let index = *upto.min(last);
        let required = self.required.entry(store).or_default();
        if index >= *first && index > *required {
            self.times_checked += index - *required;
            *required = index;
        }
    }

    fn check(&self, store: NodeId, world: &World<'_>) -> Verdict {
        let (Some(view), Some(required)) = (world.view::<StoreView>(store), self.required.get(&store)) else {
            return Verdict::Holds;
        };
        if !view.status.is_member() || view.length >= *required {
            return Verdict::Holds;
        }
        let name = world.name(store);
        Verdict::violated(
            [store],
            format!("{name} vouched for entry {required}, which is committed, and has {} entries", view.length),
        )
    }
}

impl Invariant for KeepsVouched {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let store = change.node();
        match change.fact::<LedgerFact>() {
            Some(LedgerFact::Committed { entry }) => {
                self.first.entry(entry.epoch).or_insert(entry.index);
                let last = self.last.entry(entry.epoch).or_default();
                if entry.index > *last {
                    *last = entry.index;
                    let stores: Vec<NodeId> = self.vouched.keys().copied().collect();
                    stores.into_iter().for_each(|store| self.require(store, entry.epoch));
                }
            }
            Some(LedgerFact::Vouched { epoch, upto }) => {
                let vouched = self.vouched.entry(store).or_default().entry(*epoch).or_default();
                *vouched = (*upto).max(*vouched);
                self.require(store, *epoch);
            }
            _ => {}
        }
        if matches!(change, Change::View(_)) { self.check(store, world) } else { Verdict::Holds }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
