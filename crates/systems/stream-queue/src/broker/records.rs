//! Records for a replica that catches up, from another broker.

use std::sync::Arc;

use bytes::Bytes;
use cluster_sim_node::Session;
use serde::{Deserialize, Serialize};

use super::{Broker, Readable};
use crate::format::{TopicPartition, encode_batch};
use crate::partition::Shipped;
use crate::wal::{ReadLimit, WalPlace, WalReader};

/// The port on which a broker gives records to others.
pub(super) const RECORDS_PORT: &str = "records";
/// The records of one answer.
const LIMIT: ReadLimit = ReadLimit { records: 1_024, bytes: 256 << 10 };
/// A message between a replica that catches up and another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RecordsMessage {
    /// Give me records from an offset on.
    Ask { partition: TopicPartition, from: u64 },
    /// Here they are: a batch. Empty if there are none here yet.
    Records { batch: Bytes },
    /// They are in the object store, in this segment.
    Stored { segment: Shipped },
}

/// Gives records to other replicas, for ever.
pub(super) async fn serve(broker: Arc<Broker>) {
    let listener = broker.node.listen::<RecordsMessage>(RECORDS_PORT);
    loop {
        let session = listener.accept().await;
        broker.node.spawn_named("records", give(Arc::clone(&broker), session));
    }
}

async fn give(broker: Arc<Broker>, session: Session<RecordsMessage>) {
    while let Ok(Some(RecordsMessage::Ask { partition, from })) = session.recv().await {
        let replica = broker.readable.lock().get(&partition).cloned();
        let answer = match replica {
            Some(replica) => replica.records(&broker, partition, from).await,
            None => RecordsMessage::Records { batch: Bytes::new() },
        };
        if session.send(answer).await.is_err() {
            return;
        }
    }
}

impl Readable {
    /// The records from an offset on, or where they are. Damaged ones are left out: another broker may have them.
    async fn records(&self, broker: &Broker, partition: TopicPartition, from: u64) -> RecordsMessage {
        if from < self.index.start()
            && let Some(segment) = self.manifest.segment_of(from)
        {
            return RecordsMessage::Stored { segment: segment.clone() };
        }
        let place = WalPlace::new(&broker.config.data_dir, partition);
        let outcome = WalReader::new(&broker.node.disk(), &place).read(&self.index, from, LIMIT).await;
        RecordsMessage::Records { batch: encode_batch(&outcome.records).map(Bytes::from).unwrap_or_default() }
    }
}
