//! S05–S08: three brokers.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::numbered;

#[cluster_sim::test(seeds = 20)]
fn s05_three_brokers_keep_one_log() -> Scenario {
    numbered("s05")
}

#[cluster_sim::test(seeds = 20)]
fn s06_two_brokers_go_on_without_the_third() -> Scenario {
    numbered("s06")
}

#[cluster_sim::test(seeds = 20)]
fn s07_the_majority_goes_on_through_a_partition() -> Scenario {
    numbered("s07")
}

#[cluster_sim::test(seeds = 20)]
fn s08_the_log_grows_while_the_object_store_is_down() -> Scenario {
    numbered("s08")
}
