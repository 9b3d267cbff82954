//! Every single mistake that can be made in a value of a declared shape: an unknown field, a missing one, a wrong type, a value out of bounds.

use cluster_sim_registry::{ObjectShape, Presence, Shape};
use serde_json::{Map, Value, json};

/// Calls `visit` with a copy of the value for each mistake, and a description of it.
pub(crate) fn for_each_mistake(shape: &Shape, value: &Value, visit: &mut dyn FnMut(&str, Value)) {
    for wrong in wrong_values(shape) {
        visit(&format!("{wrong} for {value}"), wrong);
    }
    match (shape, value) {
        (Shape::OrNull(inner), value) if !value.is_null() => {
            for_each_mistake(inner, value, &mut |what, wrong| {
                if !wrong.is_null() {
                    visit(what, wrong);
                }
            });
        }
        (Shape::List(item, ..), Value::Array(items)) => {
            for (index, inner) in items.iter().enumerate() {
                for_each_mistake(item, inner, &mut |what, wrong| {
                    let mut items = items.clone();
                    items[index] = wrong;
                    visit(&format!("[{index}]: {what}"), Value::Array(items));
                });
            }
        }
        (Shape::Object(object), Value::Object(fields)) => {
            in_object(object, fields, &mut |what, fields| visit(what, Value::Object(fields)));
        }
        (Shape::Tagged(_, tags), Value::Object(fields)) => {
            visit("a second kind", json!({"one": {}, "two": {}}));
            visit("an unknown kind", json!({"no_such_kind": {}}));
            for (name, value) in fields {
                let object = tags.iter().find(|tag| tag.name == *name).and_then(|tag| tag.fields.as_ref());
                if let (Some(object), Value::Object(inner)) = (object, value) {
                    visit("a list of fields", json!({name: []}));
                    in_object(object, inner, &mut |what, fields| visit(&format!("{name}: {what}"), json!({name: fields})));
                }
            }
        }
        _ => {}
    }
}

fn in_object(object: &ObjectShape, fields: &Map<String, Value>, visit: &mut dyn FnMut(&str, Map<String, Value>)) {
    let mut with_unknown = fields.clone();
    with_unknown.insert("no_such_field".to_owned(), json!(1));
    visit("an unknown field", with_unknown);
    let is_needed = |name: &str| object.exactly_one.iter().any(|names| names.contains(&name));
    for field in &object.fields {
        let Some(value) = fields.get(field.name) else { continue };
        if field.presence == Presence::Required || is_needed(field.name) {
            let mut without = fields.clone();
            without.remove(field.name);
            visit(&format!("no {}", field.name), without);
        }
        for_each_mistake(&field.shape, value, &mut |what, wrong| {
            let mut fields = fields.clone();
            fields.insert(field.name.to_owned(), wrong);
            visit(&format!("{}: {what}", field.name), fields);
        });
    }
    for names in object.exactly_one.iter().chain(&object.at_most_one) {
        let both = [names[0], names[1]].map(|name| (name.to_owned(), json!(1)));
        let mut fields = fields.clone();
        fields.extend(both);
        visit(&format!("{} and {}", names[0], names[1]), fields);
    }
}

/// Values of a wrong type or out of bounds.
fn wrong_values(shape: &Shape) -> Vec<Value> {
    let beyond = |least: u64, most: u64| {
        let above = most.checked_add(1).map(|above| json!(above));
        let below = least.checked_sub(1).map_or(json!(-1), |below| json!(below));
        above.into_iter().chain([below]).collect::<Vec<_>>()
    };
    match shape {
        Shape::Whole(least, most) => [beyond(*least, *most), vec![json!("1"), json!(true), json!(0.5), Value::Null]].concat(),
        Shape::Signed(least, most) => vec![json!(least - 1), json!(most + 1), json!("1"), json!(0.5), json!([])],
        Shape::Number(least, most) => vec![json!(least - 1.0), json!(most + 1.0), json!("1"), Value::Null, json!({})],
        Shape::Flag => vec![json!(0), json!("true"), Value::Null],
        Shape::Chosen(least, most) | Shape::Span(least, most) => {
            let pairs = beyond(*least, *most).into_iter().map(|end| json!([end, end]));
            let wrong = vec![json!([*least]), json!([*least, *least, *least]), json!("1"), json!(0.5), Value::Null];
            [beyond(*least, *most), pairs.collect(), wrong].concat()
        }
        Shape::Text(_, most) => vec![json!(""), json!("x".repeat(most + 1)), json!(1), Value::Null],
        Shape::Reference(_) => vec![json!(""), json!("x".repeat(257)), json!(1), json!([])],
        Shape::Name(_) => vec![json!(""), json!("-a"), json!("a/b"), json!("ä"), json!("x".repeat(65)), json!(1)],
        Shape::Seed => vec![json!(-1), json!(0.5), json!("0x"), json!("0xg"), json!("0x12345678901234567"), json!("7"), json!([])],
        Shape::Word(..) => vec![json!("no such word"), json!(1), Value::Null],
        Shape::OrNull(inner) => wrong_values(inner).into_iter().filter(|value| !value.is_null()).collect(),
        Shape::List(_, least, _) => {
            let few = (*least > 0).then(|| json!([]));
            few.into_iter().chain([json!({}), json!("a"), Value::Null]).collect()
        }
        Shape::Object(_) => vec![json!([]), json!(1), Value::Null],
        Shape::Tagged(..) => vec![json!([]), json!(1), json!("no_such_kind"), json!({})],
    }
}
