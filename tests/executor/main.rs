//! Async nodes: the executor that runs them, what they can do, and what happens to them.

mod foreign;
mod lives;
mod order;
mod ports;
mod select;
mod sleeps;
mod stalls;
mod tasks;
mod telling;
mod torture;
mod traps;

use cluster_sim::RecordKind;
use cluster_sim::prelude::*;

/// A scenario of `count` nodes that start at zero.
pub(crate) fn nodes<F: Future<Output = ()> + 'static>(count: u32, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Scenario {
    Scenario::new("executor").nodes("n", count, main).start_together()
}

/// How many records of that kind were kept.
pub(crate) fn count(sim: &Sim, kind: RecordKind) -> usize {
    sim.records().iter().filter(|record| record.kind == kind).count()
}
