//! S01–S04: one broker.

use cluster_sim::prelude::*;
use cluster_sim_scenarios::stream_queue::{s01_baseline, s02_concurrent_producers, s03_disk_full, s04_crash_and_restart};

#[cluster_sim::test(seeds = 20)]
fn s01_one_producer_and_one_consumer() -> Scenario {
    s01_baseline()
}

#[cluster_sim::test(seeds = 20)]
fn s02_concurrent_producers_get_dense_offsets() -> Scenario {
    s02_concurrent_producers()
}

#[cluster_sim::test(seeds = 20)]
fn s03_a_full_disk_is_an_error_and_loses_nothing() -> Scenario {
    s03_disk_full()
}

#[cluster_sim::test(seeds = 20)]
fn s04_a_crash_loses_nothing_that_was_acknowledged() -> Scenario {
    s04_crash_and_restart()
}
