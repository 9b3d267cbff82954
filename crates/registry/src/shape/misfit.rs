//! Refuses values that do not have the declared shape: the first mistake, with its place, value and cure.

use cluster_sim_simulation::text::closest;
use serde_json::{Map, Value};

use super::{NAME_LONGEST, ObjectShape, REFERENCE_LONGEST, Shape};
use crate::error::{ScenarioError, ScenarioErrorKind};

/// The greatest whole number up to which every whole number is a float of its own.
const EXACT_IN_FLOAT: f64 = 9_007_199_254_740_992.0;

/// A whole number from zero on, also one that is written with a point, such as 5.0, which JSON Schema calls an integer too.
pub(super) fn whole(value: &Value) -> Option<u64> {
    let written_as_float = || value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..=EXACT_IN_FLOAT).contains(number));
    value.as_u64().or_else(|| written_as_float().map(|number| number as u64))
}

/// A whole number that may lie below zero.
pub(super) fn signed(value: &Value) -> Option<i64> {
    let written_as_float = || value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() <= EXACT_IN_FLOAT);
    value.as_i64().or_else(|| written_as_float().map(|number| number as i64))
}

/// Whether a text may be the name of something and a part of the name of a file.
fn is_name(text: &str) -> bool {
    let begins = text.starts_with(|character: char| character.is_ascii_alphanumeric());
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    begins && text.len() <= NAME_LONGEST && text.chars().all(is_part)
}

