//! Records what one step of a run changed.

use std::any::Any;
use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::{Incarnation, NodeId};

/// A statement of a node about itself, visible to checks and measurements; any printable type.
///
/// Facts cost no message and no time, and no node can read them.
pub trait Fact: Any + Debug {
    /// Upcasts to `Any`, for downcasting to the concrete type.
    fn as_any(&self) -> &dyn Any;
}

impl<T: Any + Debug> Fact for T {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Marks that a run reached a point which the scenario declares with `Scenario::reachable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoveragePoint(
    /// The name that the scenario declares.
    pub &'static str,
);

/// Whether a node can act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Health {
    /// Running.
    Up,
    /// Stopped with all of its state; messages wait in its bounded inbox.
    Paused,
    /// Crashed, with its memory lost; may restart.
    Down,
    /// Gone for good.
    Killed,
}

/// One effect of a step that checks can see; a step without changes runs no check.
#[derive(Debug)]
#[non_exhaustive]
pub enum Change {
    /// The node stepped and may have a different view.
    View(NodeId),
    /// The node stated a fact.
    Fact(NodeId, Box<dyn Fact>),
    /// The node's health changed to this, in this life.
    Health(NodeId, Health, Incarnation),
    /// The node's disk answered an operation, or a fault changed it.
    Disk(NodeId),
    /// The node visited the failpoint of that name; only in runs with triggers.
    Failpoint(NodeId, &'static str),
    /// The content of the object store that the node serves changed, by a request or a fault.
    Objects(NodeId),
}

impl Change {
    /// Returns the node that changed.
    pub fn node(&self) -> NodeId {
        match self {
            Self::View(node)
            | Self::Fact(node, _)
            | Self::Health(node, ..)
            | Self::Disk(node)
            | Self::Failpoint(node, _)
            | Self::Objects(node) => *node,
        }
    }

    /// Whether the node visited the failpoint of that name.
    ///
    /// Visits are changes in runs with triggers only: rules do not depend on them.
    pub fn failpoint(&self, name: &str) -> bool {
        matches!(self, Self::Failpoint(_, visited) if *visited == name)
    }

    /// Downcasts a stated fact; `None` for other changes and other types.
    pub fn fact<T: Any>(&self) -> Option<&T> {
        match self {
            // Dereferences the box first: a `Box<dyn Fact>` is a fact too.
            Self::Fact(_, fact) => (**fact).as_any().downcast_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_downcasts_to_its_own_type_only() {
        let change = Change::Fact(NodeId(3), Box::new(7_u64));
        assert_eq!(change.fact::<u64>(), Some(&7));
        assert_eq!(change.fact::<u32>(), None);
        assert_eq!(Change::View(NodeId(3)).fact::<u64>(), None);
    }
}
