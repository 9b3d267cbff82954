//! One record of a log, and its bytes.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::fields::Fields;

/// The most bytes of a record as encoded: 16 MiB.
///
/// So a damaged length is seldom one that could be true.
pub const RECORD_BYTES_MAX: usize = 16 << 20;

/// The bytes before those that the length counts: the checksum and the length.
const FRAME: usize = 8;

/// The least that a length can be: offset, timestamp, three lengths and no bytes.
const LENGTH_MIN: usize = 26;

/// A name and a value beside the value of a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordHeader {
    /// The name, up to 65,535 bytes; names may repeat.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
}

/// A record without a place in a log, as a producer publishes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Draft {
    /// The key; empty for none.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
    /// Up to 65,535 headers, in the producer's order.
    pub headers: Vec<RecordHeader>,
}

/// A record of a log.
///
/// Its bytes, integers little-endian:
///
/// | field | bytes |
/// |---|---|
/// | CRC32 (IEEE) of everything after it | 4 |
/// | length of everything after it | 4 |
/// | offset | 8 |
/// | timestamp in ms | 8 |
/// | length of the key, 0 for none; key | 4 and the key |
/// | length of the value; value | 4 and the value |
/// | number of headers | 2 |
/// | for each header: length of its key; key; length of its value; value | 2 and the key, 4 and the value |
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    /// Its place in the log of its partition, from 0 and without gaps.
    pub offset: u64,
    /// Milliseconds since 1970 by the wall clock of the leader that appended it.
    ///
    /// Never less than those of the record before.
    pub timestamp_ms: u64,
    /// The key; empty for none.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
    /// The headers, in the producer's order.
    pub headers: Vec<RecordHeader>,
}

/// Bytes that are no record, or a record that has none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The bytes end before the record does, as after a write that a crash cut short.
    #[error("the record has {needed} bytes and only {left} are left; cut them off if nothing after them was acknowledged")]
    Truncated {
        /// The bytes of the record; of its checksum and length if these are cut.
        needed: usize,
        /// The bytes that there are.
        left: usize,
    },
    /// The length is none that a record can have, so its end is unknown.
    #[error("the record has length {found}, and a length is {LENGTH_MIN} to {RECORD_BYTES_MAX}; read it from another replica")]
    Length {
        /// The length as found.
        found: u32,
    },
    /// The checksum is not that of the bytes.
    #[error("the record has CRC {stored:08x} and its bytes have {computed:08x}; read it from another replica")]
    Crc {
        /// The checksum as found.
        stored: u32,
        /// The checksum of the bytes.
        computed: u32,
    },
    /// The checksum is right and the lengths inside do not add up: another program wrote it.
    #[error("the lengths inside of the record do not add up to its {length} bytes; it was written by another format")]
    Layout {
        /// Its length as found.
        length: u32,
    },
    /// A record to be encoded has more of something than its field can count.
    #[error("the record has {found} {part}, and at most {max} fit; split it")]
    TooLarge {
        /// The part that is too large.
        part: &'static str,
        /// How much there is.
        found: usize,
        /// How much may be.
        max: usize,
    },
}

impl Draft {
    /// Returns the bytes of the record that it becomes, which do not depend on offset and time.
    pub fn encoded_length(&self) -> usize {
        FRAME + length(&self.key, &self.value, &self.headers)
    }

    /// Checks that it can be encoded.
    ///
    /// # Errors
    /// [`TooLarge`](RecordError::TooLarge).
    pub fn check(&self) -> Result<(), RecordError> {
        check(&self.key, &self.value, &self.headers)
    }

    /// Gives it a place in a log.
    pub fn at(self, offset: u64, timestamp_ms: u64) -> Record {
        Record { offset, timestamp_ms, key: self.key, value: self.value, headers: self.headers }
    }
}

impl Record {
    /// Returns the number of its bytes.
    pub fn encoded_length(&self) -> usize {
        FRAME + length(&self.key, &self.value, &self.headers)
    }

    /// Checks that it can be encoded.
    ///
    /// # Errors
    /// [`TooLarge`](RecordError::TooLarge).
    pub fn check(&self) -> Result<(), RecordError> {
        check(&self.key, &self.value, &self.headers)
    }