/// Whether a text is a seed: `0x` and up to 16 hex digits.
fn is_seed(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    (1..=16).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The path of a field or an item of the value at `path`, which is empty for the whole file.
pub(super) fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn error(kind: ScenarioErrorKind, source: &str, path: &str, value: &Value, cure: &str) -> ScenarioError {
    let path = if path.is_empty() { "$" } else { path };
    ScenarioError::new(kind, source, path, &value.to_string(), cure)
}

impl Shape {
    /// Checks that a value has this shape.
    ///
    /// `path` is its place in the file named `source`, empty for the whole of it.
    ///
    /// # Errors
    /// The first mistake, with place, value and cure.
    pub fn check(&self, value: &Value, path: &str, source: &str) -> Result<(), ScenarioError> {
        let refused = |kind| Err(error(kind, source, path, value, &self.to_string()));
        match self {
            Self::OrNull(shape) if !value.is_null() => match shape.check(value, path, source) {
                // The cure says that null will do as well.
                Err(inner) if inner.path == path => Err(ScenarioError { cure: self.to_string(), ..inner }),
                checked => checked,
            },
            Self::List(item, least, most) => {
                let Some(items) = value.as_array() else { return refused(ScenarioErrorKind::WrongType) };
                if !(*least..=*most).contains(&items.len()) {
                    return refused(ScenarioErrorKind::OutOfRange);
                }
                items.iter().enumerate().try_for_each(|(index, value)| item.check(value, &format!("{path}[{index}]"), source))
            }
            Self::Object(object) => {
                let Some(fields) = value.as_object() else { return refused(ScenarioErrorKind::WrongType) };
                object.check(fields, path, source)
            }
            Self::Tagged(..) => self.check_tagged(value, path, source),
            _ => self.mistake(value).map_or(Ok(()), refused),
        }
    }

    /// The mistake in a value that has no others inside.
    fn mistake(&self, value: &Value) -> Option<ScenarioErrorKind> {
        let out_of_range = |is_right: bool| (!is_right).then_some(ScenarioErrorKind::OutOfRange);
        let misfit = |text: &Value, fits: &dyn Fn(&str) -> bool| match text.as_str() {
            Some(text) => (!fits(text)).then_some(ScenarioErrorKind::Misfit),
            None => Some(ScenarioErrorKind::WrongType),
        };
        let is_within = |value: &Value, least, most| whole(value).is_some_and(|number| (least..=most).contains(&number));
        match self {
            Self::Whole(..) | Self::Signed(..) | Self::Number(..) if !value.is_number() => Some(ScenarioErrorKind::WrongType),
            Self::Whole(least, most) => out_of_range(is_within(value, *least, *most)),
            Self::Signed(least, most) => out_of_range(signed(value).is_some_and(|number| (*least..=*most).contains(&number))),
            Self::Number(least, most) => out_of_range(value.as_f64().is_some_and(|number| (*least..=*most).contains(&number))),
            Self::Flag => (!value.is_boolean()).then_some(ScenarioErrorKind::WrongType),
            Self::Chosen(least, most) | Self::Span(least, most) => match value {
                Value::Number(_) => out_of_range(is_within(value, *least, *most)),
                Value::Array(pair) if pair.len() == 2 && pair.iter().all(Value::is_number) => {
                    let are_within = pair.iter().all(|end| is_within(end, *least, *most));
                    out_of_range(are_within && whole(&pair[0]) <= whole(&pair[1]))
                }
                _ => Some(ScenarioErrorKind::WrongType),
            },
            Self::Text(_, most) => misfit(value, &|text| (1..=*most).contains(&text.chars().count())),
            Self::Reference(_) => misfit(value, &|text| (1..=REFERENCE_LONGEST).contains(&text.chars().count())),
            Self::Name(_) => misfit(value, &is_name),
            Self::Seed if value.is_number() => out_of_range(whole(value).is_some()),
            Self::Seed => misfit(value, &is_seed),
            Self::Word(kind, words) => match value.as_str() {
                Some(word) => (!words.iter().any(|known| known == word)).then_some(ScenarioErrorKind::Unknown(kind)),
                None => Some(ScenarioErrorKind::WrongType),
            },
            // Null itself: all else is checked by its shape.
            Self::OrNull(_) => None,
            Self::List(..) | Self::Object(_) | Self::Tagged(..) => None,
        }
    }

    fn check_tagged(&self, value: &Value, path: &str, source: &str) -> Result<(), ScenarioError> {
        let Self::Tagged(kind, tags) = self else { return Ok(()) };
        let (name, inner) = match value {
            Value::String(name) => (name, None),
            Value::Object(fields) if fields.len() == 1 => {
                fields.iter().next().map(|(name, inner)| (name, Some(inner))).expect("it has one field")
            }
            _ => return Err(error(ScenarioErrorKind::WrongType, source, path, value, &self.to_string())),
        };
        let Some(tag) = tags.iter().find(|tag| tag.name == *name) else {
            let meant = closest(name, tags.iter().map(|tag| tag.name));
            let meant = meant.map_or_else(String::new, |name| format!("did you mean {name}? "));
            return Err(error(ScenarioErrorKind::Unknown(kind), source, path, value, &format!("{meant}{self}")));
        };
        match (&tag.fields, inner) {
            (Some(object), Some(inner)) => Self::Object(object.clone()).check(inner, &below(path, name), source),
            (Some(object), None) if object.may_be_empty() => Ok(()),
            (None, None) => Ok(()),
            (Some(object), None) => {
                let cure = format!("use {{\"{name}\": {{…}}}}: {}", object.to_string().trim_start_matches("use "));
                Err(error(ScenarioErrorKind::WrongType, source, path, value, &cure))
            }
            (None, Some(_)) => Err(error(ScenarioErrorKind::WrongType, source, path, value, &format!("use {name:?}"))),
        }
    }
}

impl ObjectShape {
    fn check(&self, fields: &Map<String, Value>, path: &str, source: &str) -> Result<(), ScenarioError> {
        let names = || self.fields.iter().map(|field| field.name);
        for (name, value) in fields {
            let path = below(path, name);
            match self.field(name) {
                Some(field) => field.shape.check(value, &path, source)?,
                None => {
                    let meant = closest(name, names()).map_or_else(String::new, |name| format!("did you mean {name}? "));
                    let known: Vec<&str> = names().collect();
                    let cure = match known.as_slice() {
                        [] => "leave it out: there are no fields here".to_owned(),
                        known => format!("{meant}use one of {}", known.join(", ")),
                    };
                    return Err(error(ScenarioErrorKind::UnknownField, source, &path, value, &cure));
                }
            }
        }
        let missing = |name: &str, cure: &str| {
            Err(ScenarioError::new(ScenarioErrorKind::MissingField, source, &below(path, name), "nothing", cure))
        };
        if let Some(field) = self.fields.iter().find(|field| field.is_required() && !fields.contains_key(field.name)) {
            return missing(field.name, &format!("add it: {}", field.shape));
        }
        for (alternatives, must) in
            self.exactly_one.iter().map(|names| (names, true)).chain(self.at_most_one.iter().map(|names| (names, false)))
        {
            let given: Vec<&&str> = alternatives.iter().filter(|name| fields.contains_key(**name)).collect();
            match given.as_slice() {
                [] if must => {
                    let first = self.field(alternatives[0]).map_or_else(String::new, |field| field.shape.to_string());
                    let others: String = alternatives[1..].iter().map(|name| format!(", or {name}")).collect();
                    return missing(alternatives[0], &format!("add it{others}: {first}"));
                }
                [] | [_] => {}
                [_, second, ..] => {
                    let cure = format!("keep one of {}", alternatives.join(", "));
                    return Err(error(ScenarioErrorKind::Duplicate, source, &below(path, second), &fields[**second], &cure));
                }
            }
        }
        Ok(())
    }
}
