//! Values of histories whose types only the file knows.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of a history from elsewhere: what JSON and EDN have in common.
///
/// EDN's keywords and symbols are texts. Numbers are whole: a store whose values are floats is held against texts.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Datum {
    /// No value.
    #[default]
    Nil,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
    /// A list; a set is one in the order of the file.
    List(Vec<Datum>),
}

impl Datum {
    /// Returns the bytes of memory that it takes, as an estimate.
    pub(super) fn bytes(&self) -> usize {
        // An allocation costs its allocator some bytes too.
        const ALLOCATION: usize = 16;
        let held = match self {
            Self::Nil | Self::Bool(_) | Self::Int(_) => 0,
            Self::Text(text) => text.len() + ALLOCATION,
            Self::List(values) => values.iter().map(Self::bytes).sum::<usize>() + ALLOCATION,
        };
        held + size_of::<Self>()
    }
}

impl fmt::Display for Datum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => formatter.write_str("nil"),
            Self::Bool(value) => value.fmt(formatter),
            Self::Int(value) => value.fmt(formatter),
            Self::Text(value) => write!(formatter, "{value:?}"),
            Self::List(values) => {
                formatter.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let space = if index == 0 { "" } else { " " };
                    write!(formatter, "{space}{value}")?;
                }
                formatter.write_str("]")
            }
        }
    }
}

// A reader of a violation sees the value, not how it is kept.
impl fmt::Debug for Datum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// As JSON has it.
#[derive(Serialize, Deserialize)]
#[serde(untagged, remote = "Datum")]
enum Plain {
    Nil,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Datum>),
}

/// As a binary form needs it, in which a value does not say what it is.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Datum")]
enum Tagged {
    Nil,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Datum>),
}

impl Serialize for Datum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { Plain::serialize(self, serializer) } else { Tagged::serialize(self, serializer) }
    }
}

impl<'de> Deserialize<'de> for Datum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() { Plain::deserialize(deserializer) } else { Tagged::deserialize(deserializer) }
    }
}
