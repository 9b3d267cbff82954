//! The records that a replica lacks to have the state of a snapshot, and where it gets them.

use std::time::Duration;

use cluster_sim_node::{Node, NodeId};

use super::super::records::{RECORDS_PORT, RecordsMessage};
use super::local_log::LocalLog;
use crate::format::{Record, TopicPartition, decode_batch};
use crate::offload::Archive;
use crate::partition::{Checkpoint, PartitionState};
use crate::wal::WalError;

/// How long a broker is waited for, and the pause once none had the records.
const TIMEOUT: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(50);

/// A snapshot of another replica, and the places where its records are.
pub(super) struct Missing {
    /// The entry of the replication log that the snapshot ends with.
    pub(super) index: u64,
    pub(super) state: PartitionState,
    /// The places where records are.
    pub(super) partition: TopicPartition,
    pub(super) peers: Vec<NodeId>,
    pub(super) archive: Archive,
    pub(super) node: Node,
}

/// Fetches the records that a log lacks, appends them, and writes the checkpoint of the snapshot.
///
/// Waits for brokers and the object store as long as it takes.
///
/// # Errors
/// If the own disk fails.
pub(super) async fn install(local: &mut LocalLog, missing: &mut Missing) -> Result<(), WalError> {
    let end = missing.state.end();
    if local.end() > end {
        local.wal.cut_to(end).await?;
    }
    while local.end() < end {
        let mut records = missing.fetch(local.end()).await;
        records.truncate((end - local.end()) as usize);
        local.wal.append(&records).await?;
    }
    let checkpoint = Checkpoint { index: missing.index, state: missing.state.clone() };
    local.save(&checkpoint).await
}

impl Missing {
    /// Fetches records from an offset on, of a broker, or of the object store where the broker has them no more.
    ///
    /// The broker is asked for the segment: it may have shipped and deleted more than the snapshot knows of.
    async fn fetch(&self, from: u64) -> Vec<Record> {
        loop {
            for peer in &self.peers {
                let asked = self.node.timeout(TIMEOUT, self.ask(*peer, from)).await;
                let records = match asked {
                    Ok(Some(RecordsMessage::Records { batch })) => decode_batch(&batch, from).ok(),
                    Ok(Some(RecordsMessage::Stored { segment })) => self.archive.records(&segment, from).await.ok(),
                    _ => None,
                };
                if let Some(records) = records.filter(|records| !records.is_empty()) {
                    return records;
                }
            }
            self.node.sleep(PAUSE).await;
        }
    }

    /// Asks a broker; `None` if it does not answer.
    async fn ask(&self, peer: NodeId, from: u64) -> Option<RecordsMessage> {
        let session = self.node.connect::<RecordsMessage>(peer, RECORDS_PORT).await.ok()?;
        session.send(RecordsMessage::Ask { partition: self.partition, from }).await.ok()?;
        session.recv().await.ok()?
    }
}
