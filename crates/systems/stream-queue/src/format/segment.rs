//! The first bytes of a segment, and the names of its file and its object.

use thiserror::Error;

use super::fields::Fields;
use super::topic::{TOPIC_BYTES_MAX, TopicName, TopicNameError, TopicPartition};

/// The bytes of a segment's header.
pub const SEGMENT_HEADER_BYTES: usize = 32;

/// The first bytes of every segment.
const MAGIC: [u8; 4] = *b"SQWL";

/// The version of the format.
const VERSION: u16 = 1;

/// The header of a segment: of which partition its records are.
///
/// Its bytes, integers little-endian: the magic `SQWL`; version 1 as u16; length of the topic as u16; the topic, padded with zeros to
/// 20 bytes; the partition as u32.
///
/// It has no checksum: any change of it is a bad magic, version or padding, or names another partition than the directory does, which
/// [`check`](Self::check) compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The partition.
    pub partition: TopicPartition,
}

/// Bytes that are no header of a segment, or that of another partition.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SegmentHeaderError {
    /// There are too few bytes.
    #[error("the segment has {found} bytes, and its header needs {SEGMENT_HEADER_BYTES}; it was never finished")]
    TooShort {
        /// The bytes that there are.
        found: usize,
    },
    /// It does not begin as a segment.
    #[error("the file begins with \"{}\", not with \"SQWL\"; it is no segment, move it away", found.escape_ascii())]
    Magic {
        /// The first four bytes.
        found: [u8; 4],
    },
    /// It has a version that this code cannot read.
    #[error("the segment has version {found}, and this broker reads version {VERSION}; read it with a newer one")]
    Version {
        /// The version.
        found: u16,
    },
    /// The topic's length is more than its space.
    #[error("the segment names a topic of {found} bytes, and at most {TOPIC_BYTES_MAX} fit; read it from another replica")]
    TopicLength {
        /// The length.
        found: u16,
    },
    /// The topic is no name, or the bytes after it are not zero.
    #[error("the segment names no topic: {cause}; read it from another replica")]
    Topic {
        /// The damage.
        cause: TopicDamage,
    },
    /// It is the segment of another partition.
    #[error("the segment is one of {found} and lies where those of {expected} are; move it back")]
    OtherPartition {
        /// The partition in the header.
        found: TopicPartition,
        /// The partition of the directory.
        expected: TopicPartition,
    },
}

/// A topic in a header that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TopicDamage {
    /// Its bytes are no text.
    #[error("its bytes are not UTF-8")]
    NotText,
    /// It is no name.
    #[error(transparent)]
    Name(#[from] TopicNameError),
    /// The bytes after it are not zero.
    #[error("the bytes after it are not zero")]
    Padding,
}

impl SegmentHeader {
    /// Returns its bytes.
    pub fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        let topic = &self.partition.topic;
        let length = u16::try_from(topic.as_str().len()).expect("a name has at most 20 bytes");
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        bytes[6..8].copy_from_slice(&length.to_le_bytes());
        bytes[8..28].copy_from_slice(&topic.padded());
        bytes[28..].copy_from_slice(&self.partition.partition.to_le_bytes());
        bytes
    }

    /// Reads a header at the start of bytes.
    ///
    /// # Errors
    /// If there are too few bytes, or they are no header.
    pub fn decode(bytes: &[u8]) -> Result<Self, SegmentHeaderError> {
        let mut fields = Fields::new(bytes);
        let too_short = || SegmentHeaderError::TooShort { found: bytes.len() };
        let header = fields.bytes(SEGMENT_HEADER_BYTES).ok_or_else(too_short)?;
        let mut fields = Fields::new(header);
        let magic: [u8; 4] = fields.bytes(4).and_then(|magic| magic.try_into().ok()).ok_or_else(too_short)?;
        if magic != MAGIC {
            return Err(SegmentHeaderError::Magic { found: magic });
        }
        let version = fields.u16().ok_or_else(too_short)?;
        if version != VERSION {
            return Err(SegmentHeaderError::Version { found: version });
        }
        let length = fields.u16().ok_or_else(too_short)?;
        let topic = fields.bytes(TOPIC_BYTES_MAX).ok_or_else(too_short)?;
        let (name, padding) =
            topic.split_at_checked(usize::from(length)).ok_or(SegmentHeaderError::TopicLength { found: length })?;
        let topic = read_topic(name, padding).map_err(|cause| SegmentHeaderError::Topic { cause })?;
        let partition = fields.u32().ok_or_else(too_short)?;
        Ok(Self { partition: TopicPartition { topic, partition } })
    }

    /// Reads a header and compares it with the partition that it should be of.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and if it is another partition's.
    pub fn check(bytes: &[u8], expected: TopicPartition) -> Result<(), SegmentHeaderError> {
        let found = Self::decode(bytes)?.partition;
        if found == expected { Ok(()) } else { Err(SegmentHeaderError::OtherPartition { found, expected }) }
    }
}

