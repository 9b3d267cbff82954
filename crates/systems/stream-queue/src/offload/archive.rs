//! The segments of a partition in an object store.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use parking_lot::Mutex;

use super::error::{ArchiveError, SegmentDamage};
use super::packed::{pack, packed_max, records_from, unpack, verify};
use super::segment_cache::SegmentCache;
use crate::format::{Record, TopicPartition, segment_key};
use crate::partition::{PartitionState, SEGMENT_BYTES_MAX, Shipped};
use crate::wal::{ReadLimit, ReadOutcome};

/// The bytes of decompressed segments that an archive keeps unless [`Archive::with_cache`] says otherwise: 1 MiB.
const CACHE_BYTES: usize = 1 << 20;

/// Stores closed segments in an object store and reads them back; clones share its cache.
///
/// No object is ever overwritten or deleted. The state of the partition tells which segments there are, so nothing is listed.
#[derive(Debug, Clone)]
pub struct Archive {
    store: Arc<dyn ObjectStore>,
    cluster: String,
    partition: TopicPartition,
    cache: Arc<Mutex<SegmentCache>>,
}

impl Archive {
    /// Keeps the segments of a partition under `{cluster}/{topic}/{partition}/` in a store.
    pub fn new(store: Arc<dyn ObjectStore>, cluster: &str, partition: TopicPartition) -> Self {
        let cache = Arc::new(Mutex::new(SegmentCache::new(CACHE_BYTES)));
        Self { store, cluster: cluster.to_owned(), partition, cache }
    }

    /// Keeps up to that many bytes of decompressed segments; none for 0.
    #[must_use]
    pub fn with_cache(self, bytes: usize) -> Self {
        Self { cache: Arc::new(Mutex::new(SegmentCache::new(bytes))), ..self }
    }

    /// Stores a closed segment, and returns its entry for the manifest.
    ///
    /// It has the records from `base` to before `end`.
    ///
    /// A put that says error may have stored the object, and so may an earlier one: the object that is there then decides. So a segment
    /// is stored once, by any number of brokers and attempts.
    ///
    /// # Errors
    /// If the bytes are no such segment, and then nothing was stored; if the put failed and the object is not there or cannot be read;
    /// if another object is there.
    pub async fn store(&self, segment: &[u8], base: u64, end: u64, epoch: u64) -> Result<Shipped, ArchiveError> {
        let key = segment_key(&self.cluster, self.partition, base, end);
        let refused = |cause| ArchiveError::NotASegment { key: key.clone(), cause };
        verify(segment, base, end, self.partition).map_err(refused)?;
        let object = pack(segment).map_err(refused)?;
        let (bytes, crc) = (segment.len() as u64, crc32fast::hash(segment));
        let shipped = Shipped { base, end, bytes, key: key.clone(), crc, epoch };
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        let Err(cause) = self.store.put_opts(&Path::from(key.as_str()), object.into(), options).await else { return Ok(shipped) };
        match self.confirm(&shipped).await {
            Ok(()) => Ok(shipped),
            Err(damaged @ ArchiveError::Damaged { .. }) => Err(damaged),
            Err(_) => Err(ArchiveError::Store { key, cause }),
        }
    }

    /// Reads an object back and verifies that it is the segment, whatever the cache has.
    ///
    /// # Errors
    /// If the object is missing or damaged, or the store cannot be reached.
    pub async fn confirm(&self, shipped: &Shipped) -> Result<(), ArchiveError> {
        self.download(shipped).await.map(drop)
    }

    /// Reads records from an offset on, as far as the manifest has them, and verifies each.
    ///
    /// Stops at the first object that is missing, damaged or out of reach; nothing is skipped. At the end of the manifest there are no
    /// records and no error.
    pub async fn read(&self, state: &PartitionState, from: u64, limit: ReadLimit) -> ReadOutcome<ArchiveError> {
        let mut outcome = ReadOutcome { records: Vec::new(), error: None };
        if from > state.shipped() {
            outcome.error = Some(ArchiveError::NotShipped { offset: from, end: state.shipped() });
            return outcome;
        }
        let first = state.manifest().partition_point(|shipped| shipped.end <= from);
        let mut bytes = 0;
        for shipped in &state.manifest()[first..] {
            let records = match self.records(shipped, from).await {
                Ok(records) => records,
                Err(error) => {
                    outcome.error = Some(error);
                    return outcome;
                }
            };
            for record in records {
                bytes += record.encoded_length();
                outcome.records.push(record);
                if limit.is_reached(&outcome.records, bytes) {
                    return outcome;
                }
            }
        }
        outcome
    }

    /// Reads the records of one segment from an offset on, and verifies each.
    ///
    /// # Errors
    /// If the object is missing or damaged, or the store cannot be reached.
    pub async fn records(&self, shipped: &Shipped, from: u64) -> Result<Vec<Record>, ArchiveError> {
        let segment = self.segment(shipped).await?;
        let records: Result<_, _> = records_from(&segment, shipped.base, from).collect();
        records.map_err(|cause| ArchiveError::Damaged { key: shipped.key.clone(), cause })
    }

    /// Returns a segment from the cache or from the store.
    async fn segment(&self, shipped: &Shipped) -> Result<Bytes, ArchiveError> {
        let cached = self.cache.lock().get(shipped.base);
        if let Some(segment) = cached {
            return Ok(segment);
        }
        let segment = self.download(shipped).await?;
        self.cache.lock().insert(shipped.base, segment.clone());
        Ok(segment)
    }

    async fn download(&self, shipped: &Shipped) -> Result<Bytes, ArchiveError> {
        let key = || shipped.key.clone();
        let failed = |cause| match cause {
            object_store::Error::NotFound { .. } => ArchiveError::Missing { key: key() },
            cause => ArchiveError::Store { key: key(), cause },
        };
        let damaged = |cause| ArchiveError::Damaged { key: key(), cause };
        let answer = self.store.get(&Path::from(shipped.key.as_str())).await.map_err(failed)?;
        // The manifest has no longer ones, but an entry may come from elsewhere.
        let segment_bytes = shipped.bytes.min(SEGMENT_BYTES_MAX as u64);
        let (expected, max) = (answer.meta.size, packed_max(segment_bytes));
        if expected > max {
            return Err(damaged(SegmentDamage::Oversize { found: expected, segment: shipped.bytes, max }));
        }
        let object = answer.bytes().await.map_err(failed)?;
        let found = object.len() as u64;
        if found != expected {
            return Err(damaged(SegmentDamage::Body { found, expected }));
        }
        unpack(&object, shipped, self.partition).map(Bytes::from).map_err(damaged)
    }
}
