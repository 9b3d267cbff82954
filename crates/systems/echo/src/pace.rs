//! The rule that a client asks until it is answered, at its pace.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim_invariants::{Change, Health, Invariant, NodeId, Verdict, VirtualInstant, World};

use crate::client::ClientView;
use crate::deadlines::Deadlines;
use crate::fact::EchoFact;

/// A running client with questions left is never silent for longer than a bound (H19).
///
/// It sends a question for the first time or again. So retries keep their pace: neither a long outage nor many short ones make
/// a client wait longer later. Time in which the client is paused or down does not count.
///
/// Right for every client whose waits are constant, with a bound above its answer timeout and its pause.
#[derive(Debug)]
pub struct KeepsAsking {
    questions: u64,
    bound: Duration,
    silent: Deadlines,
    /// The clients that were paused while they had questions left.
    paused: BTreeSet<NodeId>,
    times_checked: u64,
}

impl KeepsAsking {
    /// Creates the rule for clients with that many questions. `bound` is the longest allowed silence.
    pub fn new(questions: u64, bound: Duration) -> Self {
        Self { questions, bound, silent: Deadlines::new(bound), paused: BTreeSet::new(), times_checked: 0 }
    }

    fn check(&mut self, world: &World<'_>) -> Verdict {
        let Some((client, since)) = self.silent.overdue(world.now()) else { return Verdict::Holds };
        let (name, bound) = (world.name(client), self.bound.as_secs_f64());
        Verdict::violated([client], format!("{name} has questions left, runs, and has sent none for {bound:.3}s since {since}"))
    }

    fn on_health(&mut self, client: NodeId, health: Health, now: VirtualInstant) {
        match health {
            Health::Up if self.paused.remove(&client) => self.silent.start(client, now),
            Health::Up => {}
            // A paused client sends nothing.
            Health::Paused => {
                if self.silent.stop(client) {
                    self.paused.insert(client);
                }
            }
            _ => {
                self.silent.stop(client);
                self.paused.remove(&client);
            }
        }
    }
}

impl Invariant for KeepsAsking {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        // Before a question of this step ends the silence.
        let (verdict, node) = (self.check(world), change.node());
        if let Change::Health(_, health, _) = change {
            self.on_health(node, *health, world.now());
        }
        match change.fact() {
            Some(EchoFact::Asked { .. }) => {
                self.times_checked += 1;
                self.silent.start(node, world.now());
            }
            Some(EchoFact::Answered { .. }) => {
                self.silent.stop(node);
                if world.view::<ClientView>(node).is_some_and(|client| client.answered < self.questions) {
                    self.silent.start(node, world.now());
                }
            }
            None => {}
        }
        verdict
    }

    /// Questions sent, retries included.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        self.check(world)
    }
}
