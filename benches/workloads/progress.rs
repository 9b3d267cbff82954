//! The rule of every workload: each step takes exactly one input.

use cluster_sim::check::{CallLogs, Change};
use cluster_sim::{Invariant, Verdict, World};

/// The view of a node: the inputs that it took in this incarnation.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Tally {
    pub(crate) inputs: u64,
}

/// Checks the view that a step changed against one count per node.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    seen: Vec<u64>,
    /// Messages and timers: all inputs except the first of each incarnation, which is its start.
    events: u64,
}

impl Progress {
    /// The name of the rule.
    pub(crate) const NAME: &str = "every step takes one input";
}

impl Invariant for Progress {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        if self.seen.len() <= node.index() {
            self.seen.resize(node.index() + 1, 0);
        }
        let seen = &mut self.seen[node.index()];
        match change {
            Change::View(_) => {
                self.events += u64::from(*seen > 0);
                *seen += 1;
                match world.view::<Tally>(node) {
                    Some(tally) if tally.inputs == *seen => Verdict::Holds,
                    tally => Verdict::violated([node], format!("{tally:?} after {seen} steps")),
                }
            }
            Change::Health(..) => {
                *seen = 0;
                Verdict::Holds
            }
            _ => Verdict::Holds,
        }
    }

    fn reads_calls(&mut self, _: &mut CallLogs) -> bool {
        true
    }

    fn times_checked(&self) -> u64 {
        self.events
    }
}
