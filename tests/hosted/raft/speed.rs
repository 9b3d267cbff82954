//! How fast five replicas run, under all faults and all rules.
//!
//! `cargo nextest run -p cluster-sim-suites --test hosted --all-features --no-capture speed` prints it.

use cluster_sim::prelude::*;
use cluster_sim_testkit::units::seconds;
use rustix::time::{ClockId, clock_gettime};

use super::under_every_fault;

const SEEDS: u64 = 20;

fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("processor time is not negative")
}

#[test]
fn the_speed_of_five_replicas_is_printed() {
    let scenario = under_every_fault();
    let begin = processor_time();
    let simulated: Duration = (0..SEEDS).map(|seed| scenario.run(Seed(seed)).ended_at.since_zero()).sum();
    let used = processor_time() - begin;
    let rate = simulated.as_secs_f64() / used.as_secs_f64();
    println!("raft, 5 nodes: {simulated:?} of virtual time in {used:?} of processor time: {rate:.0} virtual s/s");
    assert!(simulated >= seconds(20) * SEEDS as u32, "a run ends before its faults do");
}
