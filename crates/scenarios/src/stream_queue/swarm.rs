//! All faults at once.

use std::time::Duration;

use cluster_sim::fault::{Claim, FaultKind};
use cluster_sim::{FaultProfile, Scenario};
use cluster_sim_stream_queue::ProducerLoad;

use super::queue::{Queue, brokers as queue_of, load, reads};

/// Brokers, clients and the object store through faults of links, nodes and disks that each seed draws.
///
/// A minority of the brokers may be down at a time, and of their disks one may fail, but tells.
pub fn swarm(brokers: u32) -> Scenario {
    Queue::new("swarm", queue_of(brokers))
        .producers(2, ProducerLoad { pause: Duration::from_millis(60), ..load(50) })
        .consumers("consumer", 2, reads(Some("billing")))
        .with_rules()
        .survives(Claim::minority_of("broker"))
        .chaos(FaultProfile::default().with_disk_faults().also([FaultKind::Slow]))
        .duration(Duration::from_secs(6))
}
