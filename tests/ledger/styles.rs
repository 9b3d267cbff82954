//! Machines and async nodes of the ledger.

use cluster_sim::fault::FaultKind;
use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::ledger::{profile, scenario};
use cluster_sim_testkit::equivalence;

const STYLES: [NodeStyle; 2] = [NodeStyle::Machine, NodeStyle::Async];

/// After these several things may be due at one instant: a machine takes one after the other, a task sees all of them.
const GATHERING: [FaultKind; 6] = [
    FaultKind::Pause,
    FaultKind::LateTimers,
    FaultKind::CoarseClock,
    FaultKind::ClockFreeze,
    FaultKind::DiskStall,
    FaultKind::DiskLimit,
];

#[test]
fn async_ledger_nodes_behave_as_machines_do_unless_events_gather() {
    let [machines, tasks] = STYLES.map(|style| scenario(style).chaos(profile().without(GATHERING)));
    (0..384).for_each(|seed| equivalence::assert_equal(&machines, &tasks, Seed(seed)));
}
