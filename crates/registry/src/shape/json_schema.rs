//! Shapes as JSON Schema, draft 2020-12.

use serde_json::{Map, Value, json};

use super::{NAME_LONGEST, ObjectShape, Presence, REFERENCE_LONGEST, Shape};

impl Shape {
    /// The schema that accepts what this shape accepts, as far as JSON Schema can say it.
    ///
    /// It cannot say that the first of two numbers is the smaller one, and not which nodes and links a scenario has.
    pub fn schema(&self) -> Value {
        match self {
            Self::Whole(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            Self::Signed(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            Self::Number(least, most) => json!({"type": "number", "minimum": least, "maximum": most}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Chosen(least, most) | Self::Span(least, most) => {
                let number = Self::Whole(*least, *most).schema();
                json!({"anyOf": [number, {"type": "array", "items": number, "minItems": 2, "maxItems": 2}]})
            }
            Self::Text(_, most) => json!({"type": "string", "minLength": 1, "maxLength": most}),
            Self::Reference(_) => json!({"type": "string", "minLength": 1, "maxLength": REFERENCE_LONGEST}),
            Self::Name(_) => {
                json!({"type": "string", "pattern": format!("^[A-Za-z0-9][A-Za-z0-9._-]{{0,{}}}$", NAME_LONGEST - 1)})
            }
            Self::Seed => {
                let text = json!({"type": "string", "pattern": "^0x[0-9A-Fa-f]{1,16}$"});
                json!({"anyOf": [Self::Whole(0, u64::MAX).schema(), text]})
            }
            Self::Word(_, words) => json!({"enum": words}),
            Self::OrNull(shape) => json!({"anyOf": [shape.schema(), {"type": "null"}]}),
            Self::List(item, least, most) => {
                json!({"type": "array", "items": item.schema(), "minItems": least, "maxItems": most})
            }
            Self::Object(object) => object.schema(),
            Self::Tagged(_, tags) => {
                let alone = tags.iter().filter(|tag| tag.fields.as_ref().is_none_or(ObjectShape::may_be_empty));
                let alone: Vec<Value> = alone.map(|tag| json!({"const": tag.name, "description": tag.about})).collect();
                let with_fields = tags.iter().filter_map(|tag| {
                    let mut schema = tag.fields.as_ref()?.schema();
                    schema["description"] = json!(tag.about);
                    Some((tag.name.to_owned(), schema))
                });
                let properties: Map<String, Value> = with_fields.collect();
                let mut any_of = alone;
                if !properties.is_empty() {
                    any_of.push(json!({
                        "type": "object",
                        "minProperties": 1,
                        "maxProperties": 1,
                        "properties": properties,
                        "additionalProperties": false,
                    }));
                }
                json!({"anyOf": any_of})
            }
        }
    }
}

impl ObjectShape {
    /// The schema of this object.
    pub fn schema(&self) -> Value {
        let properties: Map<String, Value> = self
            .fields
            .iter()
            .map(|field| {
                let mut schema = field.shape.schema();
                schema["description"] = json!(field.about);
                if let Presence::Default(default) = &field.presence {
                    schema["default"] = default.clone();
                }
                (field.name.to_owned(), schema)
            })
            .collect();
        let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
        let required: Vec<&str> = self.fields.iter().filter(|field| field.is_required()).map(|field| field.name).collect();
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        let one = |name: &&str| json!({"required": [name]});
        let exactly_one = self.exactly_one.iter().map(|names| json!({"oneOf": names.iter().map(one).collect::<Vec<_>>()}));
        let at_most_one = self.at_most_one.iter().flat_map(|names| {
            let pairs =
                names.iter().enumerate().flat_map(|(index, first)| names[index + 1..].iter().map(move |second| (first, second)));
            pairs.map(|(first, second)| json!({"not": {"required": [first, second]}})).collect::<Vec<_>>()
        });
        let together: Vec<Value> = exactly_one.chain(at_most_one).collect();
        if !together.is_empty() {
            schema["allOf"] = json!(together);
        }
        schema
    }
}
