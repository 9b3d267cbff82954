//! The latency, the pages and the visibility of an object store, as data.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_runtime::{Distribution, InvalidDistribution, QuantileTable, nanoseconds};
use serde::{Deserialize, Serialize};

/// How long a store works on a request before its answer, or the first byte of it, leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ObjectTimes {
    /// A read of an object or of its head.
    pub read: Distribution,
    /// A write, a copy, a deletion, and all that belongs to uploads in parts.
    pub write: Distribution,
    /// A page of a list.
    pub list: Distribution,
    /// The time for each MiB that a request brings or takes, after that.
    #[serde(rename = "per_mebibyte_ns", with = "nanoseconds")]
    pub per_mebibyte: Duration,
}

impl Default for ObjectTimes {
    /// 100 to 200 ms, and 11 ms for each MiB.
    ///
    /// Amazon's guide to the performance of S3 names these times for small requests, and 85 to 90 MB/s for one connection.
    fn default() -> Self {
        let usual = Distribution::uniform(Duration::from_millis(100), Duration::from_millis(200));
        Self { read: usual.clone(), write: usual.clone(), list: usual, per_mebibyte: Duration::from_millis(11) }
    }
}

/// The latency and the rate of keys with some prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrefixModel {
    /// The time that each request takes more.
    #[serde(rename = "extra_ns", with = "nanoseconds")]
    pub extra: Duration,
    /// The requests per second that are served; more are answered with `SlowDown`. Absent for any number.
    pub requests_per_second: Option<u64>,
}

/// When readers see what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Visibility {
    /// At once, as in S3 since 2020.
    #[default]
    Strong,
    /// Reads and lists show the store as it was some time before.
    ///
    /// Conditions of writes are about the present.
    Lagging {
        /// The age of what reads show.
        #[serde(rename = "reads_ns", with = "nanoseconds")]
        reads: Duration,
        /// The age of what lists show.
        #[serde(rename = "lists_ns", with = "nanoseconds")]
        lists: Duration,
    },
}

/// A kind of object store: how fast it is, how it pages lists, and when readers see what was written.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim_storage::{ObjectStoreModel, Visibility};
///
/// let legacy = ObjectStoreModel {
///     visibility: Visibility::Lagging { reads: Duration::ZERO, lists: Duration::from_secs(2) },
///     ..ObjectStoreModel::default()
/// };
/// assert!(legacy.compile().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ObjectStoreModel {
    /// How long requests take.
    pub times: ObjectTimes,
    /// Latency and rate of keys with some prefix; of several that fit, the longest counts.
    pub prefixes: BTreeMap<String, PrefixModel>,
    /// When readers see what was written.
    pub visibility: Visibility,
    /// The most entries of a page, objects and common prefixes together; at least 1.
    pub page: u32,
    /// Whether every version of an object can be read by its name.
    pub versioned: bool,
    /// The fewest bytes of a part of an upload that is not the last.
    pub smallest_part: u64,
}

impl Default for ObjectStoreModel {
    /// As S3: strong visibility, pages of 1,000, no versions, parts of at least 5 MiB.
    fn default() -> Self {
        Self {
            times: ObjectTimes::default(),
            prefixes: BTreeMap::new(),
            visibility: Visibility::Strong,
            page: 1_000,
            versioned: false,
            smallest_part: 5 << 20,
        }
    }
}

/// A model of an object store that is out of bounds.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidObjectStore {
    /// A time is out of bounds.
    #[error("{0}")]
    Time(#[from] InvalidDistribution),
    /// No page would have an entry.
    #[error("a page of 0 entries would never end a list; use 1 or more")]
    EmptyPages,
    /// A prefix is never served.
    #[error("0 requests per second serve nothing below {prefix:?}; use 1 or more, or a fault in its place")]
    NoRate {
        /// The prefix.
        prefix: String,
    },
}

/// A model whose times are compiled.
#[derive(Debug, Clone)]
pub struct CompiledObjectStore {
    pub(super) model: Arc<ObjectStoreModel>,
    pub(super) times: Arc<CompiledTimes>,
}

/// The times of a model, compiled for sampling.
#[derive(Debug)]
pub(super) struct CompiledTimes {
    pub(super) read: QuantileTable,
    pub(super) write: QuantileTable,
    pub(super) list: QuantileTable,
}

impl ObjectStoreModel {
    /// Compiles the model.
    ///
    /// # Errors
    /// If a time, the size of a page or a rate is out of bounds.
    pub fn compile(self) -> Result<CompiledObjectStore, InvalidObjectStore> {
        if self.page == 0 {
            return Err(InvalidObjectStore::EmptyPages);
        }
        if let Some((prefix, _)) = self.prefixes.iter().find(|(_, model)| model.requests_per_second == Some(0)) {
            return Err(InvalidObjectStore::NoRate { prefix: prefix.clone() });
        }
        let ObjectTimes { read, write, list, .. } = &self.times;
        let times = CompiledTimes { read: read.compile()?, write: write.compile()?, list: list.compile()? };
        Ok(CompiledObjectStore { model: Arc::new(self), times: Arc::new(times) })
    }
}

impl CompiledObjectStore {
    /// The longest age of what readers can see.
    pub(super) fn horizon(&self) -> Duration {
        match self.model.visibility {
            Visibility::Strong => Duration::ZERO,
            Visibility::Lagging { reads, lists } => reads.max(lists),
        }
    }
}
