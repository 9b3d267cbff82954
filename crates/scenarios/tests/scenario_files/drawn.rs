//! Draws values that have a declared shape, from a number.

use cluster_sim_registry::{FieldShape, ObjectShape, Presence, Reference, Shape, Tag};
use serde_json::{Map, Value, json};

/// A stream of numbers (SplitMix64, Steele et al., OOPSLA 2014), so that a case is one number.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A number within bounds, and often one of these.
    fn within(&mut self, least: u64, most: u64) -> u64 {
        match self.below(6) {
            0 => least,
            1 => most,
            2 => least + self.next() % (most - least).saturating_add(1),
            _ => least + self.next() % (most - least).min(1_000).saturating_add(1),
        }
    }
}

/// Draws a value of a shape; names are those of nodes in `groups`.
pub(crate) fn drawn(shape: &Shape, groups: &[&str], numbers: &mut Numbers) -> Value {
    match shape {
        Shape::Whole(least, most) => json!(numbers.within(*least, *most)),
        Shape::Signed(least, most) => {
            let width = numbers.within(0, most.abs_diff(*least));
            json!(least.wrapping_add_unsigned(width))
        }
        Shape::Number(least, most) => match numbers.below(4) {
            0 => json!(least),
            1 => json!(most),
            _ => json!(least + (most - least) * (numbers.below(1_001) as f64 / 1_000.0)),
        },
        Shape::Flag => json!(numbers.below(2) == 0),
        Shape::Chosen(least, most) | Shape::Span(least, most) => {
            let [one, other] = [0; 2].map(|_| numbers.within(*least, *most));
            if numbers.below(2) == 0 { json!(one) } else { json!([one.min(other), one.max(other)]) }
        }
        Shape::Text(_, most) => json!("ä/b".chars().cycle().take(1 + numbers.below(*most as u64) as usize).collect::<String>()),
        Shape::Name(_) => json!(["a", "zone-1", "Z9._-"][numbers.below(3) as usize]),
        Shape::Seed => match numbers.below(2) {
            0 => json!(numbers.next()),
            _ => json!(format!("{:#x}", numbers.next())),
        },
        Shape::Word(_, words) => json!(words[numbers.below(words.len() as u64) as usize]),
        Shape::Reference(Reference::Links) => json!("default"),
        Shape::Reference(reference) => {
            let group = groups[numbers.below(groups.len() as u64) as usize];
            match (reference, numbers.below(3)) {
                (Reference::Nodes, 0) => json!(format!("group:{group}")),
                (_, 1) => json!(format!("any:{group}")),
                _ => json!(format!("{group}/0")),
            }
        }
        Shape::OrNull(shape) => match numbers.below(3) {
            0 => Value::Null,
            _ => drawn(shape, groups, numbers),
        },
        Shape::List(item, least, most) => {
            let count = *least as u64 + numbers.below(3.min((*most - *least) as u64 + 1));
            (0..count).map(|_| drawn(item, groups, numbers)).collect()
        }
        Shape::Object(object) => Value::Object(drawn_object(object, groups, numbers)),
        Shape::Tagged(_, tags) => drawn_tag(&tags[numbers.below(tags.len() as u64) as usize], groups, numbers),
    }
}

/// Draws a value of one kind.
pub(crate) fn drawn_tag(tag: &Tag, groups: &[&str], numbers: &mut Numbers) -> Value {
    match &tag.fields {
        Some(object) => json!({tag.name: drawn_object(object, groups, numbers)}),
        None => json!(tag.name),
    }
}

fn drawn_object(object: &ObjectShape, groups: &[&str], numbers: &mut Numbers) -> Map<String, Value> {
    let alternatives = object.exactly_one.iter().map(|names| (names, true));
    let mut left_out: Vec<&str> = Vec::new();
    let mut needed: Vec<&str> = Vec::new();
    for (names, must) in alternatives.chain(object.at_most_one.iter().map(|names| (names, false))) {
        let kept = names.iter().copied().find(|name| needed.contains(name));
        let kept = kept.unwrap_or_else(|| names[numbers.below(names.len() as u64) as usize]);
        left_out.extend(names.iter().filter(|name| **name != kept));
        if must {
            needed.push(kept);
        }
    }
    let mut is_given = |field: &FieldShape| {
        let may = !left_out.contains(&field.name);
        may && (field.presence == Presence::Required || needed.contains(&field.name) || numbers.below(2) == 0)
    };
    let given: Vec<&FieldShape> = object.fields.iter().filter(|field| is_given(field)).collect();
    given.into_iter().map(|field| (field.name.to_owned(), drawn(&field.shape, groups, numbers))).collect()
}
