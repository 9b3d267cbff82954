//! Rules for the guarantees of an edge cache.
//!
//! The [`Collector`](crate::Collector) only counts violations, because a plain edge cache promises little. A run fails if it
//! breaks one of these rules. Each states the configurations that it is right for; on others it reports violations of guarantees
//! that were never given.

mod acknowledgements;
mod answers;
mod bounded_waits;
mod held;
mod own_versions;
mod prompt_commits;
mod recovery_pace;
mod rollbacks;
mod sessions;
#[cfg(test)]
mod tests;

use cluster_sim_invariants::{Change, Health, NodeId};

pub use acknowledgements::Acknowledgements;
pub use answers::Answers;
pub use bounded_waits::BoundedWaits;
pub use held::{OnlyCommitted, ServesHeld};
pub use own_versions::OwnVersions;
pub use prompt_commits::PromptCommits;
pub use recovery_pace::RecoveryPace;
pub use rollbacks::NoRollback;
pub use sessions::{MonotonicReads, ReadYourWrites};

/// Returns the node whose life the change ends, and with it the node's memory.
fn ended_life(change: &Change) -> Option<NodeId> {
    match change {
        Change::Health(node, Health::Down | Health::Killed, _) => Some(*node),
        _ => None,
    }
}
