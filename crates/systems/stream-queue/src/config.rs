//! The settings of a queue.

use std::time::Duration;

use cluster_sim_node::NodeId;
use serde::{Deserialize, Serialize};

use crate::bug::Bug;

/// The settings of brokers, equal on all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// The name of the cluster, the first part of the keys of its objects.
    pub cluster: String,
    /// The brokers, 1 to 9; each has a replica of every partition.
    pub brokers: Vec<NodeId>,
    /// The directory of the logs on a broker's disk.
    pub data_dir: String,
    /// A segment is closed once it has this many bytes.
    pub segment_bytes: u64,
    /// A segment is closed once it spans this time, by the timestamps of its records.
    pub segment_age: Duration,
    /// The closed segments that a broker keeps although they are in the object store.
    pub retained_segments: usize,
    /// The time between two looks for segments to ship and to trim.
    pub offload_every: Duration,
    /// A checkpoint is written after this many entries of the replication log.
    pub checkpoint_entries: u64,
    /// The requests that may wait for one partition; more are refused as busy.
    pub queue: u32,
    /// The most bytes that one read answers, and at least one record.
    pub read_bytes: u32,
    /// The time between two heartbeats of a leader, in its replication log.
    pub heartbeat: Duration,
    /// The shortest time without word from a leader after which a broker wants to lead.
    ///
    /// The longest is twice that.
    pub election: Duration,
    /// The time without word after which a broker suspects another.
    ///
    /// After twice that time it takes it for dead.
    pub suspect_after: Duration,
    /// The planted bug; `None` for a correct system.
    pub bug: Option<Bug>,
}

impl Config {
    /// The settings of the first nodes of a scenario, as many as there are brokers.
    pub fn of(brokers: u32) -> Self {
        Self { brokers: (0..brokers).map(NodeId).collect(), ..Self::default() }
    }
}

impl Default for Config {
    /// Three brokers, and segments of 16 KiB, small so that a short run has many.
    fn default() -> Self {
        Self {
            cluster: "sim".to_owned(),
            brokers: (0..3).map(NodeId).collect(),
            data_dir: "data".to_owned(),
            segment_bytes: 16 << 10,
            segment_age: Duration::from_secs(60),
            retained_segments: 2,
            offload_every: Duration::from_millis(250),
            checkpoint_entries: 64,
            queue: 64,
            read_bytes: 64 << 10,
            heartbeat: Duration::from_millis(30),
            election: Duration::from_millis(150),
            suspect_after: Duration::from_millis(300),
            bug: None,
        }
    }
}
