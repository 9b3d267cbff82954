//! S01–S04: one broker.

use std::time::Duration;

use cluster_sim::fault::{DiskFault, NodeFault};
use cluster_sim::{FaultPlan, Ratio, Scenario, Seed};
use cluster_sim_stream_queue::ConsumerLoad;

use super::chance::Chance;
use super::queue::{Queue, brokers, load, reads};

const DURATION: Duration = Duration::from_secs(4);

/// S01: one producer and one consumer, and a second consumer that begins in the middle.
pub fn s01_baseline() -> Scenario {
    Queue::new("s01", brokers(1))
        .producers(1, load(20))
        .consumers("consumer", 1, reads(Some("billing")))
        .consumers("late", 1, ConsumerLoad { from: Some(100), ..reads(None) })
        .with_rules()
        .duration(DURATION)
}

/// S02: four producers at once.
pub fn s02_concurrent_producers() -> Scenario {
    Queue::new("s02", brokers(1))
        .producers(4, load(10))
        .consumers("consumer", 1, reads(Some("billing")))
        .with_rules()
        .duration(DURATION)
}

/// S03: the disk is full after a number of bytes that each seed chooses; later syncs fail.
///
/// It may be full in the middle of a record.
pub fn s03_disk_full() -> Scenario {
    Queue::new("s03", brokers(1))
        .producers(2, load(15))
        .consumers("consumer", 1, reads(Some("billing")))
        .with_rules()
        .faults_from(disk_full)
        .duration(DURATION)
}

fn disk_full(seed: Seed) -> FaultPlan {
    let (chance, node) = (Chance(seed), || "broker/0".to_owned());
    let full = DiskFault::Full {
        node: node(),
        free: chance.below("free", 0, 12_000),
        duration: Some(chance.millis("full for", 0, 300, 800)),
    };
    let fail = DiskFault::FailSync {
        node: node(),
        path: "/".to_owned(),
        share: Ratio::ONE,
        duration: Some(chance.millis("failing for", 0, 20, 200)),
    };
    FaultPlan::new().at(chance.millis("full", 0, 50, 300), full).at(chance.millis("failing", 0, 1_200, 1_500), fail)
}

/// S04: the broker crashes at instants that each seed chooses, and loses what it had not synced.
pub fn s04_crash_and_restart() -> Scenario {
    Queue::new("s04", brokers(1))
        .producers(2, load(15))
        .consumers("consumer", 1, reads(Some("billing")))
        .with_rules()
        .faults_from(|seed| crashes(seed, "broker/0"))
        .duration(DURATION)
}

/// Four crashes with random times between them.
fn crashes(seed: Seed, node: &str) -> FaultPlan {
    let chance = Chance(seed);
    let mut at = Duration::ZERO;
    (0..4).fold(FaultPlan::new(), |plan, number| {
        at += chance.millis("crash", number, 60, 600);
        plan.at(at, NodeFault::crash(node, chance.millis("down for", number, 20, 200)))
    })
}
