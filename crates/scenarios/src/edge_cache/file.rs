//! The scenario file of the edge cache.

use std::fmt;

use cluster_sim_registry::NodeStyle;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::defaults::SOURCE_FANOUT_CAPACITY;
use super::keys::Keys;
use super::seconds::Seconds;

/// A scenario file of the edge cache, with defaults filled in.
///
/// Written as JSON it reproduces the run. The format has two scales: rates from 0 to 1 and percentages from 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeCacheFile {
    /// The version of this format: 1.
    #[serde(default = "first_format")]
    pub format: u32,
    /// The system of the scenario (EDGE-D19).
    #[serde(default)]
    pub system: SystemName,
    /// The seed of all randomness in the run (EDGE-24): a number, or a text such as `"0x2a"`.
    #[serde(deserialize_with = "seed")]
    pub seed: u64,
    /// The length of the run in virtual time (EDGE-25).
    pub duration_secs: Seconds,
    /// Edges, at least one (EDGE-26).
    pub edge_count: u32,
    /// Clients, at least one (EDGE-27).
    pub client_count: u32,
    /// Versioned writes per second that the source makes by itself (EDGE-28); 0 for none.
    pub mutation_rate_per_sec: f64,
    /// Delay, loss and reordering on the links to the edges (EDGE-29 to EDGE-34).
    pub chaos: Chaos,
    /// The steps of the run (EDGE-35); steps at one instant keep the order of the file.
    #[serde(default)]
    pub steps: Vec<TimedStep>,
    /// Messages that the router's subscription to the source holds before the oldest are skipped (EDGE-40).
    #[serde(default = "source_fanout_capacity")]
    pub source_fanout_capacity: u32,
    /// Keys in the cache.
    #[serde(default = "key_count")]
    pub key_count: u32,
    /// How often each key is read and written.
    #[serde(default = "key_distribution")]
    pub key_distribution: Keys,
    /// Reads per second of each client.
    #[serde(default = "reads_per_client_per_sec")]
    pub reads_per_client_per_sec: f64,
    /// Writes per second of each client.
    #[serde(default = "writes_per_client_per_sec")]
    pub writes_per_client_per_sec: f64,
    /// How long a client stays at one edge; 0 means forever.
    #[serde(default = "roam_interval_ms")]
    pub roam_interval_ms: u64,
    /// One-way delay between a client and an edge or the source.
    #[serde(default = "client_delay_ms")]
    pub client_delay_ms: u64,
    /// How an edge applies updates (EDGE-D16).
    #[serde(default)]
    pub apply_mode: ApplyMode,
    /// How the clients are written; both styles behave alike.
    #[serde(default)]
    pub client: NodeStyle,
}

/// Delay, loss and reordering on the links to the edges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chaos {
    /// One-way delay from the router to an edge (EDGE-29).
    pub delay_ms: u64,
    /// The share of messages to edges that is lost (EDGE-30).
    pub loss_rate: f64,
    /// The share of messages to edges that is delayed by up to twice `delay_ms` more (EDGE-31).
    pub reorder_rate: f64,
    /// The length of a `PartitionEdge` step without a duration (EDGE-32).
    #[serde(default = "partition_duration_ms")]
    pub partition_duration_ms: u64,
    /// The length of the router's stalls, at instants that the seed draws (EDGE-33); null for none.
    #[serde(default)]
    pub burst_lag_ms: Option<u64>,
    /// The policy when the router falls behind by more than its subscription holds (EDGE-34).
    #[serde(default)]
    pub source_lag_policy: SourceLagPolicy,
}

/// A step and its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimedStep {
    /// Seconds since the start of the run.
    pub at_secs: Seconds,
    /// The step.
    pub step: Step,
}

/// A change during a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Step {
    /// Sets the rate of the source's writes from now on (EDGE-36); absolute, so it may also be lower.
    IncreaseMutationRate {
        /// Writes per second.
        rate_per_sec: f64,
    },
    /// Drops this share of messages to edges from now on (EDGE-37), beside the loss of the link; 0 ends it.
    DropInvalidationsPercent {
        /// From 0 to 100.
        percent: f64,
    },
    /// Cuts an edge off from source and router for a while (EDGE-38); clients still reach it.
    PartitionEdge {
        /// The index of the edge, from 0.
        edge_id: u32,
        /// The length; by default `chaos.partition_duration_ms`.
        #[serde(default)]
        duration_ms: Option<u64>,
    },
    /// Kills an edge; it never restarts (EDGE-39).
    KillEdgeNode {
        /// The index of the edge, from 0.
        edge_id: u32,
    },
}

impl Step {
    /// The edge that the step affects, if it affects one.
    pub fn edge(&self) -> Option<u32> {
        match self {
            Self::PartitionEdge { edge_id, .. } | Self::KillEdgeNode { edge_id } => Some(*edge_id),
            Self::IncreaseMutationRate { .. } | Self::DropInvalidationsPercent { .. } => None,
        }
    }
}

/// The policy when the router falls behind the source (EDGE-D12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SourceLagPolicy {
    /// Counts the skipped messages and continues.
    #[default]
    ObserveAndContinue,
    /// Makes every edge fetch a snapshot from the source.
    ResyncFromSource,
    /// Ends the run with a finding.
    FailRun,
}

/// How an edge applies updates (EDGE-D16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplyMode {
    /// Applies every update in order of arrival, so reordering rolls an edge back.
    #[default]
    LastArrival,
    /// Ignores updates older than the entry, and fetches versions that a gap shows to be missing.
    VersionGated,
}

/// The name of the system in a scenario file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SystemName {
    /// The edge cache.
    #[default]
    EdgeCache,
}

fn seed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct SeedVisitor;

    impl de::Visitor<'_> for SeedVisitor {
        type Value = u64;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a seed")
        }

        fn visit_u64<E: de::Error>(self, seed: u64) -> Result<u64, E> {
            Ok(seed)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
            text.parse().map(|cluster_sim::Seed(seed)| seed).map_err(E::custom)
        }
    }

    deserializer.deserialize_any(SeedVisitor)
}

fn first_format() -> u32 {
    1
}

fn source_fanout_capacity() -> u32 {
    SOURCE_FANOUT_CAPACITY
}

fn key_count() -> u32 {
    128
}

fn key_distribution() -> Keys {
    // The skew of the Yahoo! Cloud Serving Benchmark (Cooper et al., SoCC 2010).
    Keys::Zipf(0.99)
}

fn reads_per_client_per_sec() -> f64 {
    20.0
}

fn writes_per_client_per_sec() -> f64 {
    0.5
}

fn roam_interval_ms() -> u64 {
    250
}

fn client_delay_ms() -> u64 {
    1
}

fn partition_duration_ms() -> u64 {
    500
}
