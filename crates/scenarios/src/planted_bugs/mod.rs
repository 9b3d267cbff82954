//! Hunting: small clusters in which faults and rules are to find what is broken, and the table of the bugs that are planted for that.
//!
//! Start at [`PLANTED`]. A [`BugHunt`] is a scenario in two parts, the cluster with its rules and the profile from which each seed draws its
//! faults, so that other plans can be held against it. It is short on purpose: four to six nodes, five seconds.

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

/// A scenario in two parts: a cluster with its rules, and the faults that seeds draw.
#[derive(Debug, Clone)]
pub struct BugHunt {
    /// The cluster and its rules; nothing goes wrong in it.
    pub cluster: Scenario,
    /// From this each seed draws what goes wrong.
    pub profile: FaultProfile,
    /// The classes of links that faults may name, in the order of the scenario.
    pub links: &'static [&'static str],
}

impl BugHunt {
    /// Both together: what a sweep runs.
    pub fn scenario(&self) -> Scenario {
        self.cluster.clone().chaos(self.profile.clone())
    }
}
