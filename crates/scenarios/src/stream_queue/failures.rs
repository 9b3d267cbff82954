//! S09–S12: groups, bursts, slow consumers, long absence; each on one broker and on three.

use std::time::Duration;

use cluster_sim::fault::{NetworkFault, NodeFault};
use cluster_sim::{FaultPlan, Scenario};
use cluster_sim_stream_queue::{Config, ConsumerLoad, ProducerLoad};

use super::chance::Chance;
use super::queue::{Queue, brokers as queue_of, load, reads};

const DURATION: Duration = Duration::from_secs(4);

/// S09: consumers of one group crash and go on, and so does a broker.
pub fn s09_group_offsets(brokers: u32) -> Scenario {
    Queue::new("s09", queue_of(brokers))
        .producers(1, load(25))
        .consumers("consumer", 2, reads(Some("billing")))
        .consumers("explicit", 1, ConsumerLoad { from: Some(30), ..reads(Some("audit")) })
        .with_rules()
        .faults_from(move |seed| {
            let chance = Chance(seed);
            let broker = format!("broker/{}", chance.below("broker", 0, brokers.into()));
            FaultPlan::new()
                .at(chance.millis("consumer", 0, 200, 900), NodeFault::crash("consumer/0", chance.millis("gone", 0, 100, 900)))
                .at(chance.millis("broker", 1, 300, 1_200), NodeFault::crash(broker, chance.millis("gone", 1, 50, 500)))
                .at(chance.millis("consumer", 1, 1_200, 1_800), NodeFault::crash("consumer/1", chance.millis("gone", 2, 50, 500)))
        })
        .duration(DURATION)
}

/// S10: ten thousand records as fast as producers can, through short queues.
pub fn s10_burst(brokers: u32) -> Scenario {
    let config = Config { queue: 4, segment_bytes: 64 << 10, ..queue_of(brokers) };
    let burst = ProducerLoad { records: 125, value_bytes: 60, pause: Duration::ZERO, ..load(10) };
    Queue::new("s10", config)
        .producers(8, burst)
        .consumers("consumer", 1, ConsumerLoad { limit: 1_000, ..reads(Some("billing")) })
        .with_rules()
        .duration(DURATION)
}

/// S11: a consumer that is so slow that only the object store has its records.
///
/// The store is down for a while.
pub fn s11_slow_consumer(brokers: u32) -> Scenario {
    let config =
        Config { segment_bytes: 2 << 10, retained_segments: 0, offload_every: Duration::from_millis(50), ..queue_of(brokers) };
    Queue::new("s11", config)
        .producers(2, load(20))
        .consumers("consumer", 1, ConsumerLoad { limit: 15, pause: Duration::from_millis(120), ..reads(Some("billing")) })
        .with_rules()
        .faults_from(|seed| {
            let chance = Chance(seed);
            let outage = NetworkFault::cut(["s3/0"], ["*"], chance.millis("down for", 0, 100, 600));
            FaultPlan::new().at(chance.millis("down", 0, 500, 1_500), outage)
        })
        .duration(DURATION)
}

/// S12: a broker comes back after the others have removed from their disks what it missed.
pub fn s12_long_absence() -> Scenario {
    let config = Config { segment_bytes: 2 << 10, offload_every: Duration::from_millis(50), checkpoint_entries: 8, ..queue_of(3) };
    Queue::new("s12", config)
        .producers(2, load(30))
        .consumers("consumer", 1, reads(Some("billing")))
        .with_rules()
        .faults_from(|seed| {
            let chance = Chance(seed);
            let broker = format!("broker/{}", chance.below("broker", 0, 3));
            FaultPlan::new()
                .at(chance.millis("crash", 0, 100, 300), NodeFault::crash(broker, chance.millis("gone", 0, 1_500, 2_500)))
        })
        .duration(DURATION)
}
