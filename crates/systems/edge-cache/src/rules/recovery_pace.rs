//! The rule that clients work at their pace while nothing is in their way.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, VirtualInstant, World};

use crate::config::{Config, Layout};
use crate::fact::EdgeFact;
use crate::roamer::ClientView;

/// In the recovery phase every live client works at half of its pace at least (H19).
///
/// It accepts the answers to its reads, and gets its writes acknowledged. A client that gave up breaks this rule, and so does
/// one that never came back to its pace.
///
/// Half, because a guarded session rejects answers of an edge that is behind. Right if no fault is in force in the recovery
/// phase, and none has left both edges behind for most keys.
#[derive(Debug)]
pub struct RecoveryPace {
    layout: Layout,
    from: VirtualInstant,
    until: VirtualInstant,
    /// The reads and the writes that a client must finish.
    least: Finished,
    finished: BTreeMap<NodeId, Finished>,
    is_judged: bool,
    times_checked: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Finished {
    reads: u64,
    writes: u64,
}

impl RecoveryPace {
    /// Creates the rule for the clients of `config`, whose work is counted for `window` from `from` on.
    pub fn new(config: &Config, layout: Layout, from: VirtualInstant, window: Duration) -> Self {
        let half = |rate: f64| (rate * window.as_secs_f64() / 2.0) as u64;
        let least = Finished { reads: half(config.reads_per_client_per_sec), writes: half(config.writes_per_client_per_sec) };
        Self { layout, from, until: from + window, least, finished: BTreeMap::new(), is_judged: false, times_checked: 0 }
    }

    fn count(&mut self, change: &Change) {
        let counted = match change.fact() {
            Some(EdgeFact::Observed { .. }) => Finished { reads: 1, writes: 0 },
            Some(EdgeFact::WriteAcked { .. }) => Finished { reads: 0, writes: 1 },
            _ => return,
        };
        self.times_checked += 1;
        let finished = self.finished.entry(change.node()).or_default();
        finished.reads += counted.reads;
        finished.writes += counted.writes;
    }

    fn judge(&mut self, world: &World<'_>) -> Verdict {
        self.is_judged = true;
        for client in (0..self.layout.clients).map(|index| self.layout.client(index)) {
            let Finished { reads, writes } = self.finished.get(&client).copied().unwrap_or_default();
            if (reads < self.least.reads || writes < self.least.writes) && world.view::<ClientView>(client).is_some() {
                let Self { from, until, least, .. } = self;
                let name = world.name(client);
                let message = format!(
                    "{name} finished {reads} reads and {writes} writes from {from} to {until}, and at half of its pace it finishes \
                     {} and {}",
                    least.reads, least.writes
                );
                return Verdict::violated([client], message);
            }
        }
        Verdict::Holds
    }
}

impl Invariant for RecoveryPace {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        if self.is_judged || world.now() < self.from {
            return Verdict::Holds;
        }
        if world.now() >= self.until {
            return self.judge(world);
        }
        self.count(change);
        Verdict::Holds
    }

    /// Reads and writes that were finished in the recovery phase.
    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
