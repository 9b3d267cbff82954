//! The log of a partition on the disk of its broker, and the checkpoint beside it.

use cluster_sim_node::Disk;

use super::super::Broker;
use crate::bug::Bug;
use crate::format::TopicPartition;
use crate::partition::{Checkpoint, Shipped, read_checkpoint, write_checkpoint};
use crate::wal::{Expectation, WalConfig, WalError, WalPlace, WalWriter};

/// The log of a partition on the disk, with its checkpoint.
pub(super) struct LocalLog {
    pub(super) disk: Disk,
    pub(super) wal: WalWriter,
}

impl LocalLog {
    /// Opens the log as it was at its last checkpoint: later records are appended again, as the replication log has their entries.
    pub(super) async fn open(broker: &Broker, partition: TopicPartition) -> Result<(Self, Checkpoint), WalError> {
        let disk = broker.node.disk();
        let place = WalPlace::new(&broker.config.data_dir, partition);
        place.create(&disk).await?;
        let checkpoint = read_checkpoint(&disk, &place).await?.unwrap_or_default();
        let end = checkpoint.state.end();
        let expected = Expectation { start_max: checkpoint.state.shipped(), durable_end: end };
        let (mut wal, _) = WalWriter::recover(&disk, &place, wal_config(broker), expected).await?;
        if wal.end() > end {
            wal.cut_to(end).await?;
        }
        Ok((Self { disk, wal }, checkpoint))
    }

    pub(super) fn start(&self) -> u64 {
        self.wal.start()
    }

    pub(super) fn end(&self) -> u64 {
        self.wal.end()
    }

    /// Syncs all records and writes a checkpoint, which promises that they are durable.
    pub(super) async fn save(&mut self, checkpoint: &Checkpoint) -> Result<(), WalError> {
        self.wal.sync().await?;
        write_checkpoint(&self.disk, self.wal.place(), checkpoint).await
    }

    /// Deletes segments as far as they are the first ones still, and leaves these in the list.
    pub(super) async fn trim(&mut self, segments: &mut Vec<Shipped>) -> Result<(), WalError> {
        let mut deleted = Vec::new();
        for segment in segments.drain(..) {
            if self.wal.index().closed().first().is_some_and(|first| (first.base, first.end) == (segment.base, segment.end)) {
                self.wal.remove_first().await?;
                deleted.push(segment);
            }
        }
        *segments = deleted;
        Ok(())
    }
}

fn wal_config(broker: &Broker) -> WalConfig {
    let config = &broker.config;
    let is_other = config.bug == Some(Bug::RotatesByOwnSetting) && broker.node.index() % 2 == 1;
    let segment_bytes = if is_other { 2 * config.segment_bytes } else { config.segment_bytes };
    WalConfig { segment_bytes, segment_age_ms: config.segment_age.as_millis() as u64 }
}
