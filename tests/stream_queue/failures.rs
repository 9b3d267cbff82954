//! S09–S12: groups, bursts, slow consumers, long absence.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::{numbered, numbered_on, swarm};

#[cluster_sim::test(seeds = 20)]
fn s09_group_offsets_outlast_crashes_of_one_broker() -> Scenario {
    numbered_on("s09", 1)
}

#[cluster_sim::test(seeds = 20)]
fn s09_group_offsets_outlast_crashes_of_three_brokers() -> Scenario {
    numbered("s09")
}

#[cluster_sim::test(seeds = 20)]
fn s10_a_burst_loses_nothing_on_one_broker() -> Scenario {
    numbered_on("s10", 1)
}

#[cluster_sim::test(seeds = 20)]
fn s10_a_burst_loses_nothing_on_three_brokers() -> Scenario {
    numbered("s10")
}

#[cluster_sim::test(seeds = 20)]
fn s11_a_slow_consumer_of_one_broker_reads_from_the_store() -> Scenario {
    numbered_on("s11", 1)
}

#[cluster_sim::test(seeds = 20)]
fn s11_a_slow_consumer_of_three_brokers_reads_from_the_store() -> Scenario {
    numbered("s11")
}

#[cluster_sim::test(seeds = 20)]
fn s12_a_broker_catches_up_after_a_long_absence() -> Scenario {
    numbered("s12")
}

#[cluster_sim::test(seeds = 50)]
fn one_broker_survives_all_faults_at_once() -> Scenario {
    swarm(1)
}

#[cluster_sim::test(seeds = 50)]
fn three_brokers_survive_all_faults_at_once() -> Scenario {
    swarm(3)
}

#[cluster_sim::test(seeds = 1_000)]
fn soak_three_brokers_survive_all_faults_at_once() -> Scenario {
    swarm(3)
}
