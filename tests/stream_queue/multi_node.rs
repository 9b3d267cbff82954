//! S05–S08: three brokers.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::{s05_replication, s06_one_crashes, s07_partition, s08_store_outage};

#[cluster_sim::test(seeds = 20)]
fn s05_three_brokers_keep_one_log() -> Scenario {
    s05_replication()
}

#[cluster_sim::test(seeds = 20)]
fn s06_two_brokers_go_on_without_the_third() -> Scenario {
    s06_one_crashes()
}

#[cluster_sim::test(seeds = 20)]
fn s07_the_majority_goes_on_through_a_partition() -> Scenario {
    s07_partition()
}

#[cluster_sim::test(seeds = 20)]
fn s08_the_log_grows_while_the_object_store_is_down() -> Scenario {
    s08_store_outage()
}
