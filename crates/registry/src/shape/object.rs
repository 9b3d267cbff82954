//! Objects of a scenario file: their fields, and which of these go together.

use std::fmt;

use serde_json::{Map, Value};

use super::Shape;

/// The fields of an object; it may have no others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ObjectShape {
    /// The fields, in the order in which help and schema list them.
    pub fields: Vec<FieldShape>,
    /// Names of fields of which exactly one must be given.
    pub exactly_one: Vec<Vec<&'static str>>,
    /// Names of fields of which at most one may be given.
    pub at_most_one: Vec<Vec<&'static str>>,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldShape {
    /// Its name; it ends with the unit if there is one, such as `pause_ms`.
    pub name: &'static str,
    /// The values that it accepts.
    pub shape: Shape,
    /// One sentence about it, for the help and the schema.
    pub about: &'static str,
    /// Whether it may be left out.
    pub presence: Presence,
}

/// Whether a field may be left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Presence {
    /// It must be given.
    Required,
    /// It may be left out, which has a meaning of its own.
    Optional,
    /// It has this value if it is left out.
    Default(Value),
}

impl FieldShape {
    /// A field that must be given.
    pub fn required(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, shape, about, presence: Presence::Required }
    }

    /// A field that may be left out.
    pub fn optional(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, shape, about, presence: Presence::Optional }
    }

    /// A field that has a value if it is left out.
    pub fn with_default(name: &'static str, shape: Shape, default: impl Into<Value>, about: &'static str) -> Self {
        Self { name, shape, about, presence: Presence::Default(default.into()) }
    }

    /// An object whose fields may all be left out.
    pub fn object(name: &'static str, object: ObjectShape, about: &'static str) -> Self {
        Self::with_default(name, Shape::Object(object), Map::new(), about)
    }

    /// Whether it must be given by itself.
    pub(crate) fn is_required(&self) -> bool {
        self.presence == Presence::Required
    }
}

impl ObjectShape {
    /// An object with these fields.
    pub fn new(fields: impl IntoIterator<Item = FieldShape>) -> Self {
        Self { fields: fields.into_iter().collect(), ..Self::default() }
    }

    /// Adds a field.
    #[must_use]
    pub fn and(mut self, field: FieldShape) -> Self {
        self.fields.push(field);
        self
    }

    /// Demands exactly one of these fields.
    #[must_use]
    pub fn exactly_one(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.exactly_one.push(names.into_iter().collect());
        self
    }

    /// Refuses two of these fields.
    #[must_use]
    pub fn at_most_one(mut self, names: impl IntoIterator<Item = &'static str>) -> Self {
        self.at_most_one.push(names.into_iter().collect());
        self
    }

    /// Finds a field by its name.
    pub fn field(&self, name: &str) -> Option<&FieldShape> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether all its fields may be left out.
    pub(crate) fn may_be_empty(&self) -> bool {
        self.exactly_one.is_empty() && !self.fields.iter().any(FieldShape::is_required)
    }
}

impl fmt::Display for ObjectShape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let required: Vec<&str> = self.fields.iter().filter(|field| field.is_required()).map(|field| field.name).collect();
        let alternatives = self.exactly_one.iter().map(|names| names.join(" or "));
        let needed: Vec<String> = required.into_iter().map(str::to_owned).chain(alternatives).collect();
        match (needed.as_slice(), self.fields.as_slice()) {
            ([], []) => write!(formatter, "use {{}}"),
            ([], fields) => {
                let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
                write!(formatter, "use an object with any of {}", names.join(", "))
            }
            (needed, _) => write!(formatter, "use an object with at least {}", needed.join(", ")),
        }
    }
}
