//! Observers of facts and views.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use cluster_sim_types::{Fact, NodeId};

/// A report of a node to its observer.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Observation<'a> {
    /// The node reported a fact.
    Fact(&'a dyn Fact),
    /// The node published this view. Other calls of `publish` wait until the observer returns.
    View(&'a (dyn Any + Send)),
}

impl Observation<'_> {
    /// Returns the fact if it is of type `T`.
    pub fn fact<T: Any>(&self) -> Option<&T> {
        match self {
            Self::Fact(fact) => (**fact).as_any().downcast_ref(),
            Self::View(_) => None,
        }
    }

    /// Returns the view if it is of type `T`.
    pub fn view<T: Any>(&self) -> Option<&T> {
        match self {
            Self::View(view) => view.downcast_ref(),
            Self::Fact(_) => None,
        }
    }
}

impl fmt::Debug for Observation<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(fact) => write!(formatter, "Fact({fact:?})"),
            Self::View(_) => formatter.write_str("View(..)"),
        }
    }
}

/// A callback for facts and views, called on the thread of the reporting node.
pub(crate) type Observer = Arc<dyn Fn(NodeId, Observation<'_>) + Send + Sync>;
