//! Every reader of bytes, with the law that holds for what it takes. A fuzzer calls them too.

use cluster_sim_stream_queue::format::{BatchReader, Record, SegmentHeader, encode_batch};
use cluster_sim_stream_queue::partition::{Checkpoint, Command, PartitionState};

/// Gives the bytes the checksum that they need, or no reader would look behind it.
fn with_crc(bytes: &[u8], crc: usize, covered: std::ops::Range<usize>) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(covered) = bytes.get(covered) {
        let computed = crc32fast::hash(covered).to_le_bytes();
        bytes[crc..crc + 4].copy_from_slice(&computed);
    }
    bytes
}

fn number(bytes: &[u8], at: usize) -> usize {
    let number = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Gives each record the checksum that it needs.
fn with_crcs(bytes: &[u8]) -> Vec<u8> {
    let (mut bytes, mut at) = (bytes.to_vec(), 0_usize);
    while at + 8 <= bytes.len() {
        let end = at.saturating_add(8).saturating_add(number(&bytes, at + 4));
        bytes = with_crc(&bytes, at, at + 4..end);
        at = end;
    }
    bytes
}

/// A record is the only one of its bytes.
pub(crate) fn record(bytes: &[u8]) -> bool {
    drop(Record::decode(bytes));
    let bytes = with_crcs(bytes);
    let Ok((record, length)) = Record::decode(&bytes) else { return false };
    let mut encoded = Vec::new();
    record.encode(&mut encoded).expect("it was read");
    assert_eq!(encoded, bytes[..length]);
    true
}

/// The records of a batch are the only ones of their bytes, and have no gap.
pub(crate) fn batch(bytes: &[u8]) -> bool {
    let bytes = with_crcs(bytes);
    let first = Record::decode(&bytes).map_or(0, |(record, _)| record.offset);
    let mut reader = BatchReader::new(&bytes, first);
    let records: Vec<Record> = reader.by_ref().map_while(Result::ok).collect();
    assert_eq!(encode_batch(&records).expect("they were read"), bytes[..reader.position()]);
    assert!(records.iter().enumerate().all(|(index, record)| record.offset == first + index as u64));
    reader.position() == bytes.len()
}

/// A header is the only one of its bytes.
pub(crate) fn segment_header(bytes: &[u8]) -> bool {
    let Ok(header) = SegmentHeader::decode(bytes) else { return false };
    assert_eq!(header.encode(), bytes[..32]);
    true
}

/// A command that was read can be applied, and leads to a state that can be written and read.
pub(crate) fn command(bytes: &[u8]) -> bool {
    let Ok(command) = Command::decode(bytes) else { return false };
    assert_eq!(Command::decode(&command.encode()), Ok(command.clone()));
    let mut state = PartitionState::default();
    drop(state.apply(command.clone()));
    drop(state.apply(command));
    assert_eq!(PartitionState::from_snapshot(&state.snapshot()), Ok(state));
    true
}

/// A state that was read can be written and read.
pub(crate) fn snapshot(bytes: &[u8]) -> bool {
    let bytes = with_crc(bytes, 4, 8..bytes.len());
    let Ok(state) = PartitionState::from_snapshot(&bytes) else { return false };
    assert_eq!(PartitionState::from_snapshot(&state.snapshot()), Ok(state));
    true
}

/// A checkpoint that was read can be written and read.
pub(crate) fn checkpoint(bytes: &[u8]) -> bool {
    let bytes = with_crc(bytes, 4, 8..bytes.len());
    let Ok(checkpoint) = Checkpoint::decode(&bytes) else { return false };
    assert_eq!(Checkpoint::decode(&checkpoint.encode()), Ok(checkpoint));
    true
}
