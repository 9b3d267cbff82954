//! Reads a whole segment: its header, its records, and where it is damaged.

use super::segment_index::SegmentInfo;
use crate::format::{BatchError, BatchReader, Record, SEGMENT_HEADER_BYTES, SegmentHeader, SegmentHeaderError, TopicPartition};

/// The sound records of a segment.
#[derive(Debug)]
pub(crate) struct Scan {
    /// The segment up to the damage.
    pub(crate) info: SegmentInfo,
    pub(crate) records: Vec<Record>,
    /// The damage after these records, with its place from the start of the segment.
    pub(crate) damage: Option<BatchError>,
}

/// Reads the bytes of a segment up to an offset, and verifies each record.
///
/// # Errors
/// If the header is none or that of another partition.
pub(crate) fn scan(bytes: &[u8], partition: TopicPartition, base: u64, end: u64) -> Result<Scan, SegmentHeaderError> {
    SegmentHeader::check(bytes, partition)?;
    let mut reader = BatchReader::new(&bytes[SEGMENT_HEADER_BYTES..], base);
    let mut scan = Scan { info: SegmentInfo::new(base), records: Vec::new(), damage: None };
    while reader.offset() < end {
        let before = reader.position();
        match reader.next() {
            None => break,
            Some(Ok(record)) => {
                scan.info.push(&record, (reader.position() - before) as u64);
                scan.records.push(record);
            }
            Some(Err(damage)) => {
                scan.damage = Some(from_segment_start(damage));
                break;
            }
        }
    }
    Ok(scan)
}

/// Counts the place of damage from the start of the segment instead of that of its records.
fn from_segment_start(damage: BatchError) -> BatchError {
    BatchError { position: damage.position + SEGMENT_HEADER_BYTES as u64, ..damage }
}
