//! S01–S04: one broker.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::numbered;

#[cluster_sim::test(seeds = 20)]
fn s01_one_producer_and_one_consumer() -> Scenario {
    numbered("s01")
}

#[cluster_sim::test(seeds = 20)]
fn s02_concurrent_producers_get_dense_offsets() -> Scenario {
    numbered("s02")
}

#[cluster_sim::test(seeds = 20)]
fn s03_a_full_disk_is_an_error_and_loses_nothing() -> Scenario {
    numbered("s03")
}

#[cluster_sim::test(seeds = 20)]
fn s04_a_crash_loses_nothing_that_was_acknowledged() -> Scenario {
    numbered("s04")
}
