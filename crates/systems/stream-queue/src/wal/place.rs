//! The directory of a log, and the paths in it.

use cluster_sim_node::{Disk, DiskError};

use super::error::WalError;
use crate::format::{TopicPartition, segment_base, segment_file_name};

/// The directory of the log of a partition: `{data_dir}/{topic}/{partition}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalPlace {
    partition: TopicPartition,
    directory: String,
}

impl WalPlace {
    /// Names the directory of a partition below a data directory, relative to the root of the disk.
    pub fn new(data_dir: &str, partition: TopicPartition) -> Self {
        Self { partition, directory: format!("{data_dir}/{partition}") }
    }

    /// Returns the partition.
    pub fn partition(&self) -> TopicPartition {
        self.partition
    }

    /// Returns the directory.
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// Returns the path of a file in the directory.
    pub fn path(&self, file_name: &str) -> String {
        format!("{}/{file_name}", self.directory)
    }

    /// Returns the path of the segment that begins at an offset.
    pub fn segment_path(&self, base: u64) -> String {
        self.path(&segment_file_name(base))
    }

    /// Creates the directory where it is missing, so that a crash leaves it there.
    ///
    /// # Errors
    /// If the disk fails.
    pub async fn create(&self, disk: &Disk) -> Result<(), DiskError> {
        disk.create_dir_all(&self.directory).await?;
        disk.sync_dir("/").await?;
        // From the top down to the directory above the log: each has the name of the next.
        let relative = self.directory.trim_start_matches('/');
        for (end, _) in relative.match_indices('/') {
            disk.sync_dir(&relative[..end]).await?;
        }
        Ok(())
    }

    /// Returns the bases of the segments in the directory, in order; other files are left alone.
    pub(super) async fn bases(&self, disk: &Disk) -> Result<Vec<u64>, WalError> {
        let mut bases = Vec::new();
        for entry in disk.list(&self.directory).await? {
            match segment_base(&entry.name) {
                Some(base) => bases.push(base),
                None if entry.name.ends_with(".wal") => return Err(WalError::FileName { path: self.path(&entry.name) }),
                None => {}
            }
        }
        bases.sort_unstable();
        Ok(bases)
    }
}
