//! Flattens a JSON tree of measurements into named numbers.

use serde_json::{Map, Value};

/// Lists every number in an object by its dotted path, sorted by path.
///
/// Skips lists, texts and booleans; null is a number without a value.
pub fn numbers(snapshot: &Value) -> Vec<(String, Option<f64>)> {
    fn walk(object: &Map<String, Value>, prefix: &str, found: &mut Vec<(String, Option<f64>)>) {
        for (name, value) in object {
            let name = format!("{prefix}{name}");
            match value {
                Value::Object(inner) => walk(inner, &format!("{name}."), found),
                Value::Number(number) => found.push((name, number.as_f64())),
                Value::Null => found.push((name, None)),
                Value::Bool(_) | Value::String(_) | Value::Array(_) => {}
            }
        }
    }

    let mut found = Vec::new();
    if let Value::Object(object) = snapshot {
        walk(object, "", &mut found);
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_named_by_their_dotted_path() {
        let snapshot = json!({"reads": 3, "inversion": {"buckets": {"v1": 2}}, "p99_ms": null, "edges": [1, 2], "first": "n3"});
        let expected = [("inversion.buckets.v1", Some(2.0)), ("p99_ms", None), ("reads", Some(3.0))];
        assert_eq!(numbers(&snapshot), expected.map(|(name, value)| (name.to_owned(), value)));
    }
}
