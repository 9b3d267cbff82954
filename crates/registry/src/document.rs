//! Strict reading of a scenario file as JSON, with the place of every error.

use std::fmt;

use cluster_sim_simulation::text::closest;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::{Map, Number, Value};
use serde_path_to_error::{Path, Segment, Track};

use crate::error::{ScenarioError, ScenarioErrorKind};
use crate::field_spec::{FieldSpec, last_name};

/// Characters of a truncated text that an error quotes.
const TAIL_CHARACTERS: usize = 24;

/// The JSON of one file, complete and without a field given twice.
#[derive(Debug)]
pub struct Document<'a> {
    /// The name of the file in errors.
    source: &'a str,
    /// Its content.
    pub root: Value,
}

impl<'a> Document<'a> {
    /// Parses a text.
    ///
    /// # Errors
    /// If the text is empty, truncated or not JSON, or gives a field twice.
    pub fn parse(text: &str, source: &'a str) -> Result<Self, ScenarioError> {
        // Editors of some systems begin a file with a byte-order mark, which JSON does not have.
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            let cure = "fill it with a scenario, such as the one that --help shows";
            return Err(ScenarioError::new(ScenarioErrorKind::Empty, source, "1:1", "\"\"", cure));
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let mut track = Track::new();
        let read = Strict::deserialize(serde_path_to_error::Deserializer::new(&mut deserializer, &mut track));
        let read = read.and_then(|strict| deserializer.end().map(|()| strict));
        read.map(|Strict(root)| Self { source, root }).map_err(|error| unreadable(text, source, &track.path(), &error))
    }

    /// A value of it as a document of its own, whose paths begin there.
    pub(crate) fn part(&self, root: Value) -> Self {
        Self { source: self.source, root }
    }

    /// The name of the file in errors.
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// Decodes the document; `spec` gives the values that the field at a path accepts.
    ///
    /// # Errors
    /// If a field is unknown, missing or of the wrong type, or a word is not in its list.
    pub fn decode<T: DeserializeOwned>(&self, spec: fn(&str) -> FieldSpec) -> Result<T, ScenarioError> {
        serde_path_to_error::deserialize(&self.root).map_err(|error| {
            let message = error.inner().to_string();
            let path = written(error.path());
            let value = found(&self.root, error.path()).to_string();
            self.misfit(&message, path, value, spec)
        })
    }

    /// Converts an error of serde to a [`ScenarioError`].
    ///
    /// Serde's errors are text; the prefixes matched here are those of `serde::de::Error`, and a test covers each.
    fn misfit(&self, message: &str, path: String, value: String, spec: fn(&str) -> FieldSpec) -> ScenarioError {
        let cure = spec(&path).to_string();
        let choices = message.split_once("expected ").map(|(unknown, choices)| {
            // Serde puts names between backticks: that of the field or variant, then those that it knows.
            let mut names = [unknown, choices].into_iter().flat_map(|text| text.split('`').skip(1).step_by(2));
            let meant = names.next().and_then(|name| closest(name, names));
            let meant = meant.map_or_else(String::new, |name| format!("did you mean {name}? "));
            format!("{meant}use {}", choices.replace('`', ""))
        });
        let (kind, path, value, cure) = if let Some(field) = message.strip_prefix("missing field `") {
            let path = joined(&path, field.split('`').next().unwrap_or(field));
            let cure = format!("add it: {}", spec(&path));
            (ScenarioErrorKind::MissingField, path, "nothing".to_owned(), cure)
        } else if message.starts_with("unknown field") {
            (ScenarioErrorKind::UnknownField, path, value, choices.unwrap_or(cure))
        } else if message.starts_with("unknown variant") {
            (spec(&path).unknown(), path, value, choices.unwrap_or(cure))
        } else if message.starts_with("invalid type") {
            (ScenarioErrorKind::WrongType, path, value, cure)
        } else {
            (spec(&path).mistake(), path, value, cure)
        };
        ScenarioError::new(kind, self.source, &path, &value, &cure)
    }
}

