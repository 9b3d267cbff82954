//! The faults of object stores as they stand in a scenario file.

use super::fault_fields::kind;
use super::link_shapes::times;
use crate::shape::{FieldShape, ObjectShape, Reference, Shape, Tag};

/// The operations of an object store, as the simulator names them in data.
const OPERATIONS: [&str; 11] =
    ["put", "get", "head", "delete_many", "delete", "list", "copy", "create_upload", "put_part", "complete_upload", "abort_upload"];
/// The errors that a store may answer by itself.
const ERRORS: [&str; 8] =
    ["internal_error", "bad_gateway", "slow_down", "too_many_requests", "expired_token", "clock_skew", "conflict", "error_in_body"];
const DAMAGES: [&str; 5] = ["break", "truncate", "flip_bit", "wrong_tag", "shift_range"];

impl ObjectShape {
    fn requests(self) -> Self {
        let operations = Shape::list(Shape::word("operation", &OPERATIONS), 0);
        let store = "The store: the name of its node.";
        let requests = Self::new([
            FieldShape::required("store", Shape::Reference(Reference::Node), store),
            FieldShape::with_default("operations", operations, Vec::<&str>::new(), "The operations; none for all."),
            FieldShape::optional("prefix", Shape::Text("a prefix", 1_000), "The beginning of the keys; by default all keys."),
            FieldShape::with_default("share", Shape::some_share(), 1.0, "The share of these requests."),
        ]);
        self.and(FieldShape::required("requests", Shape::Object(requests), "The requests that it hits."))
    }
}

pub(super) fn of_object_stores() -> Vec<Tag> {
    let new = || ObjectShape::default().requests();
    let error = || Shape::word("error", &ERRORS);
    let errors = FieldShape::required("errors", Shape::list(error(), 1), "The errors, of which each request gets one.");
    let twice = FieldShape::with_default("twice", Shape::Flag, false, "Whether the request takes effect twice.");
    let lost = FieldShape::optional("error", Shape::OrNull(Box::new(error())), "The error in place of the answer; null for none.");
    let damage = FieldShape::required("damage", Shape::word("damage", &DAMAGES), "What happens to the answer.");
    let entries = FieldShape::required("entries", Shape::Chosen(1, 1_000), "The most entries of a page.");
    let factor = FieldShape::with_default("factor", Shape::Chosen(1, 1_000_000), 1, "By what the time of requests is multiplied.");
    let rate = FieldShape::required("requests_per_second", Shape::Chosen(1, 1_000_000_000), "The most requests in a second.");
    let after = "How much later it takes effect.";
    vec![
        kind(
            "object_error",
            new().and(errors).time(times!("retry_after"), 0, false, "The wait that the answer asks for.").duration(),
            "Answers requests with errors.",
        ),
        kind(
            "object_lost_answer",
            new().and(twice).and(lost).time(times!("after"), 0, false, after).duration(),
            "Lets requests take effect and loses their answers.",
        ),
        kind("object_lost_write", new().duration(), "Answers writes that have no effect."),
        kind("object_damage", new().and(damage).duration(), "Damages answers."),
        kind(
            "object_lag",
            new().time(times!("lag"), 1, true, "How old the state is that they show.").duration(),
            "Answers with an older state.",
        ),
        kind("object_pages", new().and(entries).duration(), "Answers lists in short pages."),
        kind(
            "object_resurrect",
            new().time(times!("after"), 1, true, "How much later a deleted object is back.").duration(),
            "Brings deleted objects back.",
        ),
        kind("object_expire", new(), "Removes objects, as a rule on their age does."),
        kind(
            "slow_objects",
            new().and(factor).time(times!("extra"), 0, false, "By how much longer each request takes.").duration(),
            "Makes a store slow.",
        ),
        kind("object_stall", new().duration(), "Lets no request end."),
        kind("object_throttle", new().and(rate).duration(), "Limits the rate of requests."),
    ]
}
