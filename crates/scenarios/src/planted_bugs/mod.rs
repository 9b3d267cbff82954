//! Planted bugs, and the small clusters whose rules and faults must find them.
//!
//! Start at [`PLANTED`], the table of the bugs. A [`BugHunt`] is a scenario in two parts: a cluster with its rules, and the profile from which
//! each seed draws its faults. A test can replace the profile and compare. The clusters are small: three to six nodes, five seconds.

mod builtin;
mod echo;
mod edge_cache;
mod gossip;
mod table;

use cluster_sim::{FaultProfile, Scenario};

pub(crate) use builtin::builtin;
pub use echo::echo;
pub use edge_cache::{Workload, edge_cache, edge_cache_with_workload};
pub use gossip::gossip;
pub use table::{PLANTED, Planted, PlantedBug};

/// A scenario in two parts: a cluster with its rules, and a profile of its faults.
#[derive(Debug, Clone)]
pub struct BugHunt {
    /// The cluster and its rules, without faults.
    pub cluster: Scenario,
    /// The profile from which each seed draws its faults.
    pub profile: FaultProfile,
    /// The link classes that faults may name, in the order of the scenario.
    pub links: &'static [&'static str],
}

impl BugHunt {
    /// Combines both parts into the scenario that a sweep runs.
    pub fn scenario(&self) -> Scenario {
        self.cluster.clone().chaos(self.profile.clone())
    }
}
