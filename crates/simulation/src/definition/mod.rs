//! [`Definition`]: what a scenario declares, as data that a run is built from.

mod arenas;
mod checks;
mod domains;
mod error;
mod groups;
mod keys;
mod meter;
mod restart_policy;
mod timed_checks;
mod timed_groups;
mod trigger;
mod view_texts;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cluster_sim_runtime::{Budget, Choices, Decisions, Seed};
use cluster_sim_storage::{CompiledDisk, CompiledObjectStore};
use cluster_sim_transport::{LinkModel, NodeSelector};
use cluster_sim_types::{NodeId, Region, Shard, WallTime};

pub(crate) use arenas::Arenas;
pub(crate) use checks::{Check, EachTest, Seen, Test, UniqueTest};
pub(crate) use domains::Domains;
pub use error::ScenarioError;
pub(crate) use groups::{Group, Member};
pub(crate) use keys::{Conflict, Keys, KeysOf};
pub use meter::Clock;
pub(crate) use restart_policy::MainReturned;
pub use restart_policy::RestartPolicy;
pub(crate) use timed_checks::TimedObserver;
pub(crate) use timed_groups::Meters;
pub(crate) use trigger::Answer;
pub use trigger::Trigger;
pub(crate) use view_texts::ViewTexts;

use crate::fault::{Claim, CompiledProfile, FaultPlan, NodeNames};

/// Makes a plan of the seed.
#[derive(Clone)]
pub(crate) struct PlanOfSeed(Arc<dyn Fn(Seed) -> FaultPlan + Send + Sync>);

impl PlanOfSeed {
    pub(crate) fn new(plan: impl Fn(Seed) -> FaultPlan + Send + Sync + 'static) -> Self {
        Self(Arc::new(plan))
    }

    pub(crate) fn of(&self, seed: Seed) -> FaultPlan {
        (self.0)(seed)
    }
}

impl fmt::Debug for PlanOfSeed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PlanOfSeed")
    }
}

/// A class of links, and the nodes between which it holds.
#[derive(Debug, Clone)]
pub(crate) struct LinkClass {
    pub(crate) name: String,
    pub(crate) from: NodeSelector,
    pub(crate) to: NodeSelector,
    pub(crate) model: LinkModel,
}

/// A scenario as data: what a run is built from.
#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) groups: Vec<Group>,
    pub(crate) regions: Vec<String>,
    pub(crate) domains: Domains,
    /// The first mistake that a method of the scenario found.
    pub(crate) refused: Option<ScenarioError>,
    pub(crate) classes: Vec<LinkClass>,
    /// The disks of all nodes.
    pub(crate) disks: CompiledDisk,
    /// Those of the nodes of a group; the last one of a group counts.
    pub(crate) disks_of: Vec<(String, CompiledDisk)>,
    /// The groups of one node that serves an object store.
    pub(crate) object_stores: Vec<(String, CompiledObjectStore)>,
    pub(crate) checks: Vec<Check>,
    pub(crate) plan: FaultPlan,
    pub(crate) plans_of_seed: Vec<PlanOfSeed>,
    pub(crate) profile: Option<Arc<CompiledProfile>>,
    pub(crate) triggers: Vec<Trigger>,
    /// The claims about how many nodes may fail.
    pub(crate) claims: Vec<Claim>,
    /// The points in node code at which nodes may crash.
    pub(crate) failpoints: BTreeSet<String>,
    pub(crate) duration: Duration,
    pub(crate) recovery_timeout: Duration,
    pub(crate) stable_for: Duration,
    pub(crate) start_spread: Duration,
    /// The reading of true wall clocks at the start of the run.
    pub(crate) epoch: WallTime,
    pub(crate) budget: Budget,
    pub(crate) absent: BTreeSet<String>,
    /// The operations that clients do, where they do not do all.
    pub(crate) operations: BTreeMap<String, BTreeSet<u64>>,
    /// Groups whose members minimization may leave out although they serve.
    pub(crate) may_shrink: BTreeSet<String>,
    /// When nodes start, by the name of the node or of its group.
    pub(crate) starts: BTreeMap<String, Duration>,
    pub(crate) step_timeout: Duration,
    pub(crate) seed_timeout: Duration,
    /// Seeds of a sweep that run at once; absent for one per core.
    pub(crate) threads: Option<NonZeroUsize>,
    /// Replaces the seed for the simulation's choices.
    pub(crate) with_decisions: Option<Arc<Decisions>>,
    /// Result of the validation, computed by the first run: the numbers of the nodes by their names.
    pub(crate) checked: OnceLock<Result<Arc<NodeNames>, ScenarioError>>,
    /// How views of known types are shown as text.
    pub(crate) view_texts: ViewTexts,
}

