//! The part `fault_profile` of a file, as its reader takes it.

use cluster_sim::fault::FaultKind;

use crate::shape::{FieldShape, ObjectShape, Shape};

/// The shape of a fault profile.
pub fn profile_shape() -> ObjectShape {
    let kinds = FaultKind::ALL.into_iter().map(|kind| {
        let name = serde_json::to_value(kind).expect("a kind is a name");
        name.as_str().expect("a kind is a name").to_owned()
    });
    let whole = |name, about| FieldShape::optional(name, Shape::Whole(0, u64::MAX), about);
    let groups = || Shape::list(Shape::Text("a group", 256), 0);
    ObjectShape::new([
        whole("mean_interval_ms", "The mean time between two faults of a kind."),
        whole("mean_duration_ms", "The mean duration of a fault."),
        FieldShape::optional(
            "max_duration_ms",
            Shape::OrNull(Box::new(Shape::Whole(0, u64::MAX))),
            "The longest duration of a fault.",
        ),
        FieldShape::optional(
            "kinds",
            Shape::list(Shape::Word("kind of fault", kinds.collect()), 0),
            "The kinds of faults that seeds draw.",
        ),
        FieldShape::optional(
            "max_down",
            Shape::OrNull(Box::new(Shape::Whole(0, u64::from(u32::MAX)))),
            "The most nodes that are down at once.",
        ),
        FieldShape::optional("spared_groups", groups(), "Groups that no fault hits."),
        FieldShape::optional("uncut_groups", groups(), "Groups that no cut hits."),
        FieldShape::optional("beyond_claims", Shape::Flag, "Whether faults may exceed what the scenario claims to survive."),
    ])
}
