//! Values of histories whose types only the file knows.

use std::fmt;

use serde::de::{self, DeserializeSeed, EnumAccess, SeqAccess, Unexpected, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::memory::{ALLOCATION, Growing, Spent, take};

/// Lists in lists that a file may have; deeper ones would overflow the stack.
pub(super) const DEPTH: usize = 32;

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
    List(Box<[Datum]>),
}

impl Datum {
    /// Returns the bytes of memory that it points to, as an estimate.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Nil | Self::Bool(_) | Self::Int(_) => 0,
            Self::Text(text) => text.len() + ALLOCATION,
            Self::List(values) if values.is_empty() => 0,
            Self::List(values) => values.iter().map(|value| value.heap_bytes() + size_of::<Self>()).sum::<usize>() + ALLOCATION,
        }
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

/// The kinds of values, in the order of their numbers in a binary form.
#[derive(Clone, Copy, Deserialize)]
enum Kind {
    Nil,
    Bool,
    Int,
    Text,
    List,
}

const KINDS: &[&str] = &["Nil", "Bool", "Int", "Text", "List"];

impl Serialize for Datum {
    /// Writes a value as JSON has it; in a binary form, in which a value does not say what it is, its kind comes first.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_tagged = !serializer.is_human_readable();
        let tagged = |kind: Kind| (kind as u32, KINDS[kind as usize]);
        let (number, name) = match self {
            Self::Nil => tagged(Kind::Nil),
            Self::Bool(_) => tagged(Kind::Bool),
            Self::Int(_) => tagged(Kind::Int),
            Self::Text(_) => tagged(Kind::Text),
            Self::List(_) => tagged(Kind::List),
        };
        match self {
            Self::Nil if is_tagged => serializer.serialize_unit_variant("Datum", number, name),
            Self::Bool(value) if is_tagged => serializer.serialize_newtype_variant("Datum", number, name, value),
            Self::Int(value) if is_tagged => serializer.serialize_newtype_variant("Datum", number, name, value),
            Self::Text(value) if is_tagged => serializer.serialize_newtype_variant("Datum", number, name, value),
            Self::List(values) if is_tagged => serializer.serialize_newtype_variant("Datum", number, name, values),
            Self::Nil => serializer.serialize_unit(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Int(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
            Self::List(values) => values.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Datum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Inside(0).deserialize(deserializer)
    }
}

/// Reads a value inside of that many lists.
///
/// A length that the file tells reserves nothing: the values may be missing.
#[derive(Clone, Copy)]
struct Inside(usize);

impl<'de> DeserializeSeed<'de> for Inside {
    type Value = Datum;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Datum, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(self)
        } else {
            deserializer.deserialize_enum("Datum", KINDS, self)
        }
    }
}

/// The error of a value that takes more memory than its reader allows; the reader says how much that is.
fn too_much<E: de::Error>(_: Spent) -> E {
    E::custom("more memory than the file pays for")
}

/// A list inside of that many others.
struct ListInside(usize);

impl<'de> DeserializeSeed<'de> for ListInside {
    type Value = Datum;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Datum, D::Error> {
        deserializer.deserialize_seq(Inside(self.0))
    }
}

impl<'de> Visitor<'de> for Inside {
    type Value = Datum;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("null, true, false, a whole number of 64 bits, a text or a list")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Datum, E> {
        Ok(Datum::Nil)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Datum, E> {
        Ok(Datum::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Datum, E> {
        Ok(Datum::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Datum, E> {
        i64::try_from(value).map(Datum::Int).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Datum, E> {
        take(value.len() + ALLOCATION).map_err(too_much)?;
        Ok(Datum::Text(value.to_owned()))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Datum, S::Error> {
        if self.0 == DEPTH {
            return Err(de::Error::custom(format_args!("more than {DEPTH} lists in lists")));
        }
        let mut values = Growing::new();
        while let Some(value) = list.next_element_seed(Self(self.0 + 1))? {
            values.push(value).map_err(too_much)?;
        }
        values.finish().map(Datum::List).map_err(too_much)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Datum, A::Error> {
        let (kind, content) = data.variant::<Kind>()?;
        match kind {
            Kind::Nil => content.unit_variant().map(|()| Datum::Nil),
            Kind::Bool => content.newtype_variant().map(Datum::Bool),
            Kind::Int => content.newtype_variant().map(Datum::Int),
            Kind::Text => content.newtype_variant().map(Datum::Text),
            Kind::List => content.newtype_variant_seed(ListInside(self.0)),
        }
    }
}
