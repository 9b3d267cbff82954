//! Segments as objects: compressed, and verified when they come back.

use std::io::Read;

use super::error::SegmentDamage;
use crate::format::{BatchReader, Record, SEGMENT_HEADER_BYTES, SegmentHeader, TopicPartition};
use crate::partition::{SEGMENT_BYTES_MAX, Shipped};

/// The level of compression: the default of zstd.
const LEVEL: i32 = 3;

/// The largest window that is decompressed, as a power of two: 8 MiB, which every decoder of zstd supports.
const WINDOW_LOG_MAX: u32 = 23;

/// Compresses a segment.
pub(super) fn pack(segment: &[u8]) -> Result<Vec<u8>, SegmentDamage> {
    zstd::bulk::compress(segment, LEVEL).map_err(|error| SegmentDamage::Compression { cause: error.to_string() })
}

/// Returns the most bytes that a segment of that length has once it is compressed.
pub(super) fn packed_max(segment_bytes: u64) -> u64 {
    usize::try_from(segment_bytes).map_or(u64::MAX, |bytes| zstd::zstd_safe::compress_bound(bytes) as u64)
}

/// Decompresses an object and verifies all that the manifest says of it, and each record.
pub(super) fn unpack(object: &[u8], shipped: &Shipped, partition: TopicPartition) -> Result<Vec<u8>, SegmentDamage> {
    let compression = |error: std::io::Error| SegmentDamage::Compression { cause: error.to_string() };
    let mut decoder = zstd::stream::read::Decoder::new(object).map_err(compression)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(compression)?;
    let mut segment = Vec::new();
    // A byte more than there should be tells that there are more, and no more than that is decompressed.
    decoder.take(shipped.bytes.min(SEGMENT_BYTES_MAX as u64) + 1).read_to_end(&mut segment).map_err(compression)?;
    let found = segment.len() as u64;
    if found != shipped.bytes {
        return Err(SegmentDamage::Length { found, expected: shipped.bytes });
    }
    let found = crc32fast::hash(&segment);
    if found != shipped.crc {
        return Err(SegmentDamage::Crc { found, expected: shipped.crc });
    }
    verify(&segment, shipped.base, shipped.end, partition)?;
    Ok(segment)
}

/// Verifies the header and each record of a closed segment.
pub(super) fn verify(segment: &[u8], base: u64, end: u64, partition: TopicPartition) -> Result<(), SegmentDamage> {
    SegmentHeader::check(segment, partition)?;
    let mut reader = records_of(segment, base);
    for record in reader.by_ref() {
        record?;
    }
    if reader.offset() == end { Ok(()) } else { Err(SegmentDamage::End { found: reader.offset(), expected: end }) }
}

/// Reads the records of a segment that has a header.
pub(super) fn records_of(segment: &[u8], base: u64) -> BatchReader<'_> {
    BatchReader::new(&segment[SEGMENT_HEADER_BYTES.min(segment.len())..], base)
}

/// Returns the records of a verified segment from an offset on.
pub(super) fn records_from(segment: &[u8], base: u64, from: u64) -> impl Iterator<Item = Result<Record, SegmentDamage>> {
    let is_wanted = move |record: &Result<Record, _>| record.as_ref().map_or(true, |record: &Record| record.offset >= from);
    records_of(segment, base).filter(is_wanted).map(|record| record.map_err(SegmentDamage::from))
}
