//! Who looks at what nodes say about themselves.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use cluster_sim_types::{Fact, NodeId};

/// What a node says about itself, as an observer is shown it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Observation<'a> {
    /// It stated a fact.
    Fact(&'a dyn Fact),
    /// It changed what checks see of it to this. The node shows nothing else until the observer returns.
    View(&'a (dyn Any + Send)),
}

impl Observation<'_> {
    /// The fact, if it is one of that type.
    pub fn fact<T: Any>(&self) -> Option<&T> {
        match self {
            Self::Fact(fact) => (**fact).as_any().downcast_ref(),
            Self::View(_) => None,
        }
    }

    /// The view, if it is one of that type.
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

/// Is called in the thread of the node that says something.
pub(super) type Observer = Arc<dyn Fn(NodeId, Observation<'_>) + Send + Sync>;
