//! I6: the log is never trimmed before the object store has it.

use std::collections::BTreeMap;

use cluster_sim_invariants::{Change, Invariant, NodeId, Verdict, World};

use crate::fact::{BrokerFact, ContentHash};
use crate::format::{BatchReader, SEGMENT_HEADER_BYTES, SegmentHeader, TopicPartition};
use crate::partition::SEGMENT_BYTES_MAX;

/// Checks that the object store has each segment at the moment at which a broker deletes it.
///
/// It reads the store's own content, not what brokers say of it: the object must be there, have all records with their checksums, and
/// these must be the records that brokers appended. `times_checked` counts deleted segments.
#[derive(Debug)]
pub struct TrimmedIsShipped {
    store: NodeId,
    /// The records of each partition by offset, as brokers appended them.
    appended: BTreeMap<TopicPartition, Vec<Option<ContentHash>>>,
    times_checked: u64,
}

impl TrimmedIsShipped {
    /// Reads the content of the store that this node serves.
    pub fn of(store: NodeId) -> Self {
        Self { store, appended: BTreeMap::new(), times_checked: 0 }
    }

    fn on_appended(&mut self, partition: TopicPartition, base: u64, hashes: &[ContentHash]) {
        let records = self.appended.entry(partition).or_default();
        let end = base as usize + hashes.len();
        if records.len() < end {
            records.resize(end, None);
        }
        records[base as usize..end].iter_mut().zip(hashes).for_each(|(record, hash)| *record = Some(*hash));
    }

    /// Compares an object with the records of a segment.
    fn check(&self, partition: TopicPartition, base: u64, end: u64, object: Option<&[u8]>) -> Result<(), String> {
        let object = object.ok_or("no object")?;
        let bytes =
            zstd::bulk::decompress(object, SEGMENT_BYTES_MAX).map_err(|error| format!("an object that is not zstd: {error}"))?;
        SegmentHeader::check(&bytes, partition).map_err(|error| error.to_string())?;
        let mut reader = BatchReader::new(&bytes[SEGMENT_HEADER_BYTES..], base);
        let appended = self.appended.get(&partition).map(Vec::as_slice).unwrap_or_default();
        for record in &mut reader {
            let record = record.map_err(|error| error.to_string())?;
            let expected = appended.get(record.offset as usize).copied().flatten();
            if expected.is_some_and(|expected| expected != ContentHash::of_record(&record)) {
                return Err(format!("another record at offset {}", record.offset));
            }
        }
        if reader.offset() == end { Ok(()) } else { Err(format!("records up to offset {}", reader.offset())) }
    }
}

impl Invariant for TrimmedIsShipped {
    fn observe(&mut self, change: &Change, world: &World<'_>) -> Verdict {
        match change.fact::<BrokerFact>() {
            Some(BrokerFact::Applied { partition, base, hashes }) => self.on_appended(*partition, *base, hashes),
            Some(BrokerFact::Trimmed { partition, base, end, key }) => {
                self.times_checked += 1;
                let object = world.objects(self.store).and_then(|objects| objects.content(key));
                if let Err(actual) = self.check(*partition, *base, *end, object) {
                    let message = format!(
                        "{partition}: expected the records {base} to {end} in the object {key} before {} deletes them, actual {actual}",
                        world.name(change.node())
                    );
                    return Verdict::violated([change.node()], message);
                }
            }
            _ => {}
        }
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        self.times_checked
    }
}
