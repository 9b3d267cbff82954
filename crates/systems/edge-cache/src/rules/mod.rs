//! What an edge cache promises, as rules that a run breaks or holds.
//!
//! The [`Collector`](crate::Collector) only counts what clients did not get, since a plain edge cache promises little. These judge. Each says
//! of what configuration it is right; a rule over a cluster that never promised it finds nothing but that.

mod acknowledgements;
mod answers;
mod patience;
mod rollbacks;
mod sessions;

use cluster_sim_invariants::{Change, Health, NodeId};

pub use acknowledgements::Acknowledgements;
pub use answers::Answers;
pub use patience::Patience;
pub use rollbacks::NoRollback;
pub use sessions::{MonotonicReads, ReadYourWrites};

/// The node whose life that change ends, if it does: what it held in memory is gone.
fn ended_life(change: &Change) -> Option<NodeId> {
    match change {
        Change::Health(node, Health::Down | Health::Killed, _) => Some(*node),
        _ => None,
    }
}
