//! Describing a cluster of regions and shards.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use cluster_sim_node::{Machine, Node, NodeInfo};
use cluster_sim_runtime::{Seed, SeedSchedule};
use cluster_sim_transport::{LinkModel, NodeSelector};
use cluster_sim_types::{Region, Shard};

use super::SimulatedCluster;
use crate::scenario::{LinkClass, Member, Scenario, ScenarioError};

/// The largest number of shards in a region.
const SHARDS_MAX: u32 = 65_535;

type AddNodes = Box<dyn FnOnce(Scenario, Vec<Member>) -> Scenario>;

/// The links from one region to another, in one direction.
struct RegionLinks {
    from: String,
    to: String,
    model: LinkModel,
}

/// Describes a cluster of regions and shards; built by methods that each take and give the builder.
#[derive(Default)]
pub struct ClusterBuilder {
    regions: Vec<String>,
    shards: u32,
    links: Vec<RegionLinks>,
    add_nodes: Option<AddNodes>,
    changes: Vec<Box<dyn FnOnce(Scenario) -> Scenario>>,
    seed: Option<Seed>,
}

impl ClusterBuilder {
    /// Names the regions.
    #[must_use]
    pub fn regions(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.regions = names.into_iter().map(Into::into).collect();
        self
    }

    /// Says how many shards each region has, 1 to 65,535.
    #[must_use]
    pub fn shards_per_region(mut self, shards: u32) -> Self {
        self.shards = shards;
        self
    }

    /// Sets the time one way between two regions, in both directions, always the same. Default 1 to 10 ms, as within a region.
    #[must_use]
    pub fn latency(self, one: &str, other: &str, delay: Duration) -> Self {
        self.links(one, other, LinkModel::constant(delay))
    }

    /// Sets the model of the links between two regions, in both directions; a region and itself is the links within it.
    #[must_use]
    pub fn links(mut self, one: &str, other: &str, model: LinkModel) -> Self {
        self.links.push(RegionLinks { from: one.to_owned(), to: other.to_owned(), model: model.clone() });
        if one != other {
            self.links.push(RegionLinks { from: other.to_owned(), to: one.to_owned(), model });
        }
        self
    }

    /// Sets the time one way between every two regions, in the order of their names: name the regions first. A row is from, a column is
    /// to, and the diagonal is the time within a region.
    #[must_use]
    pub fn latency_matrix<const N: usize>(mut self, matrix: [[Duration; N]; N]) -> Self {
        for (from, row) in self.regions.iter().zip(&matrix) {
            for (to, delay) in self.regions.iter().zip(row) {
                self.links.push(RegionLinks { from: from.clone(), to: to.clone(), model: LinkModel::constant(*delay) });
            }
        }
        self
    }

    /// Says what runs on each node: a machine made from its seat, which knows region, shard and peers.
    #[must_use]
    pub fn machines<M: Machine>(mut self, boot: impl Fn(&NodeInfo) -> M + Send + Sync + 'static) -> Self {
        self.add_nodes = Some(Box::new(move |scenario, members| scenario.group("node", members, boot)));
        self
    }

    /// Says what runs on each node: an async function, which finds its region, shard and peers at its [`Node`].
    #[must_use]
    pub fn nodes<F>(mut self, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        self.add_nodes = Some(Box::new(move |scenario, members| scenario.group_of_nodes("node", members, main)));
        self
    }

    /// Adds to the scenario beneath: checks, faults, budgets.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(Scenario) -> Scenario + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Sets the seed; there is no default.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Starts the cluster, for an async test. Never waits: the cluster's time is its own.
    ///
    /// # Errors
    /// If the description is no cluster; nothing was run.
    #[expect(clippy::unused_async, reason = "async tests await the building of a cluster, as they would that of a real one")]
    pub async fn build(self) -> Result<SimulatedCluster, ClusterError> {
        self.build_blocking()
    }

    /// Starts the cluster.
    ///
    /// # Errors
    /// If the description is no cluster; nothing was run.
    pub fn build_blocking(self) -> Result<SimulatedCluster, ClusterError> {
        self.check()?;
        let seed = self.seed.ok_or(ClusterError::NoSeed)?;
        let add_nodes = self.add_nodes.ok_or(ClusterError::NoMachines)?;
        let mut members = Vec::new();
        for (region, name) in (0..).zip(&self.regions) {
            members.extend((0..self.shards as u16).map(|shard| Member {
                name: format!("{name}/{shard}"),
                region: Region(region),
                shard: Shard(shard),
            }));
        }
        let mut scenario = add_nodes(Scenario::new("cluster").regions(self.regions.clone()), members);
        for RegionLinks { from, to, model } in self.links {
            let select = |name: &str| match self.regions.iter().position(|region| region == name) {
                Some(index) => Ok(NodeSelector::Region(index as u16)),
                None => Err(ClusterError::UnknownRegion { region: name.to_owned() }),
            };
            let name = format!("{from}->{to}");
            scenario = scenario.link_class(LinkClass { name, from: select(&from)?, to: select(&to)?, model });
        }
        scenario = self.changes.into_iter().fold(scenario, |scenario, change| change(scenario));
        let sim = scenario.try_start(SeedSchedule::new(seed)).map_err(ClusterError::Scenario)?;
        Ok(SimulatedCluster { sim, regions: self.regions, shards: self.shards as u16 })
    }

    fn check(&self) -> Result<(), ClusterError> {
        if self.regions.is_empty() {
            return Err(ClusterError::NoRegions);
        }
        let mut seen = BTreeSet::new();
        if let Some(region) = self.regions.iter().find(|region| !seen.insert(*region)) {
            return Err(ClusterError::DuplicateRegion { region: region.clone() });
        }
        match self.shards {
            0 => Err(ClusterError::NoShards),
            1..=SHARDS_MAX => Ok(()),
            shards => Err(ClusterError::TooManyShards { shards }),
        }
    }
}

/// A description that is no cluster; nothing was run.
#[derive(Debug, Clone, PartialEq)]
pub enum ClusterError {
    /// No region is named.
    NoRegions,
    /// Regions have no shards.
    NoShards,
    /// Two regions have one name.
    DuplicateRegion {
        /// The name.
        region: String,
    },
    /// More shards than ids.
    TooManyShards {
        /// How many were asked for.
        shards: u32,
    },
    /// A latency names a region that the cluster does not have.
    UnknownRegion {
        /// The name.
        region: String,
    },
    /// Nothing runs on the nodes.
    NoMachines,
    /// Nothing decides what happens.
    NoSeed,
    /// The scenario beneath cannot be run.
    Scenario(ScenarioError),
}

impl fmt::Display for ClusterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegions => write!(formatter, "the cluster has no regions; name at least one with `regions`"),
            Self::NoShards => write!(formatter, "the regions have no shards; give them at least one with `shards_per_region`"),
            Self::DuplicateRegion { region } => write!(formatter, "two regions are called {region:?}; give each a name of its own"),
            Self::TooManyShards { shards } => write!(formatter, "{shards} shards a region are too many; the most is {SHARDS_MAX}"),
            Self::UnknownRegion { region } => {
                write!(formatter, "a latency names region {region:?}, which the cluster does not have; add it to `regions`")
            }
            Self::NoMachines => write!(formatter, "nothing runs on the nodes; say what does with `machines` or `nodes`"),
            Self::NoSeed => write!(formatter, "there is no seed; choose one with `seed`, so that the run can be repeated"),
            Self::Scenario(error) => write!(formatter, "{error}"),
        }
    }
}

impl std::error::Error for ClusterError {}