/// The error for a text that is not complete JSON, with line and column beside the path up to there.
fn unreadable(text: &str, source: &str, path: &Path, error: &serde_json::Error) -> ScenarioError {
    let place = format!("{}:{}", error.line(), error.column());
    let message = error.to_string();
    let reason = message.split(" at line ").next().unwrap_or(&message);
    let inside = written(path);
    let at = if inside == "$" { place } else { format!("{inside} ({place})") };
    let token = token(text, error.line(), error.column());
    if error.is_data() {
        let name = last_name(&inside);
        return ScenarioError::new(ScenarioErrorKind::Duplicate, source, &at, &format!("{name:?}"), "keep one of the two");
    }
    if error.is_eof() {
        let cure = format!("complete the JSON ({reason})");
        return ScenarioError::new(ScenarioErrorKind::Truncated, source, &at, &tail(text), &cure);
    }
    let not_a_number = ["NaN", "Infinity", "-Infinity", "inf", "-inf", "nan"].contains(&token.as_str());
    if reason == "number out of range" || not_a_number {
        return ScenarioError::new(ScenarioErrorKind::NotFinite, source, &at, &token, "use a finite number");
    }
    ScenarioError::new(ScenarioErrorKind::Syntax, source, &at, &token, &format!("fix the JSON ({reason})"))
}

/// The end of a text, without white space.
fn tail(text: &str) -> String {
    let text = text.trim_end();
    match text.char_indices().rev().nth(TAIL_CHARACTERS - 1) {
        Some((start, _)) if start > 0 => format!("…{}", &text[start..]),
        _ => text.to_owned(),
    }
}

/// The token at a line and a column (both counted from 1, the column in bytes).
fn token(text: &str, line: usize, column: usize) -> String {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let is_part = |character: char| character.is_alphanumeric() || "+-._".contains(character);
    let mut position = column.saturating_sub(1).min(line.len());
    while !line.is_char_boundary(position) {
        position -= 1;
    }
    let start = line[..position].rfind(|character| !is_part(character)).map_or(0, |before| {
        before + line[before..].chars().next().map_or(0, char::len_utf8) // the character found is not part of the token
    });
    let end = line[position..].find(|character| !is_part(character)).map_or(line.len(), |after| position + after);
    match &line[start..end] {
        "" => line[position..].chars().next().map_or_else(|| "the end of the line".to_owned(), |found| found.to_string()),
        token => token.to_owned(),
    }
}

/// The path as users write it, up to the last known field; `$` for the document itself.
fn written(path: &Path) -> String {
    let path = path.to_string();
    // serde_path_to_error writes `?` for a field whose name it has not read.
    match path.trim_end_matches('?').trim_end_matches('.') {
        "" => "$".to_owned(),
        known => known.to_owned(),
    }
}

fn joined(path: &str, field: &str) -> String {
    if path == "$" { field.to_owned() } else { format!("{path}.{field}") }
}

/// The value at a path; the innermost known value if the path goes deeper.
fn found<'v>(root: &'v Value, path: &Path) -> &'v Value {
    path.iter().fold(root, |value, segment| {
        let inner = match segment {
            Segment::Seq { index } => value.get(index),
            Segment::Map { key } => value.get(key),
            Segment::Enum { variant } => value.get(variant),
            Segment::Unknown => None,
        };
        inner.unwrap_or(value)
    })
}

/// JSON without duplicate fields.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key_seed(NewKey(&object))? {
            let Strict(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// Reads a key that the object must not have yet. Refusing it here makes the path of the error end with it.
struct NewKey<'o>(&'o Map<String, Value>);

impl<'de> DeserializeSeed<'de> for NewKey<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let key = String::deserialize(deserializer)?;
        if self.0.contains_key(&key) { Err(D::Error::custom("given twice")) } else { Ok(key) }
    }
}
