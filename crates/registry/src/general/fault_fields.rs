//! Fields that several kinds of faults have in a scenario file.

use super::link_shapes::times;
use crate::shape::{FieldShape, ObjectShape, Reference, Shape, Tag};

const DURATION: &str = "How long it lasts; by default until the fault phase ends.";
const DOWN_FOR: &str = "How long the node is down; by default until the fault phase ends.";

impl ObjectShape {
    /// Adds the node that a fault hits.
    pub(super) fn node(self) -> Self {
        let about = "The node: its name, or any:GROUP for one that the seed chooses, or it for the one of the condition.";
        self.and(FieldShape::required("node", Shape::Reference(Reference::Node), about))
    }

    /// Adds the nodes that a fault hits.
    pub(super) fn nodes(self) -> Self {
        let about = "The nodes: names, and sets such as zone:a and group:store.";
        self.and(FieldShape::required("nodes", nodes(), about))
    }

    /// Adds the two sides of a fault of links.
    pub(super) fn sides(self) -> Self {
        self.and(FieldShape::required("from", nodes(), "The nodes of one side.")).and(FieldShape::required(
            "to",
            nodes(),
            "The nodes of the other side; * for all others.",
        ))
    }

    /// Adds whether messages back are affected too.
    pub(super) fn both_ways(self) -> Self {
        self.and(FieldShape::with_default("both_ways", Shape::Flag, true, "Whether messages back are affected too."))
    }

    /// Adds the time that a fault lasts.
    pub(super) fn duration(self) -> Self {
        self.time(times!("duration"), 0, false, DURATION)
    }

    /// Adds the time that a node is down.
    pub(super) fn down_for(self) -> Self {
        self.time(times!("down_for"), 0, false, DOWN_FOR)
    }

    /// Adds the class of links that a fault hits.
    pub(super) fn links(self) -> Self {
        self.and(FieldShape::required("links", Shape::Reference(Reference::Links), "The class of links."))
    }

    /// Adds an ordinal number, by default the first.
    pub(super) fn first(self, name: &'static str, about: &'static str) -> Self {
        self.and(FieldShape::with_default(name, Shape::Chosen(1, u64::from(u32::MAX)), 1, about))
    }

    /// Adds a share above 0 that must be given.
    pub(super) fn share(self, name: &'static str, about: &'static str) -> Self {
        self.and(FieldShape::required(name, Shape::some_share(), about))
    }
}

fn nodes() -> Shape {
    Shape::list(Shape::Reference(Reference::Nodes), 1)
}

/// A kind of fault with its fields.
pub(super) fn kind(name: &'static str, fields: ObjectShape, about: &'static str) -> Tag {
    Tag { name, fields: Some(fields), about }
}
