//! What one step of a run changed.

use std::any::Any;
use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::{Incarnation, NodeId};

/// Something a node says about itself for checks and measurements to see; any printable type.
///
/// Facts cost no message and no time, and no node can read them.
pub trait Fact: Any + Debug {
    /// The fact as its concrete type's `Any`, for downcasting.
    fn as_any(&self) -> &dyn Any;
}

impl<T: Any + Debug> Fact for T {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A fact that says: code got here. Told of a point that a scenario declares with `Scenario::reachable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoveragePoint(
    /// The name of the point.
    pub &'static str,
);

/// Whether a node can act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It runs.
    Up,
    /// It is stopped with everything it holds; messages wait in its bounded inbox.
    Paused,
    /// It crashed and may come back; what it held in memory is gone.
    Down,
    /// It is gone for good.
    Killed,
}

/// One thing that a step changed; a step without changes runs no check.
#[derive(Debug)]
pub enum Change {
    /// The node stepped and may show a different view.
    View(NodeId),
    /// The node stated a fact.
    Fact(NodeId, Box<dyn Fact>),
    /// The node's health is now this, in this life.
    Health(NodeId, Health, Incarnation),
}

impl Change {
    /// The node that changed.
    pub fn node(&self) -> NodeId {
        match self {
            Self::View(node) | Self::Fact(node, _) | Self::Health(node, ..) => *node,
        }
    }

    /// The fact of type `T` that this change states, if it does.
    pub fn fact<T: Any>(&self) -> Option<&T> {
        match self {
            // Through the box to the fact itself: a `Box<dyn Fact>` is a fact too.
            Self::Fact(_, fact) => (**fact).as_any().downcast_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_found_by_its_type_only() {
        let change = Change::Fact(NodeId(3), Box::new(7_u64));
        assert_eq!(change.fact::<u64>(), Some(&7));
        assert_eq!(change.fact::<u32>(), None);
        assert_eq!(Change::View(NodeId(3)).fact::<u64>(), None);
    }
}
