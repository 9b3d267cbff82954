//! The values that a scenario file may hold, declared once: for its reader, its JSON Schema and its help.
//!
//! A [`Shape`] is data. [`check`](Shape::check) refuses a value that does not have it, [`complete`](Shape::complete) fills in defaults,
//! [`schema`](Shape::schema) writes it as JSON Schema, and [`lines`](ObjectShape::lines) lists its fields for a reader.

mod complete;
mod field_lines;
mod json_schema;
mod misfit;
mod object;

use std::fmt;

pub use object::{FieldShape, ObjectShape, Presence};

/// The values that one field accepts. Prints as the cure for any other: `use a whole number from 1 to 9`.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A whole number within bounds, both included.
    Whole(u64, u64),
    /// A whole number within bounds, both included, which may lie below zero.
    Signed(i64, i64),
    /// A finite number within bounds, both included.
    Number(f64, f64),
    /// True or false.
    Flag,
    /// A whole number within bounds, or a list of two, between which each seed chooses.
    ///
    /// Both are included.
    Chosen(u64, u64),
    /// A whole number within bounds, or a list of two: the ends of a range of durations.
    ///
    /// All durations of the range are equally likely.
    Span(u64, u64),
    /// A text of one character up to a number of them, and the thing that it is.
    Text(&'static str, usize),
    /// A text that may be a part of the name of a file, and the thing that it names.
    ///
    /// Up to 64 letters, digits, `-`, `_` and `.`, a letter or a digit first.
    Name(&'static str),
    /// A seed: a whole number, or a text of `0x` and up to 16 hex digits.
    Seed,
    /// A word of a closed list, and the kind of the words.
    Word(&'static str, Vec<String>),
    /// The name of something that the scenario has.
    Reference(Reference),
    /// A value of another shape, or null.
    OrNull(Box<Shape>),
    /// A list of values of one shape, and the least and most of them.
    List(Box<Shape>, usize, usize),
    /// An object.
    Object(ObjectShape),
    /// One of several kinds: an object whose only key is the kind.
    ///
    /// A kind without an object, or one whose fields may all be left out, may also be its name alone.
    Tagged(&'static str, Vec<Tag>),
}

/// A kind of a [`Shape::Tagged`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    /// Its name.
    pub name: &'static str,
    /// Its fields; `None` for a kind that is a name alone.
    pub fields: Option<ObjectShape>,
    /// One sentence about it, for the help and the schema.
    pub about: &'static str,
}

/// The thing that a name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// One node.
    Node,
    /// One node or all of a set, such as `zone:a`.
    Nodes,
    /// A class of links.
    Links,
}

impl Reference {
    /// The thing with its article, as an error names it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Node => "a node",
            Self::Nodes => "a node or a set of nodes",
            Self::Links => "a class of links",
        }
    }
}

/// The most characters of a name.
const NAME_LONGEST: usize = 64;
/// The most characters of the name of something that the scenario has: a set, a colon and a name of a place.
const REFERENCE_LONGEST: usize = 256;

impl Shape {
    /// A word of a closed list of this kind.
    pub fn word(kind: &'static str, words: &[&str]) -> Self {
        Self::Word(kind, words.iter().map(ToString::to_string).collect())
    }

    /// A list of any number of values from `least` on.
    pub fn list(item: Self, least: usize) -> Self {
        Self::List(Box::new(item), least, 100_000)
    }

    /// A share: a number from 0 to 1.
    pub fn share() -> Self {
        Self::Number(0.0, 1.0)
    }

    /// A share that is not zero: a number from a billionth to 1.
    pub fn some_share() -> Self {
        Self::Number(1e-9, 1.0)
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(least, most) if least == most => write!(formatter, "use {least}"),
            Self::Whole(least, most) => write!(formatter, "use a whole number from {least} to {most}"),
            Self::Signed(least, most) => write!(formatter, "use a whole number from {least} to {most}"),
            Self::Number(least, most) => write!(formatter, "use a number from {least} to {most}"),
            Self::Flag => write!(formatter, "use true or false"),
            Self::Chosen(least, most) | Self::Span(least, most) => {
                write!(formatter, "use a whole number from {least} to {most}, or a list of two, the smaller one first")
            }
            Self::Text(what, most) => write!(formatter, "use {what} of 1 to {most} characters"),
            Self::Name(what) => {
                write!(formatter, "use {what} of up to {NAME_LONGEST} letters, digits, -, _ and ., a letter or a digit first")
            }
            Self::Seed => write!(formatter, "use a whole number from 0 to {}, or a text such as \"0x2a\"", u64::MAX),
            Self::Word(_, words) if words.len() == 1 => write!(formatter, "use {:?}", words[0]),
            Self::Word(_, words) => write!(formatter, "use one of {}", words.join(", ")),
            Self::Reference(Reference::Node) => write!(formatter, "use the name of a node, such as store/0"),
            Self::Reference(Reference::Nodes) => write!(formatter, "use the name of a node or a set, such as store/0 or zone:a"),
            Self::Reference(Reference::Links) => write!(formatter, "use the name of a class of links, such as default"),
            Self::OrNull(shape) => write!(formatter, "{}", shape.to_string().replacen("use ", "use null or ", 1)),
            Self::List(item, least, _) => {
                let least = if *least > 0 { format!("at least {least} of it") } else { "any number of it".to_owned() };
                write!(formatter, "use a list with {least}: {}", item.to_string().trim_start_matches("use "))
            }
            Self::Object(object) => write!(formatter, "{object}"),
            Self::Tagged(kind, tags) => {
                let names: Vec<&str> = tags.iter().map(|tag| tag.name).collect();
                write!(formatter, "use a {kind}, such as {{\"{}\": {{…}}}}: one of {}", names[0], names.join(", "))
            }
        }
    }
}
