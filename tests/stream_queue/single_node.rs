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

/// In this run a checkpoint lists a segment, and the full disk ends the job that wrote it before it could say so.
#[test]
fn s03_a_listing_that_was_cut_short_is_told_when_the_log_opens() {
    numbered("s03").run(Seed(0x20)).assert_ok();
}
