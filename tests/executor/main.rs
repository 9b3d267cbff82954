//! Async nodes under the simulated executor.
//!
//! [`tasks`], [`order`], [`select`]: spawning, joining, aborting, and which of several ready tasks runs first. [`sleeps`]:
//! timers. [`timer_queues`]: many of them. [`ports`]: messages. [`publish`]: views, facts and calls. [`lives`]: crashes, restarts and drops. [`stalls`]: clients
//! that do not end. [`turns`]: waits of no length. [`outside_waits`]: nodes that nothing of the run can wake. [`foreign`]: futures
//! of other crates. [`runtimes`]: a tokio runtime around the test. [`traps`]: wakes from outside a poll. [`short_ways`]: they equal the
//! long ones. [`torture`]: random operations against a model.

mod foreign;
mod lives;
mod order;
mod outside_waits;
mod ports;
mod publish;
mod runtimes;
mod select;
mod short_ways;
mod sleeps;
mod stalls;
mod tasks;
mod timer_queues;
mod torture;
mod traps;
mod turns;

use cluster_sim::prelude::*;
use cluster_sim::report::RecordKind;

/// A scenario of `count` nodes that start at zero.
pub(crate) fn nodes<F: Future<Output = ()> + 'static>(count: u32, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Scenario {
    Scenario::new("executor").nodes("n", count, main).start_together()
}

/// Counts the kept records of a kind.
pub(crate) fn count(sim: &Sim, kind: RecordKind) -> usize {
    sim.records().iter().filter(|record| record.kind == kind).count()
}