    /// Appends its bytes.
    ///
    /// # Errors
    /// [`TooLarge`](RecordError::TooLarge); then nothing was appended.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        self.check()?;
        let start = out.len();
        let count = |length: usize| u32::try_from(length).expect("it is at most the length of a record").to_le_bytes();
        let small = |length: usize| u16::try_from(length).expect("it was checked").to_le_bytes();
        out.extend([0; 4]);
        out.extend(count(length(&self.key, &self.value, &self.headers)));
        out.extend(self.offset.to_le_bytes());
        out.extend(self.timestamp_ms.to_le_bytes());
        for bytes in [&self.key, &self.value] {
            out.extend(count(bytes.len()));
            out.extend_from_slice(bytes);
        }
        out.extend(small(self.headers.len()));
        for header in &self.headers {
            out.extend(small(header.key.len()));
            out.extend_from_slice(&header.key);
            out.extend(count(header.value.len()));
            out.extend_from_slice(&header.value);
        }
        let crc = crc32fast::hash(&out[start + 4..]);
        out[start..start + 4].copy_from_slice(&crc.to_le_bytes());
        Ok(())
    }

    /// Reads the record at the start of bytes, and returns it with the number of its bytes.
    ///
    /// No length is believed beyond the bytes that are left, so damaged bytes cost no memory.
    ///
    /// # Errors
    /// If the bytes end too soon or are damaged.
    pub fn decode(bytes: &[u8]) -> Result<(Self, usize), RecordError> {
        let truncated = |needed| RecordError::Truncated { needed, left: bytes.len() };
        let mut fields = Fields::new(bytes);
        let (Some(stored), Some(found)) = (fields.u32(), fields.u32()) else { return Err(truncated(FRAME)) };
        let length = usize::try_from(found).unwrap_or(usize::MAX);
        if !(LENGTH_MIN..=RECORD_BYTES_MAX - FRAME).contains(&length) {
            return Err(RecordError::Length { found });
        }
        let body = fields.bytes(length).ok_or(truncated(FRAME + length))?;
        let computed = crc32fast::hash(&bytes[4..FRAME + length]);
        if stored != computed {
            return Err(RecordError::Crc { stored, computed });
        }
        let record = Self::decode_body(body).ok_or(RecordError::Layout { length: found })?;
        Ok((record, FRAME + length))
    }

    fn decode_body(body: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(body);
        let (offset, timestamp_ms) = (fields.u64()?, fields.u64()?);
        let key = Bytes::copy_from_slice(fields.bytes_by_u32()?);
        let value = Bytes::copy_from_slice(fields.bytes_by_u32()?);
        let count = fields.u16()?;
        let mut headers = Vec::new();
        for _ in 0..count {
            let key = Bytes::copy_from_slice(fields.bytes_by_u16()?);
            let value = Bytes::copy_from_slice(fields.bytes_by_u32()?);
            headers.push(RecordHeader { key, value });
        }
        fields.is_empty().then_some(Self { offset, timestamp_ms, key, value, headers })
    }
}

/// The length as encoded: the bytes after it.
fn length(key: &Bytes, value: &Bytes, headers: &[RecordHeader]) -> usize {
    let headers: usize = headers.iter().map(|header| 6 + header.key.len() + header.value.len()).sum();
    LENGTH_MIN + key.len() + value.len() + headers
}

