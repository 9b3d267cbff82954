//! Names of topics, and the partitions of a topic.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest name of a topic, in bytes: the space that a segment's header has for it.
pub const TOPIC_BYTES_MAX: usize = 20;

/// The name of a topic: 1 to 20 of the characters `a-z`, `A-Z`, `0-9`, `.`, `_` and `-`.
///
/// It is a directory of a broker's disk and a part of the keys in the object store, so `.` and `..` are no names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TopicName {
    /// Padded with zeros.
    bytes: [u8; TOPIC_BYTES_MAX],
    length: u8,
}

/// A text is no name of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TopicNameError {
    /// It is empty.
    #[error("the name of the topic is empty; name it with 1 to {TOPIC_BYTES_MAX} bytes")]
    Empty,
    /// It is longer than [`TOPIC_BYTES_MAX`].
    #[error("the name of the topic \"{name}\" has {} bytes; shorten it to at most {TOPIC_BYTES_MAX}", name.len())]
    TooLong {
        /// The name.
        name: String,
    },
    /// It has a character that no name may have.
    #[error("the name of the topic \"{}\" has {found:?}; use letters, digits, `.`, `_` and `-`", name.escape_default())]
    Character {
        /// The name.
        name: String,
        /// The first such character.
        found: char,
    },
    /// It leads to another directory.
    #[error("the name of the topic \"{name}\" names a directory of its own; add a letter or a digit")]
    Directory {
        /// The name.
        name: String,
    },
}

impl TopicName {
    /// Checks a name.
    ///
    /// # Errors
    /// If it is empty, too long, or has a character that no name may have.
    pub fn new(name: &str) -> Result<Self, TopicNameError> {
        let is_allowed = |found: char| found.is_ascii_alphanumeric() || matches!(found, '.' | '_' | '-');
        if name.is_empty() {
            return Err(TopicNameError::Empty);
        }
        if name.len() > TOPIC_BYTES_MAX {
            return Err(TopicNameError::TooLong { name: name.to_owned() });
        }
        if let Some(found) = name.chars().find(|found| !is_allowed(*found)) {
            return Err(TopicNameError::Character { name: name.to_owned(), found });
        }
        if matches!(name, "." | "..") {
            return Err(TopicNameError::Directory { name: name.to_owned() });
        }
        let mut bytes = [0; TOPIC_BYTES_MAX];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Ok(Self { bytes, length: u8::try_from(name.len()).expect("it is at most 20") })
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("it was made of a text of ASCII")
    }

    /// Returns the name, padded with zeros.
    pub(super) fn padded(&self) -> [u8; TOPIC_BYTES_MAX] {
        self.bytes
    }
}

impl FromStr for TopicName {
    type Err = TopicNameError;

    fn from_str(name: &str) -> Result<Self, TopicNameError> {
        Self::new(name)
    }
}

impl TryFrom<String> for TopicName {
    type Error = TopicNameError;

    fn try_from(name: String) -> Result<Self, TopicNameError> {
        Self::new(&name)
    }
}

impl From<TopicName> for String {
    fn from(name: TopicName) -> Self {
        name.as_str().to_owned()
    }
}

impl PartialOrd for TopicName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TopicName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl fmt::Debug for TopicName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A partition of a topic: one log with offsets of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicName,
    /// The number of the partition, from 0.
    pub partition: u32,
}

impl fmt::Display for TopicPartition {
    /// Writes `orders/3`, as in paths and keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.topic, self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_1_to_20_bytes_are_taken() {
        for name in ["a", "orders.v1_EU-west", "12345678901234567890", "..."] {
            assert_eq!(TopicName::new(name).map(|topic| topic.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn each_bad_name_is_refused_with_its_cure() {
        let refusal = |name: &str| TopicName::new(name).expect_err("no name").to_string();
        assert_eq!(refusal(""), "the name of the topic is empty; name it with 1 to 20 bytes");
        assert_eq!(
            refusal("a-topic-of-some-length"),
            "the name of the topic \"a-topic-of-some-length\" has 22 bytes; shorten it to at most 20"
        );
        assert_eq!(refusal("a/b"), "the name of the topic \"a/b\" has '/'; use letters, digits, `.`, `_` and `-`");
        assert_eq!(refusal("a\0"), "the name of the topic \"a\\u{0}\" has '\\0'; use letters, digits, `.`, `_` and `-`");
        assert_eq!(refusal(".."), "the name of the topic \"..\" names a directory of its own; add a letter or a digit");
    }

    #[test]
    fn a_name_off_the_wire_is_checked() {
        let wire = |name: &str| postcard::from_bytes::<TopicName>(&postcard::to_stdvec(name).unwrap());
        assert_eq!(wire("orders"), Ok(TopicName::new("orders").unwrap()));
        assert!(wire("").is_err() && wire("../../etc").is_err());
    }

    #[test]
    fn names_are_ordered_as_texts() {
        let names = ["a", "a-", "aa", "b"].map(|name| TopicName::new(name).unwrap());
        assert!(names.is_sorted(), "{names:?}");
    }
}
