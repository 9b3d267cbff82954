//! The rule that no read waits for ever.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_invariants::{Change, Health, Invariant, NodeId, Verdict, VirtualInstant, World};

use super::ended_life;
use crate::fact::EdgeFact;
use crate::message::Operation;
use crate::roamer::ClientView;

/// A read comes back or is given up before so much time has passed in which its client ran without a break (H19).
///
/// Right for every edge cache, with a bound above the patience of its clients: ten times the delay between client and edge, at least 10 ms.
/// It is looked at whenever the client does anything, and in the end.
#[derive(Debug)]
pub struct Patience {
    bound: Duration,
    /// The read under way of each client, and since when its client ran and waited for it.
    waiting: BTreeMap<NodeId, (Operation, VirtualInstant)>,
    times_checked: u64,
}

impl Patience {
    /// The rule with that bound.
    pub fn new(bound: Duration) -> Self {
        Self { bound, waiting: BTreeMap::new(), times_checked: 0 }
    }

    fn look(&mut self, client: NodeId, world: &World<'_>) -> Verdict {
        let reading = world.view::<ClientView>(client).and_then(|view| view.reading).map(|read| read.operation);
        let Some(operation) = reading else {
            self.waiting.remove(&client);
            return Verdict::Holds;
        };
        match self.waiting.get(&client).filter(|(known, _)| *known == operation) {
            Some((_, since)) => {
                let verdict = self.judge(client, operation, *since, world);
                if verdict != Verdict::Holds {
                    // Told once: the end would find it again.
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

    fn judge(&self, client: NodeId, operation: Operation, since: VirtualInstant, world: &World<'_>) -> Verdict {
        let waited = world.now() - since;
        if waited <= self.bound || world.health(client) != Health::Up {
            return Verdict::Holds;
        }
        let name = world.name(client);
        let message = format!("{name} has waited for the answer to read {operation} since {since}, and neither got nor gave it up");
        Verdict::violated([client], message)
    }
}

impl Invariant for Patience {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        if let Some(client) = ended_life(change) {
            self.waiting.remove(&client);
        } else if let Change::Health(_, Health::Up, _) = change
            && let Some((_, since)) = self.waiting.get_mut(&node)
        {
            // Nothing is given up in a pause.
            *since = world.now();
        } else if matches!(change, Change::View(_)) || matches!(change.fact(), Some(EdgeFact::WriteAcked { .. })) {
            return self.look(node, world);
        }
        Verdict::Holds
    }

    /// Reads that were begun.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        let judged = self.waiting.iter().map(|(client, (operation, since))| self.judge(*client, *operation, *since, world));
        judged.into_iter().find(|verdict| *verdict != Verdict::Holds).unwrap_or(Verdict::Holds)
    }
}
