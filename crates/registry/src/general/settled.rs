//! Turns a value of a file into the data of the simulator: choices are made, names are replaced, times are in nanoseconds.

use cluster_sim::Seed;
use cluster_sim::node::{Address, Stream};
use serde_json::{Map, Value, json};

use crate::shape::{ObjectShape, Shape};

/// The units of a file other than nanoseconds, and their length.
const UNITS: [(&str, u64); 2] = [("_ms", 1_000_000), ("_us", 1_000)];

/// The stream of all choices that seeds make in scenario files.
const CHOICES: Stream = Stream::named("scenario file");

/// The choices of a seed about one fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choices {
    pub(super) seed: Seed,
    /// The index of the fault in its file.
    pub(super) entry: u64,
    /// How often it was applied before.
    pub(super) turn: u64,
}

impl Choices {
    /// A number between two, both included, for a place in the fault.
    pub(super) fn choose(self, path: &str, least: u64, most: u64) -> u64 {
        let address = Address::new().number(self.entry).number(self.turn).name(path);
        least + self.seed.roll(CHOICES, address).below((most - least).saturating_add(1))
    }
}

/// Settles a value that has this shape.
///
/// `choose` answers with a number between two, both included, for the place of a choice. `names` replaces the name of a node at a place by one
/// or, in a list, by several.
pub(super) fn settled(
    shape: &Shape,
    value: &Value,
    path: &str,
    choose: &dyn Fn(&str, u64, u64) -> u64,
    names: &dyn Fn(&str, &str) -> Vec<String>,
) -> Value {
    match (shape, value) {
        (Shape::OrNull(shape), value) if !value.is_null() => settled(shape, value, path, choose, names),
        (Shape::Chosen(..), Value::Array(pair)) => {
            let [least, most] = [0, 1].map(|index| pair[index].as_u64().expect("the file was checked: both are whole numbers"));
            Value::from(choose(path, least, most))
        }
        (Shape::Reference(_), Value::String(name)) => Value::from(names(path, name).remove(0)),
        (Shape::List(item, ..), Value::Array(items)) => {
            let inside = items.iter().enumerate().flat_map(|(index, value)| {
                let path = format!("{path}[{index}]");
                match (&**item, value) {
                    (Shape::Reference(_), Value::String(name)) => names(&path, name).into_iter().map(Value::from).collect(),
                    (item, value) => vec![settled(item, value, &path, choose, names)],
                }
            });
            Value::Array(inside.collect())
        }
        (Shape::Object(object), Value::Object(fields)) => Value::Object(settled_fields(object, fields, path, choose, names)),
        (Shape::Tagged(_, tags), Value::Object(fields)) => {
            let settle = |(name, value): (&String, &Value)| {
                let object = tags.iter().find(|tag| tag.name == *name).and_then(|tag| tag.fields.as_ref());
                let value = match (object, value) {
                    (Some(object), Value::Object(fields)) => {
                        Value::Object(settled_fields(object, fields, &format!("{path}.{name}"), choose, names))
                    }
                    (_, value) => value.clone(),
                };
                (name.clone(), value)
            };
            Value::Object(fields.iter().map(settle).collect())
        }
        (_, value) => value.clone(),
    }
}

fn settled_fields(
    object: &ObjectShape,
    fields: &Map<String, Value>,
    path: &str,
    choose: &dyn Fn(&str, u64, u64) -> u64,
    names: &dyn Fn(&str, &str) -> Vec<String>,
) -> Map<String, Value> {
    let settle = |(name, value): (&String, &Value)| {
        let shape = object.field(name).map(|field| &field.shape);
        let unit = UNITS.iter().find_map(|(suffix, length)| Some((name.strip_suffix(suffix)?, *length)));
        match (shape, unit) {
            (Some(Shape::Span(..)), Some((stem, length))) => (stem.to_owned(), span(value, length)),
            (Some(shape), unit) => {
                let value = settled(shape, value, &format!("{path}.{name}"), choose, names);
                match unit {
                    Some((stem, length)) => (format!("{stem}_ns"), in_nanoseconds(&value, length)),
                    None => (name.clone(), value),
                }
            }
            (None, _) => (name.clone(), value.clone()),
        }
    };
    fields.iter().map(settle).collect()
}

/// The distribution of one duration, or of two.
fn span(value: &Value, length: u64) -> Value {
    let nanoseconds = |value: &Value| value.as_u64().unwrap_or(0).saturating_mul(length);
    match value.as_array().map(Vec::as_slice) {
        Some([from, to]) => json!({"uniform": {"from_ns": nanoseconds(from), "to_ns": nanoseconds(to)}}),
        _ => json!({"constant": {"value_ns": nanoseconds(value)}}),
    }
}

fn in_nanoseconds(value: &Value, length: u64) -> Value {
    let length_signed = i64::try_from(length).expect("a unit is short");
    match (value.as_u64(), value.as_i64()) {
        (Some(number), _) => Value::from(number.saturating_mul(length)),
        (None, Some(number)) => Value::from(number.saturating_mul(length_signed)),
        _ => value.clone(),
    }
}