fn check(key: &Bytes, value: &Bytes, headers: &[RecordHeader]) -> Result<(), RecordError> {
    let at_most = |part, found, max| if found > max { Err(RecordError::TooLarge { part, found, max }) } else { Ok(()) };
    at_most("headers", headers.len(), usize::from(u16::MAX))?;
    for header in headers {
        at_most("bytes in the name of a header", header.key.len(), usize::from(u16::MAX))?;
    }
    at_most("bytes", FRAME + length(key, value, headers), RECORD_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(key: &'static [u8], value: &'static [u8]) -> RecordHeader {
        RecordHeader { key: Bytes::from_static(key), value: Bytes::from_static(value) }
    }

    fn sample() -> Record {
        Record {
            offset: 0x0102_0304_0506_0708,
            timestamp_ms: 1_700_000_000_000,
            key: Bytes::from_static(b"k1"),
            value: Bytes::from_static(b"hello"),
            headers: vec![header(b"a", b"xy"), header(b"", b"")],
        }
    }

    fn encoded(record: &Record) -> Vec<u8> {
        let mut bytes = Vec::new();
        record.encode(&mut bytes).expect("it is small");
        bytes
    }

    /// Bytes that zlib's checksum and a packer of structures gave, outside of this code.
    #[test]
    fn the_bytes_of_a_record_are_those_of_the_contract() {
        let expected = [
            &[0x88, 0x5f, 0xea, 0xa0][..], // CRC32
            &[0x30, 0, 0, 0],              // 48 bytes follow
            &[8, 7, 6, 5, 4, 3, 2, 1],
            &[0x00, 0x68, 0xe5, 0xcf, 0x8b, 0x01, 0, 0],
            &[2, 0, 0, 0],
            b"k1",
            &[5, 0, 0, 0],
            b"hello",
            &[2, 0],
            &[1, 0],
            b"a",
            &[2, 0, 0, 0],
            b"xy",
            &[0, 0],
            &[0, 0, 0, 0],
        ];
        assert_eq!(encoded(&sample()), expected.concat());
        let bare = Draft::default().at(0, 0);
        let expected = [&[0xa6, 0xda, 0x5f, 0x30, 26][..], &[0; 29]].concat();
        assert_eq!(encoded(&bare), expected);
    }

    #[test]
    fn each_damage_has_its_error() {
        let bytes = encoded(&sample());
        let error = |bytes: &[u8]| Record::decode(bytes).expect_err("it is damaged");
        assert_eq!(error(&bytes[..7]), RecordError::Truncated { needed: 8, left: 7 });
        assert_eq!(error(&bytes[..55]), RecordError::Truncated { needed: 56, left: 55 });
        let changed = |at: usize, to: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = to;
            error(&bytes)
        };
        assert_eq!(changed(7, 0xff), RecordError::Length { found: 0xff00_0030 });
        assert_eq!(changed(4, 25), RecordError::Length { found: 25 });
        let flipped = changed(30, bytes[30] ^ 1);
        assert!(matches!(flipped, RecordError::Crc { stored: 0xa0ea_5f88, computed } if computed != 0xa0ea_5f88), "{flipped:?}");
        assert!(flipped.to_string().contains("has CRC a0ea5f88"), "{flipped}");
    }

    #[test]
    fn lengths_inside_that_do_not_add_up_are_an_error() {
        let whole = encoded(&sample());
        for (at, to) in [(24, 3), (30, 6), (39, 1), (39, 3), (41, 9)] {
            let mut bytes = whole.clone();
            bytes[at] = to;
            let crc = crc32fast::hash(&bytes[4..]).to_le_bytes();
            bytes[..4].copy_from_slice(&crc);
            assert_eq!(Record::decode(&bytes), Err(RecordError::Layout { length: 48 }), "byte {at}");
        }
    }

    #[test]
    fn a_record_beyond_a_field_is_refused_and_appends_nothing() {
        let many = Draft { headers: vec![header(b"", b""); 65_536], ..Draft::default() };
        let named = Draft { headers: vec![header(&[7; 65_536], b"")], ..Draft::default() };
        let long = Draft { value: vec![0; RECORD_BYTES_MAX - 33].into(), ..Draft::default() };
        let cases = [(many, "headers", 65_536), (named, "bytes in the name of a header", 65_536), (long, "bytes", (16 << 20) + 1)];
        for (draft, part, found) in cases {
            let mut out = vec![1];
            let error = draft.clone().at(0, 0).encode(&mut out).expect_err("too large");
            assert!(matches!(error, RecordError::TooLarge { part: p, found: f, .. } if (p, f) == (part, found)), "{error:?}");
            assert_eq!((draft.check(), out), (Err(error), vec![1]));
        }
        let longest = Draft { value: vec![0; RECORD_BYTES_MAX - 34].into(), ..Draft::default() }.at(0, 0);
        let bytes = encoded(&longest);
        assert_eq!(Record::decode(&bytes), Ok((longest, bytes.len())));
    }

    fn some_bytes() -> impl Strategy<Value = Bytes> {
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from)
    }

    fn some_record() -> impl Strategy<Value = Record> {
        let header = (some_bytes(), some_bytes()).prop_map(|(key, value)| RecordHeader { key, value });
        let headers = prop::collection::vec(header, 0..4);
        (any::<u64>(), any::<u64>(), some_bytes(), some_bytes(), headers)
            .prop_map(|(offset, timestamp_ms, key, value, headers)| Record { offset, timestamp_ms, key, value, headers })
    }

    proptest! {
        #[test]
        fn a_record_reads_back_as_it_was_written(record in some_record(), after in some_bytes()) {
            let bytes = encoded(&record);
            prop_assert_eq!(bytes.len(), record.encoded_length());
            let longer = [bytes.as_slice(), &after].concat();
            prop_assert_eq!(Record::decode(&longer), Ok((record, bytes.len())));
        }

        #[test]
        fn any_changed_byte_is_an_error_and_never_another_record(record in some_record(), change in 1_u8.., after in some_bytes()) {
            let bytes = [encoded(&record), after.to_vec()].concat();
            for at in 0..record.encoded_length() {
                let mut bytes = bytes.clone();
                bytes[at] ^= change;
                prop_assert!(Record::decode(&bytes).is_err(), "byte {}", at);
            }
        }

        #[test]
        fn any_cut_is_a_truncated_record(record in some_record(), at in any::<prop::sample::Index>()) {
            let bytes = encoded(&record);
            let left = at.index(bytes.len());
            let needed = if left < 8 { 8 } else { bytes.len() };
            prop_assert_eq!(Record::decode(&bytes[..left]), Err(RecordError::Truncated { needed, left }));
        }
    }
}
