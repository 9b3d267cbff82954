//! The rule that an answer comes soon once nothing is in its way.

use std::time::Duration;

use cluster_sim_invariants::{Change, Health, Invariant, Verdict, VirtualInstant, World};

use crate::deadlines::Deadlines;
use crate::fact::EchoFact;

/// In the recovery phase every question is answered within a bound (H19).
///
/// Right if no fault is in force in the recovery phase, and if the bound covers a retry and a round trip.
#[derive(Debug)]
pub struct PromptAnswers {
    from: VirtualInstant,
    bound: Duration,
    waiting: Deadlines,
    times_checked: u64,
}

impl PromptAnswers {
    /// Creates the rule for the time from `from` on.
    ///
    /// Questions asked before must be answered within `bound` of it.
    pub fn new(from: VirtualInstant, bound: Duration) -> Self {
        Self { from, bound, waiting: Deadlines::new(bound), times_checked: 0 }
    }

    fn check(&mut self, world: &World<'_>) -> Verdict {
        let Some((client, since)) = self.waiting.overdue(world.now()) else { return Verdict::Holds };
        let (name, bound) = (world.name(client), self.bound.as_secs_f64());
        Verdict::violated(
            [client],
            format!("{name} has waited for an answer for {bound:.3}s since {since}, and nothing was in its way"),
        )
    }
}

impl Invariant for PromptAnswers {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let (verdict, node) = (self.check(world), change.node());
        if let Change::Health(_, Health::Down | Health::Killed, _) = change {
            self.waiting.stop(node);
        }
        match change.fact() {
            Some(EchoFact::Asked { attempt: 0, .. }) => self.waiting.start(node, world.now().max(self.from)),
            Some(EchoFact::Answered { .. }) => {
                self.times_checked += u64::from(world.now() >= self.from);
                self.waiting.stop(node);
            }
            _ => {}
        }
        verdict
    }

    /// Questions answered in the recovery phase.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }

    fn finish(&mut self, world: &World<'_>) -> Verdict {
        self.check(world)
    }
}
