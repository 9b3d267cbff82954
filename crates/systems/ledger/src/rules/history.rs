//! The rule that the ledger has one history.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};
use cluster_sim_metrics::Counter;
use serde::Serialize;
use serde_json::{Value, json};

use crate::entry::{Entry, RequestId};
use crate::fact::LedgerFact;

/// Checks that each number has one entry for ever (L2), and each request one entry (L4).
///
/// So nothing that was committed is lost: it would have to be replaced. `times_checked` counts entries that a store learned to be
/// committed.
#[derive(Debug, Default)]
pub struct OneHistory {
    entries: Vec<Entry>,
    requests: BTreeMap<RequestId, u64>,
    measured: Measured,
}

/// The measurements of [`OneHistory`].
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Measured {
    /// Entries that were committed.
    pub entries: Counter,
    /// How often a store learned that an entry is committed.
    pub learned: Counter,
    /// Epochs that a store began to lead.
    pub epochs: Counter,
    /// Deposits that were acknowledged.
    pub acknowledged: Counter,
    /// Reads that were answered.
    pub reads: Counter,
    /// Requests that were given up.
    pub given_up: Counter,
}

impl OneHistory {
    fn on_committed(&mut self, store: NodeId, entry: Entry, world: &World<'_>) -> Verdict {
        self.measured.learned.increment();
        let name = world.name(store);
        match self.entries.get(entry.index as usize - 1) {
            Some(known) if *known == entry => Verdict::Holds,
            Some(known) => Verdict::violated(
                [store],
                format!("{name} committed {entry:?}, and {known:?} had been committed under that number"),
            ),
            None if self.entries.len() as u64 + 1 < entry.index => {
                let count = self.entries.len();
                Verdict::violated(
                    [store],
                    format!("{name} committed entry {}, and {count} entries had been committed", entry.index),
                )
            }
            None => self.extend(store, entry, world),
        }
    }

    fn extend(&mut self, store: NodeId, entry: Entry, world: &World<'_>) -> Verdict {
        self.measured.entries.increment();
        self.entries.push(entry);
        let Some(deposit) = entry.deposit() else { return Verdict::Holds };
        match self.requests.insert(deposit.request, entry.index) {
            None => Verdict::Holds,
            Some(before) => {
                let (name, request, index) = (world.name(store), deposit.request, entry.index);
                Verdict::violated(
                    [store],
                    format!("{name} committed request {request} as entry {index}, it was entry {before} already"),
                )
            }
        }
    }
}

impl Invariant for OneHistory {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact::<LedgerFact>() {
            Some(LedgerFact::Committed { entry }) => return self.on_committed(change.node(), *entry, world),
            Some(LedgerFact::Leads { .. }) => self.measured.epochs.increment(),
            Some(LedgerFact::Acknowledged { .. }) => self.measured.acknowledged.increment(),
            Some(LedgerFact::ReadBalance { .. }) => self.measured.reads.increment(),
            Some(LedgerFact::GaveUp { .. }) => self.measured.given_up.increment(),
            _ => {}
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.measured.learned.get()
    }

    fn measured(&self) -> Value {
        json!(self.measured)
    }
}
