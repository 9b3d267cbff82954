//! Reads of clients: from the log on the disk, and before its start from the object store.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cluster_sim_node::Node;

use super::super::ask::{Answer, answer};
use super::Group;
use crate::bug::Bug;
use crate::format::{Record, encode_batch};
use crate::message::{QueueError, Reply};
use crate::offload::{Archive, ArchiveError};
use crate::partition::PartitionState;
use crate::wal::{ReadLimit, SegmentIndex, WalError, WalReader};

/// How long a read waits for the object store, whose client tries again for minutes: less than requests of clients are kept.
const STORE_TIMEOUT: Duration = Duration::from_secs(4);

/// A read of one client.
struct Fetch {
    node: Node,
    from: u64,
    limit: ReadLimit,
    index: Arc<SegmentIndex>,
    reader: WalReader,
    archive: Archive,
    /// Whether a planted bug passes over damage.
    skips_damage: bool,
    /// The segments of the archive; absent if the read needs none.
    manifest: Option<Arc<PartitionState>>,
}

impl Group {
    /// Reads beside the events of the replica, and answers.
    pub(super) fn fetch(&mut self, from: u64, limit: u32, reply: Answer) {
        let end = self.view.end;
        if from > end {
            let cause = format!("offset {from} is beyond the end of the partition at {end}; read from {end} or earlier");
            return answer(reply, Err(QueueError::Refused { cause }));
        }
        let fetch = Fetch {
            node: self.broker.node.clone(),
            from,
            limit: ReadLimit { records: limit.max(1) as usize, bytes: self.broker.config.read_bytes as usize },
            index: Arc::clone(&self.readable.index),
            reader: WalReader::new(&self.broker.node.disk(), &self.place()),
            archive: self.archive(),
            skips_damage: self.has_bug(Bug::SkipsDamagedRecord),
            manifest: (from < self.readable.index.start()).then(|| Arc::clone(&self.readable.manifest)),
        };
        self.broker.node.spawn_named("fetch", async move { answer(reply, fetch.run(end).await) });
    }
}

impl Fetch {
    async fn run(self, end: u64) -> Result<Reply, QueueError> {
        let mut records = Vec::new();
        let is_from_store = self.manifest.is_some();
        if let Some(segment) = self.manifest.as_ref().and_then(|manifest| manifest.segment_of(self.from)) {
            // One segment, so that a read takes no longer than its client waits.
            let read = self.node.timeout(STORE_TIMEOUT, self.archive.records(segment, self.from)).await;
            records = read.map_err(|_| self.unanswered())?.map_err(|error| store_error(self.from, &error))?;
            records.truncate(self.limit.records);
            let is_whole = self.from + records.len() as u64 == segment.end;
            // Goes on where the log on the disk begins.
            if !is_whole || segment.end != self.index.start() || records.len() == self.limit.records {
                return reply(records, self.from, end, is_from_store);
            }
        }
        let from = self.from + records.len() as u64;
        let mut outcome = self.reader.read(&self.index, from, self.limit).await;
        if self.skips_damage && outcome.records.is_empty() && matches!(outcome.error, Some(WalError::Damaged { .. })) {
            outcome = self.reader.read(&self.index, from + 1, self.limit).await;
        }
        records.extend(outcome.records);
        match outcome.error {
            Some(error) if records.is_empty() => Err(disk_error(from, &error)),
            _ => reply(records, self.from, end, is_from_store),
        }
    }

    fn unanswered(&self) -> QueueError {
        QueueError::Store { offset: self.from, cause: format!("no answer within {} s", STORE_TIMEOUT.as_secs()) }
    }
}

fn reply(records: Vec<Record>, from: u64, end: u64, is_from_store: bool) -> Result<Reply, QueueError> {
    let batch = encode_batch(&records).map_err(|error| QueueError::Damaged { offset: from, cause: error.to_string() })?;
    Ok(Reply::Records { batch: Bytes::from(batch), next: from + records.len() as u64, end, is_from_store })
}

fn disk_error(offset: u64, error: &WalError) -> QueueError {
    match error {
        WalError::Damaged { .. } | WalError::Header { .. } => QueueError::Damaged { offset, cause: error.to_string() },
        _ => QueueError::Disk { cause: error.to_string() },
    }
}

fn store_error(offset: u64, error: &ArchiveError) -> QueueError {
    if error.is_damage() {
        QueueError::Damaged { offset, cause: error.to_string() }
    } else {
        QueueError::Store { offset, cause: error.to_string() }
    }
}
