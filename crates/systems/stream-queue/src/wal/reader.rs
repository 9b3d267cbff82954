//! Reads records of a log.

use cluster_sim_node::{Disk, File, OpenOptions};

use super::error::WalError;
use super::place::WalPlace;
use super::scan::scan;
use super::segment_index::{SegmentIndex, SegmentInfo};
use crate::format::{BatchError, BatchReader, Record, SEGMENT_HEADER_BYTES, SegmentHeader};

/// The bytes that are read at once; longer records take a second read.
const CHUNK_BYTES: u64 = 64 << 10;

/// How much a read returns at most; at least one record, if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimit {
    /// The number of records.
    pub records: usize,
    /// Their bytes as encoded.
    pub bytes: usize,
}

impl ReadLimit {
    /// As many as there are.
    pub const NONE: Self = Self { records: usize::MAX, bytes: usize::MAX };

    /// Whether these records are all that a read may return.
    pub(crate) fn is_reached(self, records: &[Record], bytes: usize) -> bool {
        !records.is_empty() && (records.len() >= self.records || bytes >= self.bytes)
    }
}

/// Records that were read, and the error that stopped the read.
#[derive(Debug)]
#[must_use = "records before an error are no sign that all is well"]
pub struct ReadOutcome<E> {
    /// Sound records, from the offset asked for on and without gaps.
    pub records: Vec<Record>,
    /// The error at the record after these; absent if the limit or the end of the log was reached.
    pub error: Option<E>,
}

impl<E> ReadOutcome<E> {
    /// Returns the records, or the error if there is one.
    ///
    /// # Errors
    /// The error that stopped the read, also if records were read before it.
    pub fn into_result(self) -> Result<Vec<Record>, E> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.records),
        }
    }
}

/// Reads records of a log from a disk, and verifies each.
#[derive(Debug, Clone)]
pub struct WalReader {
    disk: Disk,
    place: WalPlace,
}

impl WalReader {
    /// Reads the log of a directory.
    pub fn new(disk: &Disk, place: &WalPlace) -> Self {
        Self { disk: disk.clone(), place: place.clone() }
    }

    /// Reads records from an offset on, as far as the index knows them.
    ///
    /// Stops at the first damaged record, with its segment, place and offset; nothing is skipped. At the end of the log there are no
    /// records and no error.
    pub async fn read(&self, index: &SegmentIndex, from: u64, limit: ReadLimit) -> ReadOutcome<WalError> {
        let mut outcome = ReadOutcome { records: Vec::new(), error: None };
        if from == index.end() {
            return outcome;
        }
        let segments = index.from(from);
        if segments.is_empty() {
            outcome.error = Some(WalError::OutOfRange { offset: from, start: index.start(), end: index.end() });
            return outcome;
        }
        let mut bytes = 0;
        for segment in segments {
            if limit.is_reached(&outcome.records, bytes) {
                break;
            }
            if let Err(error) = self.read_segment(segment, from, limit, &mut outcome.records, &mut bytes).await {
                outcome.error = Some(error);
                break;
            }
        }
        outcome
    }

    /// Reads from the first record of a segment that is wanted, up to the limit or the end of the segment.
    async fn read_segment(
        &self,
        segment: &SegmentInfo,
        from: u64,
        limit: ReadLimit,
        records: &mut Vec<Record>,
        bytes: &mut usize,
    ) -> Result<(), WalError> {
        let path = self.place.segment_path(segment.base);
        let file = self.disk.open(&path, OpenOptions::read()).await?;
        self.check_header(&file, &path).await?;
        let (mut offset, mut position) = segment.mark_before(from);
        let mut chunk_bytes = CHUNK_BYTES;
        while offset < segment.end {
            let left = segment.bytes.saturating_sub(position);
            let chunk = file.read_at(position, u32::try_from(left.min(chunk_bytes)).unwrap_or(u32::MAX)).await?;
            let is_whole = chunk.len() as u64 == left || (chunk.len() as u64) < chunk_bytes;
            let mut reader = BatchReader::new(&chunk, offset);
            let damage = loop {
                let before = reader.position();
                match reader.next() {
                    None => break None,
                    Some(Err(damage)) => break Some(damage),
                    Some(Ok(record)) if record.offset >= from => {
                        *bytes += reader.position() - before;
                        records.push(record);
                        if limit.is_reached(records, *bytes) {
                            return Ok(());
                        }
                    }
                    Some(Ok(_)) => {}
                }
            };
            let read = reader.position() as u64;
            match damage {
                // The record goes on after the chunk.
                Some(damage) if damage.is_truncated() && !is_whole => {}
                Some(damage) => return Err(damaged(path, position, damage)),
                None if is_whole && reader.offset() < segment.end => {
                    // The file ends between two records, before the end that the index knows.
                    let cause = Record::decode(&[]).expect_err("no bytes are no record").into();
                    return Err(damaged(path, position, BatchError { offset: reader.offset(), position: read, cause }));
                }
                None => {}
            }
            chunk_bytes = if read == 0 { chunk_bytes * 2 } else { CHUNK_BYTES };
            (offset, position) = (reader.offset(), position + read);
        }
        Ok(())
    }

    async fn check_header(&self, file: &File, path: &str) -> Result<(), WalError> {
        let header = file.read_at(0, SEGMENT_HEADER_BYTES as u32).await?;
        let checked = SegmentHeader::check(&header, self.place.partition());
        checked.map_err(|cause| WalError::Header { path: path.to_owned(), cause })
    }

    /// Reads the bytes of a closed segment, all of its records verified.
    ///
    /// # Errors
    /// If the disk fails, or the segment is damaged or has another end than the index says.
    pub async fn read_whole(&self, segment: &SegmentInfo) -> Result<Vec<u8>, WalError> {
        let path = self.place.segment_path(segment.base);
        let bytes = self.disk.read(&path).await?;
        let scan = scan(&bytes, self.place.partition(), segment.base, u64::MAX)
            .map_err(|cause| WalError::Header { path: path.clone(), cause })?;
        match scan.damage {
            Some(cause) => Err(WalError::Damaged { path, cause }),
            None if scan.info.end != segment.end => {
                Err(WalError::Lost { directory: path, end: scan.info.end, durable_end: segment.end })
            }
            None => Ok(bytes),
        }
    }
}

fn damaged(path: String, position: u64, damage: BatchError) -> WalError {
    WalError::Damaged { path, cause: BatchError { position: position + damage.position, ..damage } }
}
