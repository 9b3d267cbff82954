//! Machines and async nodes of the key-value store.

use cluster_sim::fault::{FaultKind, NodeFault};
use cluster_sim::prelude::*;
use cluster_sim_scenarios::NodeStyle;
use cluster_sim_scenarios::kv::{planted, scenario};
use cluster_sim_testkit::equivalence;
use cluster_sim_testkit::units::milliseconds;

const STYLES: [NodeStyle; 2] = [NodeStyle::Machine, NodeStyle::Async];

/// After a pause several things may be due at one instant: a machine takes one after the other, a task sees all of them.
#[test]
fn async_kv_nodes_behave_as_machines_do_unless_paused() {
    let crash = FaultPlan::new().at(milliseconds(303), NodeFault::crash("replica/0", milliseconds(50)));
    let [machines, tasks] = STYLES.map(|style| {
        let hunt = planted::cluster(style, None);
        let profile = FaultProfile { mean_interval: milliseconds(300), ..FaultProfile::default() };
        let profile = profile.without([FaultKind::Pause]).sparing(["replica"]);
        hunt.cluster.chaos(profile).duration(milliseconds(1_000)).faults(crash.clone())
    });
    (0..200).for_each(|seed| equivalence::assert_equal(&machines, &tasks, Seed(seed)));
}

#[test]
fn both_forms_of_kv_state_one_history() {
    let counts = STYLES.map(|style| {
        let checked = |seed| scenario(style).run(Seed(seed)).checks.iter().map(|check| check.times_checked).sum::<u64>();
        (0..20).map(checked).collect::<Vec<_>>()
    });
    assert_eq!(counts[0], counts[1]);
}
