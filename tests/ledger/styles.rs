//! Machines and async nodes of the ledger.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_testkit::equivalence;

const STYLES: [NodeStyle; 2] = [NodeStyle::Machine, NodeStyle::Async];

/// Whether a node was paused in the run of a seed.
fn pauses(scenario: &Scenario, seed: u64) -> bool {
    scenario.run(Seed(seed)).faults.iter().any(|record| record.fault.kind() == "pause")
}

/// After a pause they differ as those of the echo do.
#[test]
fn async_ledger_nodes_behave_as_machines_do_without_pauses() {
    let [machines, tasks] = STYLES.map(cluster_sim_scenarios::ledger::scenario);
    let seeds: Vec<u64> = (0..512).filter(|seed| !pauses(&machines, *seed)).collect();
    assert!(seeds.len() > 256, "{} seeds are without a pause", seeds.len());
    seeds.into_iter().for_each(|seed| equivalence::assert_equal(&machines, &tasks, Seed(seed)));
}
