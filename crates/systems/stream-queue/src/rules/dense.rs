//! I2: offsets are strictly monotonic and have no gaps.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::fact::{BrokerFact, ClientFact, ContentHash};
use crate::format::TopicPartition;
use crate::message::ProducerId;

/// Checks that offsets have no gaps, are given once, and follow the order of each producer.
///
/// A broker appends at the end of its log; after a start it may append again what its last life had, from where it says that it
/// opened its log. Two acknowledged batches share no offset. `times_checked` counts batches.
#[derive(Debug, Default)]
pub struct DenseOffsets {
    /// The end of the log of each broker, once it opened it.
    ends: BTreeMap<(NodeId, TopicPartition), u64>,
    /// The acknowledged batches of each partition by their first offset: the offset after the last, and whose.
    acknowledged: BTreeMap<TopicPartition, BTreeMap<u64, (u64, ProducerId, u64)>>,
    /// The last acknowledged batch of each producer: its number, and the offset after its last record.
    last: BTreeMap<(TopicPartition, ProducerId), (u64, u64)>,
    /// The offset of each record; what producers publish is different each time.
    offsets: BTreeMap<(TopicPartition, ContentHash), u64>,
    times_checked: u64,
}

impl DenseOffsets {
    fn on_applied(
        &mut self,
        node: NodeId,
        partition: TopicPartition,
        base: u64,
        hashes: &[ContentHash],
        world: &World<'_>,
    ) -> Verdict {
        self.times_checked += 1;
        for (offset, hash) in (base..).zip(hashes) {
            let first = *self.offsets.entry((partition, *hash)).or_insert(offset);
            if first != offset {
                let name = world.name(node);
                let message =
                    format!("{partition}: expected record {:016x} at offset {first} alone, actual {offset} too on {name}", hash.0);
                return Verdict::violated([node], message);
            }
        }
        let count = hashes.len() as u64;
        let end = self.ends.entry((node, partition)).or_default();
        if base != *end {
            let message =
                format!("{partition}: expected {} to append at offset {end}, its end, actual offset {base}", world.name(node));
            return Verdict::violated([node], message);
        }
        *end += count;
        Verdict::Holds
    }

    fn on_acknowledged(&mut self, node: NodeId, batch: Acked, world: &World<'_>) -> Verdict {
        self.times_checked += 1;
        let Acked { partition, producer, sequence, base, end } = batch;
        let batches = self.acknowledged.entry(partition).or_default();
        let before = batches.range(..end).next_back().filter(|(_, (other_end, ..))| *other_end > base);
        if let Some((other_base, (other_end, other, other_sequence))) = before
            && (*other, *other_sequence) != (producer, sequence)
        {
            let message = format!(
                "{partition}: expected offsets {base} to {} for batch {sequence} of {} alone, actual {other_base} to {} were acknowledged \
                 for batch {other_sequence} of producer {:x}",
                end - 1,
                world.name(node),
                other_end - 1,
                other.0
            );
            return Verdict::violated([node], message);
        }
        batches.insert(base, (end, producer, sequence));
        let (last, last_end) = self.last.insert((partition, producer), (sequence, end)).unwrap_or_default();
        if sequence > last && base < last_end {
            let message = format!(
                "{partition}: expected batch {sequence} of {} after offset {}, the end of its batch {last}, actual offset {base}",
                world.name(node),
                last_end - 1
            );
            return Verdict::violated([node], message);
        }
        Verdict::Holds
    }
}

/// An acknowledged batch.
struct Acked {
    partition: TopicPartition,
    producer: ProducerId,
    sequence: u64,
    base: u64,
    end: u64,
}

impl Invariant for DenseOffsets {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        let node = change.node();
        if let Some(ClientFact::Acknowledged { partition, producer, sequence, base, hashes, .. }) = change.fact() {
            let end = base + hashes.len() as u64;
            let batch = Acked { partition: *partition, producer: *producer, sequence: *sequence, base: *base, end };
            return self.on_acknowledged(node, batch, world);
        }
        match change.fact::<BrokerFact>() {
            Some(BrokerFact::Opened { partition, end }) => {
                self.ends.insert((node, *partition), *end);
                Verdict::Holds
            }
            Some(BrokerFact::Applied { partition, base, hashes }) => self.on_applied(node, *partition, *base, hashes, world),
            _ => Verdict::Holds,
        }
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