fn read_topic(name: &[u8], padding: &[u8]) -> Result<TopicName, TopicDamage> {
    let name = str::from_utf8(name).map_err(|_| TopicDamage::NotText)?;
    let topic = TopicName::new(name)?;
    if padding.iter().all(|byte| *byte == 0) { Ok(topic) } else { Err(TopicDamage::Padding) }
}

/// Returns the name of the file of the segment that begins at an offset: `4096.wal`.
pub fn segment_file_name(base: u64) -> String {
    format!("{base}.wal")
}

/// Returns the offset at which the segment of a file begins; `None` if the file is no segment.
///
/// Each offset has one name: `007.wal` is none.
pub fn segment_base(file_name: &str) -> Option<u64> {
    let digits = file_name.strip_suffix(".wal")?;
    let is_its_name = digits == "0" || !digits.starts_with(['0', '+']);
    if is_its_name { digits.parse().ok() } else { None }
}

/// Returns the key of the object of a closed segment with the records from `base` to before `end`.
pub fn segment_key(cluster: &str, partition: TopicPartition, base: u64, end: u64) -> String {
    format!("{cluster}/{partition}/{base}-{end}.sqseg")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(topic: &str, partition: u32) -> TopicPartition {
        TopicPartition { topic: TopicName::new(topic).unwrap(), partition }
    }

    #[test]
    fn the_bytes_of_a_header_are_those_of_the_contract() {
        let header = SegmentHeader { partition: partition("orders", 3) };
        let expected = [&b"SQWL"[..], &[1, 0, 6, 0], b"orders", &[0; 14], &[3, 0, 0, 0]].concat();
        assert_eq!(header.encode().as_slice(), expected);
        assert_eq!(SegmentHeader::decode(&expected), Ok(header));
        let longest = SegmentHeader { partition: partition("12345678901234567890", u32::MAX) };
        assert_eq!(SegmentHeader::decode(&longest.encode()), Ok(longest));
    }

    #[test]
    fn each_damage_of_a_header_has_its_error() {
        let whole = SegmentHeader { partition: partition("orders", 3) }.encode();
        let error = |at: usize, to: u8| {
            let mut bytes = whole;
            bytes[at] = to;
            SegmentHeader::check(&bytes, partition("orders", 3)).expect_err("it is damaged").to_string()
        };
        assert_eq!(SegmentHeader::decode(&whole[..31]), Err(SegmentHeaderError::TooShort { found: 31 }));
        assert_eq!(error(0, 0xff), "the file begins with \"\\xffQWL\", not with \"SQWL\"; it is no segment, move it away");
        assert_eq!(error(4, 2), "the segment has version 2, and this broker reads version 1; read it with a newer one");
        assert_eq!(error(6, 21), "the segment names a topic of 21 bytes, and at most 20 fit; read it from another replica");
        assert_eq!(error(8, 0xff), "the segment names no topic: its bytes are not UTF-8; read it from another replica");
        assert_eq!(error(20, 1), "the segment names no topic: the bytes after it are not zero; read it from another replica");
        assert!(error(6, 0).starts_with("the segment names no topic: the name of the topic is empty"), "{}", error(6, 0));
        assert_eq!(error(28, 4), "the segment is one of orders/4 and lies where those of orders/3 are; move it back");
        assert_eq!(error(8, b'O'), "the segment is one of Orders/3 and lies where those of orders/3 are; move it back");
    }

    #[test]
    fn any_changed_byte_of_a_header_is_an_error() {
        let of = partition("orders", 3);
        let whole = SegmentHeader { partition: of }.encode();
        for (at, change) in (0..whole.len()).flat_map(|at| (1..=u8::MAX).map(move |change| (at, change))) {
            let mut bytes = whole;
            bytes[at] ^= change;
            assert!(SegmentHeader::check(&bytes, of).is_err(), "byte {at} changed by {change}");
        }
    }

    #[test]
    fn the_names_of_segments_are_plain_numbers() {
        assert_eq!([segment_file_name(0), segment_file_name(u64::MAX)], ["0.wal", "18446744073709551615.wal"]);
        assert_eq!([segment_base("0.wal"), segment_base("18446744073709551615.wal")], [Some(0), Some(u64::MAX)]);
        for none in ["", ".wal", "00.wal", "+1.wal", "-1.wal", "1.wal2", "1", "18446744073709551616.wal", "1.WAL"] {
            assert_eq!(segment_base(none), None, "{none}");
        }
        assert_eq!(segment_key("eu-1", partition("orders", 3), 100, 250), "eu-1/orders/3/100-250.sqseg");
    }
}
