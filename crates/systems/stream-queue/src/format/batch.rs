//! Records one after the other: the body of a segment, and the answer of a broker to a read.

use thiserror::Error;

use super::record::{Record, RecordError};

/// Damage in a batch: the record at which reading stopped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("record {offset}, at byte {position}: {cause}")]
pub struct BatchError {
    /// The offset that the record there should have.
    pub offset: u64,
    /// The place of its first byte, from the start of the batch.
    pub position: u64,
    /// The damage.
    pub cause: BatchDamage,
}

/// Damage of one record of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BatchDamage {
    /// Its bytes are no record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It is a record with another offset than its place says.
    #[error("the record has offset {found}, and offsets have no gaps; read it from another replica")]
    Offset {
        /// The offset of the record.
        found: u64,
    },
    /// It has the greatest offset of all: no log gives it out, since its end could not be told.
    #[error("the record has the offset {}, and no log has that many; read it from another replica", u64::MAX)]
    OffsetsSpent,
}

impl BatchError {
    /// Tells whether the bytes end inside of the record, as after a write that a crash cut short.
    pub fn is_truncated(&self) -> bool {
        matches!(self.cause, BatchDamage::Record(RecordError::Truncated { .. }))
    }
}

/// Reads the records of a batch in order, and stops at the first damage.
#[derive(Debug, Clone)]
pub struct BatchReader<'a> {
    bytes: &'a [u8],
    position: usize,
    offset: u64,
    is_damaged: bool,
}

impl<'a> BatchReader<'a> {
    /// Reads the bytes of records, of which the first has an offset.
    pub fn new(bytes: &'a [u8], first: u64) -> Self {
        Self { bytes, position: 0, offset: first, is_damaged: false }
    }

    /// Returns the number of bytes that were read and are sound.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Returns the offset of the next record.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn read(&self) -> Result<(Record, usize), BatchDamage> {
        let (record, length) = Record::decode(&self.bytes[self.position..])?;
        match record.offset {
            u64::MAX => Err(BatchDamage::OffsetsSpent),
            found if found != self.offset => Err(BatchDamage::Offset { found }),
            _ => Ok((record, length)),
        }
    }
}

impl Iterator for BatchReader<'_> {
    type Item = Result<Record, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_damaged || self.position == self.bytes.len() {
            return None;
        }
        match self.read() {
            Ok((record, length)) => {
                self.position += length;
                self.offset += 1;
                Some(Ok(record))
            }
            Err(cause) => {
                self.is_damaged = true;
                Some(Err(BatchError { offset: self.offset, position: self.position as u64, cause }))
            }
        }
    }
}

/// Encodes records one after the other.
///
/// # Errors
/// If one of them is too large.
pub fn encode_batch<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Vec<u8>, RecordError> {
    let mut bytes = Vec::new();
    for record in records {
        record.encode(&mut bytes)?;
    }
    Ok(bytes)
}

/// Reads all records of a batch, of which the first has an offset.
///
/// # Errors
/// At the first damage, also if it is a truncated last record.
pub fn decode_batch(bytes: &[u8], first: u64) -> Result<Vec<Record>, BatchError> {
    BatchReader::new(bytes, first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::record::Draft;

    fn records(offsets: std::ops::Range<u64>) -> Vec<Record> {
        let value = |offset: u64| format!("value {offset}").into_bytes().into();
        offsets.map(|offset| Draft { value: value(offset), ..Draft::default() }.at(offset, 10 * offset)).collect()
    }

    #[test]
    fn a_batch_reads_back_as_it_was_written() {
        for count in 0..5 {
            let written = records(7..7 + count);
            let bytes = encode_batch(&written).unwrap();
            assert_eq!(decode_batch(&bytes, 7), Ok(written));
        }
    }

    #[test]
    fn reading_stops_at_the_first_damage_with_its_place() {
        let mut bytes = encode_batch(&records(7..12)).unwrap();
        let length = bytes.len() / 5;
        bytes[2 * length + 20] ^= 4;
        let mut reader = BatchReader::new(&bytes, 7);
        let read: Vec<_> = reader.by_ref().collect();
        assert_eq!(read[..2].iter().flatten().cloned().collect::<Vec<_>>(), records(7..9));
        let error = read[2].clone().expect_err("it is damaged");
        assert_eq!((error.offset, error.position, error.is_truncated()), (9, 2 * length as u64, false));
        assert!(error.to_string().starts_with("record 9, at byte 82: the record has CRC "), "{error}");
        assert_eq!((read.len(), reader.position(), reader.offset()), (3, 2 * length, 9));
    }

    #[test]
    fn a_record_with_another_offset_is_an_error() {
        let bytes = encode_batch(&[records(7..9), records(10..11)].concat()).unwrap();
        let error = decode_batch(&bytes, 7).expect_err("it has a gap");
        assert_eq!((error.offset, error.cause), (9, BatchDamage::Offset { found: 10 }));
    }

    #[test]
    fn the_greatest_offset_is_no_offset_of_a_record() {
        let bytes = encode_batch(&[Draft::default().at(u64::MAX - 1, 0)]).unwrap();
        assert_eq!(decode_batch(&bytes, u64::MAX - 1).map(|records| records.len()), Ok(1));
        let greatest = encode_batch(&[Draft::default().at(u64::MAX, 0)]).unwrap();
        for (bytes, first) in [(greatest.clone(), u64::MAX), ([bytes, greatest].concat(), u64::MAX - 1)] {
            let error = decode_batch(&bytes, first).expect_err("no log has it");
            assert_eq!((error.offset, error.cause), (u64::MAX, BatchDamage::OffsetsSpent));
        }
    }

    #[test]
    fn every_cut_of_a_batch_ends_in_a_truncated_record() {
        let bytes = encode_batch(&records(7..10)).unwrap();
        let length = bytes.len() / 3;
        for left in 0..bytes.len() {
            let read: Vec<_> = BatchReader::new(&bytes[..left], 7).collect();
            let sound = read.iter().filter(|record| record.is_ok()).count();
            assert_eq!(sound, left / length, "{left} bytes");
            let is_truncated = matches!(read.last(), Some(Err(error)) if error.is_truncated());
            assert_eq!(is_truncated, left % length != 0, "{left} bytes");
        }
    }
}
