//! The fields of an object as lines for a reader.

use super::{ObjectShape, Presence, Shape};

impl ObjectShape {
    /// A line for each field, also of the objects inside.
    ///
    /// It has the path of the field, the values that it accepts, its default, and one sentence.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.add_lines("", &mut lines);
        lines
    }

    fn add_lines(&self, path: &str, lines: &mut Vec<String>) {
        for field in &self.fields {
            let path = format!("{path}{}", field.name);
            let shown = match &field.presence {
                Presence::Required => " (required)".to_owned(),
                Presence::Default(default) if !default.is_object() => format!(" [default: {default}]"),
                Presence::Optional | Presence::Default(_) => String::new(),
            };
            let accepts = match &field.shape {
                Shape::Object(_) => "an object".to_owned(),
                Shape::List(item, ..) if item.has_fields() => "a list".to_owned(),
                Shape::Tagged(kind, _) => format!("a {kind}"),
                shape => shape.to_string().trim_start_matches("use ").to_owned(),
            };
            lines.push(format!("{path}: {accepts}{shown}. {}", field.about));
            field.shape.add_lines(&path, lines);
        }
    }
}

impl Shape {
    fn has_fields(&self) -> bool {
        matches!(self, Self::Object(_) | Self::Tagged(..))
    }

    fn add_lines(&self, path: &str, lines: &mut Vec<String>) {
        match self {
            Self::Object(object) => object.add_lines(&format!("{path}."), lines),
            Self::List(item, ..) => item.add_lines(&format!("{path}[]"), lines),
            Self::OrNull(shape) => shape.add_lines(path, lines),
            Self::Tagged(_, tags) => {
                for tag in tags {
                    let names = tag.fields.iter().flat_map(|object| &object.fields).map(|field| match field.presence {
                        Presence::Required => field.name.to_owned(),
                        Presence::Optional | Presence::Default(_) => format!("[{}]", field.name),
                    });
                    let fields: Vec<String> = names.collect();
                    lines.push(format!("{path}.{}: {}. {}", tag.name, fields.join(" "), tag.about).replace(": . ", ": "));
                }
            }
            _ => {}
        }
    }
}
