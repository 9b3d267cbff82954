//! The rule that no read waits forever.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_invariants::{Change, Health, Invariant, NodeId, Verdict, VirtualInstant, World};

use super::ended_life;
use crate::fact::EdgeFact;
use crate::message::CacheOperation;
use crate::roamer::ClientView;

/// A read is answered or given up within a bound, while its client runs (H19).
///
/// Time in which the client is paused or down does not count.
///
/// Right for every edge cache with a bound above the client's read timeout: ten times the delay between client and edge, at least
/// 10 ms. Checked at every change of the client and at the end of the run.
#[derive(Debug)]
pub struct BoundedWaits {
    bound: Duration,
    /// The read in progress of each client, and since when the client has run and waited.
    waiting: BTreeMap<NodeId, (CacheOperation, VirtualInstant)>,
    times_checked: u64,
}

impl BoundedWaits {
    /// Creates the rule. `bound` is the longest allowed wait.
    pub fn new(bound: Duration) -> Self {
        Self { bound, waiting: BTreeMap::new(), times_checked: 0 }
    }

    fn on_change(&mut self, client: NodeId, world: &World<'_>) -> Verdict {
        let reading = world.view::<ClientView>(client).and_then(|view| view.reading).map(|read| read.operation);
        let Some(operation) = reading else {
            self.waiting.remove(&client);
            return Verdict::Holds;
        };
        match self.waiting.get(&client).filter(|(known, _)| *known == operation) {
            Some((_, since)) => {
                let verdict = self.check(client, operation, *since, world);
                if verdict != Verdict::Holds {
                    // Reported once; `finish` would report it again.
                    self.waiting.remove(&client);
                }
                verdict
            }
            None => {
                self.times_checked += 1;
                self.waiting.insert(client, (operation, world.now()));
                Verdict::Holds
            }
        }
    }

    fn check(&self, client: NodeId, operation: CacheOperation, since: VirtualInstant, world: &World<'_>) -> Verdict {
        let waited = world.now() - since;
        if waited <= self.bound || world.health(client) != Health::Up {
            return Verdict::Holds;
        }
        let name = world.name(client);
        let message = format!("{name} has waited for the answer to read {operation} since {since} without giving up");
        Verdict::violated([client], message)
    }
}

impl Invariant for BoundedWaits {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        if let Some(client) = ended_life(change) {
            self.waiting.remove(&client);
        } else if let Change::Health(_, Health::Up, _) = change
            && let Some((_, since)) = self.waiting.get_mut(&node)
        {
            // A paused client gives up nothing.
            *since = world.now();
        } else if matches!(change, Change::View(_)) || matches!(change.fact(), Some(EdgeFact::WriteAcked { .. })) {
            return self.on_change(node, world);
        }
        Verdict::Holds
    }

    /// Started reads.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        let verdicts = self.waiting.iter().map(|(client, (operation, since))| self.check(*client, *operation, *since, world));
        verdicts.into_iter().find(|verdict| *verdict != Verdict::Holds).unwrap_or(Verdict::Holds)
    }
}
