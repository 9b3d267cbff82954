//! The state of a broker that rules may read.

use std::collections::BTreeMap;

use cluster_sim_node::NodeId;
use cluster_sim_replicated_log::Role;
use serde::Serialize;

use crate::format::TopicPartition;

/// The view of a broker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct BrokerView {
    /// The partitions that it has a replica of.
    pub partitions: BTreeMap<TopicPartition, PartitionView>,
    /// The other brokers, as this one takes them to be.
    pub members: BTreeMap<NodeId, Member>,
}

/// The replica of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PartitionView {
    /// Its part in the replication log, as text.
    pub role: &'static str,
    /// Its term.
    pub term: u64,
    /// The last entry of the replication log that is known to be committed.
    pub commit: u64,
    /// The last entry that has taken effect here.
    pub applied: u64,
    /// The first offset on its disk.
    pub start: u64,
    /// The offset of the next record: all below are readable.
    pub end: u64,
    /// The offset after the last that is in the object store, as the log says.
    pub shipped: u64,
    /// The segments on its disk.
    pub segments: usize,
    /// The hash of the state that the entries so far have led to.
    pub state_hash: u64,
    /// The most requests that waited at once.
    pub queue_peak: u32,
    /// The segments that it stored in the object store as a leader.
    pub stored: u64,
    /// The requests to the object store that failed.
    pub store_errors: u64,
    /// How often it had to read its disk again after an error.
    pub reopened: u32,
    /// The last error of its disk or the object store.
    pub error: Option<String>,
    /// Whether it takes the log of another replica in place of its own.
    ///
    /// It has no vote until it has caught up.
    pub is_catching_up: bool,
}

/// How a broker takes another to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Member {
    /// It has not heard of it in this life.
    #[default]
    Unknown,
    /// It heard of it lately.
    Alive,
    /// It has not for a while.
    Suspected,
    /// It has not for twice that while; a word makes it alive again.
    Dead,
}

pub(super) fn role_text(role: Role) -> &'static str {
    match role {
        Role::Follower => "follower",
        Role::PreCandidate => "pre-candidate",
        Role::Candidate => "candidate",
        Role::Leader => "leader",
    }
}