impl Definition {
    /// Nothing declared yet, with the defaults that `Scenario::new` names.
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            groups: Vec::new(),
            regions: Vec::new(),
            domains: Domains::default(),
            refused: None,
            classes: Vec::new(),
            disks: CompiledDisk::default(),
            disks_of: Vec::new(),
            object_stores: Vec::new(),
            checks: Vec::new(),
            plan: FaultPlan::new(),
            plans_of_seed: Vec::new(),
            profile: None,
            triggers: Vec::new(),
            claims: Vec::new(),
            failpoints: BTreeSet::new(),
            duration: Duration::from_secs(10),
            recovery_timeout: Duration::from_secs(10),
            stable_for: Duration::from_secs(1),
            start_spread: Duration::from_millis(1),
            epoch: WallTime::ZERO,
            budget: Budget::default(),
            absent: BTreeSet::new(),
            operations: BTreeMap::new(),
            may_shrink: BTreeSet::new(),
            starts: BTreeMap::new(),
            step_timeout: Duration::from_secs(30),
            seed_timeout: Duration::from_secs(600),
            threads: None,
            with_decisions: None,
            checked: OnceLock::new(),
            view_texts: ViewTexts::default(),
        }
    }

    /// The region and the shard of a node: 0 in a cluster without regions, none if it was placed in none of them.
    pub(crate) fn place_of(&self, member: &Member) -> (Region, Shard) {
        let (region, shard) = if self.regions.is_empty() { (Region(0), Shard(0)) } else { (Region::NONE, Shard::NONE) };
        (member.region.unwrap_or(region), member.shard.unwrap_or(shard))
    }

    /// Checks that every zone lies in one region, and every rack in one zone.
    pub(crate) fn check_domains(&self) -> Result<(), ScenarioError> {
        let region_name = |region: Option<Region>| match region {
            Some(region) => format!("region:{}", self.regions[usize::from(region.0)]),
            None => "no region".to_owned(),
        };
        self.domains.check(self.groups.iter().flat_map(|group| &group.members), region_name)
    }

    /// The disk that a group has instead of the default; the last one that was set.
    pub(crate) fn disk_of(&self, group: &str) -> Option<&CompiledDisk> {
        self.disks_of.iter().rfind(|(of, _)| of == group).map(|(_, disk)| disk)
    }

    /// Whether the nodes of a group serve an object store.
    pub(crate) fn serves_objects(&self, group: &str) -> bool {
        self.object_stores.iter().any(|(of, _)| of == group)
    }

    /// The nodes that count together for a claim: those of a group or set, those of each shard apart unless domains are counted.
    pub(crate) fn cohorts_of(&self, claim: &Claim, names: &NodeNames) -> Vec<Vec<NodeId>> {
        let nodes = names.group_or_set(&claim.set).unwrap_or_default();
        if claim.domain.is_some() {
            return vec![nodes.to_vec()];
        }
        let members: Vec<&Member> = self.groups.iter().flat_map(|group| &group.members).collect();
        let mut cohorts: BTreeMap<Shard, Vec<NodeId>> = BTreeMap::new();
        nodes.iter().for_each(|node| cohorts.entry(self.place_of(members[node.index()]).1).or_default().push(*node));
        cohorts.into_values().collect()
    }

    /// The earliest start of a node: its own, else that of its group, else the start of the run.
    pub(crate) fn start_of(&self, node: &str, group: &str) -> Duration {
        let start = self.starts.get(node).or_else(|| self.starts.get(group));
        start.copied().unwrap_or_default()
    }

    /// The source of random choices; with `keep` it records decisions.
    pub(crate) fn choices(&self, keep: bool) -> Choices {
        Choices::new(self.with_decisions.clone(), keep)
    }
}
