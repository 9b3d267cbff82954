//! The times, sizes and crash rules of a disk.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_runtime::{Distribution, InvalidDistribution, QuantileTable};
use serde::{Deserialize, Serialize};

use super::rules::CrashRules;
use crate::operation::{MAX_FILE, MAX_OPEN};

/// How long the operations of a disk take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct DiskTimes {
    /// A read.
    pub read: Distribution,
    /// A write, which ends in the volatile cache; also all that changes names or a length.
    pub write: Distribution,
    /// A sync of a file or a directory.
    pub sync: Distribution,
}

impl Default for DiskTimes {
    /// About those of a solid-state disk: 50 to 150 us a read, 5 to 15 us a write, 0.5 to 2 ms a sync.
    fn default() -> Self {
        let uniform = |from, to| Distribution::uniform(Duration::from_micros(from), Duration::from_micros(to));
        Self { read: uniform(50, 150), write: uniform(5, 15), sync: uniform(500, 2_000) }
    }
}

/// A kind of disk: how fast, how large, and what a crash does to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct DiskModel {
    /// How long operations take.
    pub times: DiskTimes,
    /// The bytes that all files together may have.
    pub capacity: u64,
    /// The most bytes of one file.
    pub max_file: u64,
    /// The most files that one node has open.
    pub max_open: u32,
    /// The effects that a crash may have on what was not synced.
    pub crash: CrashRules,
}

impl Default for DiskModel {
    /// 1 TiB, files of up to 16 TiB, 1,024 open files, as Linux has it.
    fn default() -> Self {
        Self {
            times: DiskTimes::default(),
            capacity: 1 << 40,
            max_file: MAX_FILE,
            max_open: MAX_OPEN,
            crash: CrashRules::strict_posix(),
        }
    }
}

impl DiskModel {
    /// A disk whose crashes do all that POSIX does not forbid; the default.
    pub fn strict_posix() -> Self {
        Self::default()
    }

    /// A disk whose crashes are those of [`CrashRules::ext4_ordered`].
    pub fn ext4_ordered() -> Self {
        Self { crash: CrashRules::ext4_ordered(), ..Self::default() }
    }

    /// A disk whose crashes are those of [`CrashRules::xfs_like`].
    pub fn xfs_like() -> Self {
        Self { crash: CrashRules::xfs_like(), ..Self::default() }
    }
}

/// A model whose times are compiled; disks share it.
#[derive(Debug, Clone)]
pub struct CompiledDisk {
    pub(super) model: Arc<DiskModel>,
    pub(super) times: Arc<CompiledTimes>,
}

impl DiskModel {
    /// Compiles the model.
    ///
    /// # Errors
    /// If a time is out of bounds.
    pub fn compile(self) -> Result<CompiledDisk, InvalidDistribution> {
        let times = Arc::new(self.times.compile()?);
        Ok(CompiledDisk { model: Arc::new(self), times })
    }
}

impl CompiledDisk {
    /// Returns the bytes that all files together may have.
    pub fn capacity(&self) -> u64 {
        self.model.capacity
    }
}

impl Default for CompiledDisk {
    fn default() -> Self {
        DiskModel::default().compile().expect("the default times are valid")
    }
}

/// The times of a model, compiled for sampling.
#[derive(Debug)]
pub(super) struct CompiledTimes {
    pub(super) read: QuantileTable,
    pub(super) write: QuantileTable,
    pub(super) sync: QuantileTable,
}

impl DiskTimes {
    pub(super) fn compile(&self) -> Result<CompiledTimes, InvalidDistribution> {
        Ok(CompiledTimes { read: self.read.compile()?, write: self.write.compile()?, sync: self.sync.compile()? })
    }
}
