//! The rule on what clients are told about the balance.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::entry::RequestId;
use crate::fact::LedgerFact;

/// Checks that a read counts all deposits acknowledged before it was asked for, and their sum.
///
/// A primary that was replaced, and still believes in its lease, breaks it. `times_checked` counts reads.
#[derive(Debug, Default)]
pub struct FreshReads {
    /// The balance after each committed entry.
    balances: Vec<u64>,
    /// The reads that clients wait for, each with the highest number that was acknowledged or read when it was asked for.
    asked: BTreeMap<RequestId, u64>,
    /// The highest number that was acknowledged or read.
    highest: u64,
    times_checked: u64,
}

impl FreshReads {
    fn balance(&self, commit: u64) -> Option<u64> {
        if commit == 0 { Some(0) } else { self.balances.get(commit as usize - 1).copied() }
    }

    fn on_read(&mut self, client: NodeId, request: RequestId, commit: u64, balance: u64, world: &World<'_>) -> Verdict {
        self.times_checked += 1;
        let name = world.name(client);
        let Some(highest) = self.asked.remove(&request) else {
            return Verdict::violated([client], format!("{name} was told of read {request}, which it did not make"));
        };
        self.highest = self.highest.max(commit);
        if commit < highest {
            let message =
                format!("{name} read the balance after entry {commit}, and asked when entry {highest} was known to clients");
            return Verdict::violated([client], message);
        }
        match self.balance(commit) {
            Some(known) if known == balance => Verdict::Holds,
            known => Verdict::violated([client], format!("{name} read {balance} after entry {commit}, which is {known:?}")),
        }
    }
}

impl Invariant for FreshReads {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact::<LedgerFact>() {
            Some(LedgerFact::Committed { entry }) if entry.index as usize == self.balances.len() + 1 => {
                let before = self.balances.last().copied().unwrap_or_default();
                self.balances.push(before + entry.amount());
            }
            Some(LedgerFact::Acknowledged { index, .. }) => self.highest = self.highest.max(*index),
            Some(LedgerFact::AskedBalance { request, attempt: 0 }) => {
                self.asked.insert(*request, self.highest);
            }
            Some(LedgerFact::ReadBalance { request, commit, balance }) => {
                return self.on_read(change.node(), *request, *commit, *balance, world);
            }
            _ => {}
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
