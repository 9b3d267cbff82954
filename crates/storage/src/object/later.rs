//! Effects that come later, as data.

use std::sync::Arc;

use cluster_sim_types::NodeId;

use super::bucket::Object;
use super::operation::ObjectOp;

/// An effect that comes later.
#[derive(Debug)]
pub(super) struct Later {
    pub(super) node: NodeId,
    pub(super) what: Effect,
}

/// The kinds of such effects.
#[derive(Debug)]
pub(super) enum Effect {
    /// A request is done; its answer goes nowhere.
    Op(ObjectOp),
    /// An object comes back, if there is no other one of its key.
    Restore(String, Arc<Object>),
}
