//! The rule on what clients are told about their deposits.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::entry::{Deposit, RequestId};
use crate::fact::LedgerFact;

/// Checks that an acknowledged deposit is in the ledger, in order of acknowledgement.
///
/// It has the number that the client was told, higher than all that were acknowledged before it was asked for.
///
/// The order is real time, seen from outside: no clock of a node has a part in it. `times_checked` counts acknowledgements.
#[derive(Debug, Default)]
pub struct Acknowledgements {
    /// The deposits by number, as committed.
    committed: BTreeMap<u64, Option<Deposit>>,
    /// The deposits that clients wait for, each with the highest number that was acknowledged when it was asked for.
    asked: BTreeMap<RequestId, (Deposit, u64)>,
    /// The highest number that was acknowledged.
    highest: u64,
    times_checked: u64,
}

impl Acknowledgements {
    fn on_acknowledged(&mut self, client: NodeId, request: RequestId, index: u64, world: &World<'_>) -> Verdict {
        self.times_checked += 1;
        let name = world.name(client);
        let Some((deposit, highest)) = self.asked.remove(&request) else {
            return Verdict::violated([client], format!("{name} was told of request {request}, which it did not make"));
        };
        self.highest = self.highest.max(index);
        if self.committed.get(&index) != Some(&Some(deposit)) {
            let found = self.committed.get(&index);
            return Verdict::violated([client], format!("{name} was told that {deposit:?} is entry {index}, which is {found:?}"));
        }
        if index <= highest {
            let message = format!(
                "{name} asked for request {request} after entry {highest} was acknowledged, and was told that it is {index}"
            );
            return Verdict::violated([client], message);
        }
        Verdict::Holds
    }
}

impl Invariant for Acknowledgements {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact::<LedgerFact>() {
            Some(LedgerFact::Committed { entry }) => {
                self.committed.entry(entry.index).or_insert(entry.deposit().copied());
            }
            Some(LedgerFact::Asked { deposit, attempt: 0 }) => {
                self.asked.insert(deposit.request, (*deposit, self.highest));
            }
            Some(LedgerFact::GaveUp { request }) => {
                self.asked.remove(request);
            }
            Some(LedgerFact::Acknowledged { request, index }) => {
                return self.on_acknowledged(change.node(), *request, *index, world);
            }
            _ => {}
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
