//! Fills in defaults, and writes equal values equally.

use serde_json::{Map, Value};

use super::misfit::{below, signed, whole};
use super::{ObjectShape, Presence, Shape};

impl Shape {
    /// Fills in the defaults of fields that a value leaves out, and writes whole numbers without a point.
    ///
    /// The value must have this shape.
    pub fn complete(&self, value: &mut Value) {
        match (self, value) {
            (Self::OrNull(shape), value) if !value.is_null() => shape.complete(value),
            (Self::Whole(..) | Self::Chosen(..) | Self::Span(..) | Self::Seed, value @ Value::Number(_)) => {
                if let Some(number) = whole(value) {
                    *value = Value::from(number);
                }
            }
            (Self::Chosen(least, most) | Self::Span(least, most), Value::Array(pair)) => {
                pair.iter_mut().for_each(|end| Self::Whole(*least, *most).complete(end));
            }
            (Self::Signed(..), value) => {
                if let Some(number) = signed(value) {
                    *value = Value::from(number);
                }
            }
            (Self::List(item, ..), Value::Array(items)) => items.iter_mut().for_each(|value| item.complete(value)),
            (Self::Object(object), Value::Object(fields)) => object.complete(fields),
            (Self::Tagged(_, tags), Value::Object(fields)) => {
                for (name, value) in fields {
                    let shape = tags.iter().find(|tag| tag.name == *name).and_then(|tag| tag.fields.as_ref());
                    if let (Some(object), Value::Object(fields)) = (shape, value) {
                        object.complete(fields);
                    }
                }
            }
            _ => {}
        }
    }

    /// Calls `visit` with each shape, value and path of a value of this shape that has no others inside.
    pub(crate) fn visit<'v>(&'v self, value: &'v Value, path: &str, visit: &mut dyn FnMut(&'v Self, &'v Value, &str)) {
        match (self, value) {
            (Self::OrNull(shape), value) if !value.is_null() => shape.visit(value, path, visit),
            (Self::List(item, ..), Value::Array(items)) => {
                items.iter().enumerate().for_each(|(index, value)| item.visit(value, &format!("{path}[{index}]"), visit));
            }
            (Self::Object(object), Value::Object(fields)) => object.visit(fields, path, visit),
            (Self::Tagged(_, tags), Value::Object(fields)) => {
                for (name, value) in fields {
                    let shape = tags.iter().find(|tag| tag.name == *name).and_then(|tag| tag.fields.as_ref());
                    if let (Some(object), Value::Object(fields)) = (shape, value) {
                        object.visit(fields, &below(path, name), visit);
                    }
                }
            }
            _ => visit(self, value, path),
        }
    }
}

impl ObjectShape {
    fn complete(&self, fields: &mut Map<String, Value>) {
        for field in &self.fields {
            if let Presence::Default(default) = &field.presence {
                fields.entry(field.name).or_insert_with(|| default.clone());
            }
            if let Some(value) = fields.get_mut(field.name) {
                field.shape.complete(value);
            }
        }
    }

    fn visit<'v>(&'v self, fields: &'v Map<String, Value>, path: &str, visit: &mut dyn FnMut(&'v Shape, &'v Value, &str)) {
        for (name, value) in fields {
            if let Some(field) = self.field(name) {
                field.shape.visit(value, &below(path, name), visit);
            }
        }
    }
}
