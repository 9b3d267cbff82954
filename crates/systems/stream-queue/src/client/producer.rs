//! A client that publishes.

use std::time::Duration;

use bytes::Bytes;
use cluster_sim_node::Node;
use serde::{Deserialize, Serialize};

use super::connection::{Connection, Patience};
use crate::config::Config;
use crate::fact::{ClientFact, ContentHash};
use crate::format::{Draft, RecordHeader, TopicPartition};
use crate::history::{EndAnswer, EndOp};
use crate::message::{Acks, ProducerId, Reply, Request};

/// The work of a producer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducerLoad {
    /// The partitions; batch after batch goes to the next of them.
    pub partitions: Vec<TopicPartition>,
    /// The batches of one life.
    pub batches: u64,
    /// The records of a batch.
    pub records: u32,
    /// The most bytes of a value; each has a length by chance.
    pub value_bytes: u32,
    /// The promise to ask for.
    pub acks: Acks,
    /// The time between an answer and the next batch.
    pub pause: Duration,
}

/// The view of a producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ProducerView {
    /// Records of this life that were acknowledged.
    pub acknowledged: u64,
    /// Batches that were refused, or not answered in time.
    pub failed: u64,
    /// Whether all batches are over.
    pub is_done: bool,
}

/// Publishes batches, one at a time, each until it is acknowledged or its attempts are spent.
///
/// A batch that was not acknowledged may be in the log nevertheless, and a later one must not be before it. So the producer goes on
/// under another identity then, whose numbers begin anew.
pub async fn producer(node: Node, config: Config, patience: Patience, load: ProducerLoad) {
    let mut connection = Connection::new(&node, config.brokers.clone(), patience);
    let mut identity = 0;
    let mut sequences = vec![0; load.partitions.len()];
    node.publish(|_: &mut ProducerView| {});
    for number in node.operations(0..load.batches) {
        let place = (number % load.partitions.len() as u64) as usize;
        sequences[place] += 1;
        let batch = Batch {
            partition: load.partitions[place],
            producer: producer_id(&node, identity),
            sequence: sequences[place],
            acks: load.acks,
            drafts: drafts(&node, number, &load),
        };
        let is_acknowledged = publish(&node, &mut connection, batch).await;
        if is_acknowledged {
            node.publish(|view: &mut ProducerView| view.acknowledged += u64::from(load.records));
        } else {
            node.publish(|view: &mut ProducerView| view.failed += 1);
            identity += 1;
            sequences.fill(0);
        }
        node.sleep(load.pause).await;
    }
    node.publish(|view: &mut ProducerView| view.is_done = true);
}

/// An identity of a life: 32 bits of node, 16 of life, 16 of batches that were given up.
fn producer_id(node: &Node, identity: u64) -> ProducerId {
    ProducerId(u64::from(node.id()) << 32 | (u64::from(node.incarnation().0) & 0xffff) << 16 | identity & 0xffff)
}

struct Batch {
    partition: TopicPartition,
    producer: ProducerId,
    sequence: u64,
    acks: Acks,
    drafts: Vec<Draft>,
}

/// Publishes a batch; returns whether it was acknowledged.
async fn publish(node: &Node, connection: &mut Connection, batch: Batch) -> bool {
    let Batch { partition, producer, sequence, acks, drafts } = batch;
    let hashes: Vec<_> = drafts.iter().map(ContentHash::of_draft).collect();
    node.emit(ClientFact::Publishing { partition, producer, sequence, acks, hashes: hashes.clone() });
    let call = (acks == Acks::All).then(|| node.invoke::<_, EndAnswer>(EndOp::Append { partition, records: drafts.len() as u64 }));
    let request = Request::Produce { partition, producer, sequence, acks, records: drafts };
    match connection.ask(&request).await {
        Ok(Reply::Appended { base: Some(base) }) => {
            node.emit(ClientFact::Acknowledged { partition, producer, sequence, acks, base, hashes });
            if let Some(call) = call {
                call.ok(EndAnswer(base));
            }
            true
        }
        // Without a promise there is no offset, and with one a call stays open.
        Ok(_) => true,
        Err(_) => {
            node.emit(ClientFact::NotAcknowledged { partition, producer, sequence });
            false
        }
    }
}

/// The records of a batch, by chance addressed by its number.
fn drafts(node: &Node, number: u64, load: &ProducerLoad) -> Vec<Draft> {
    let life = node.incarnation().0;
    let one = |place: u32| {
        let roll = node.roll("value", number << 20 | u64::from(place));
        let length = roll.below(u64::from(load.value_bytes) + 1);
        let text = format!("{}/{life}/{number}/{place}:", node.name());
        let value: Vec<u8> = text.bytes().chain((0..length).map(|at| (at ^ roll.below(256)) as u8)).collect();
        let headers =
            place.is_multiple_of(4).then(|| RecordHeader { key: Bytes::from_static(b"batch"), value: number.to_string().into() });
        Draft { key: node.name().to_owned().into(), value: value.into(), headers: headers.into_iter().collect() }
    };
    (0..load.records).map(one).collect()
}
