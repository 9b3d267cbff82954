//! [`ClusterBuilder`]: describes a cluster of regions and shards.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use cluster_sim_node::{Boot, Machine, Node};
use cluster_sim_runtime::{Seed, SeedSchedule};
use cluster_sim_transport::{LinkModel, NodeSelector};
use cluster_sim_types::{Region, Shard};

use super::SimulatedCluster;
use crate::definition::{LinkClass, Member, ScenarioError};
use crate::known_names::{listed, suggested};
use crate::scenario::Scenario;
use crate::sim::Sim;

/// Shard ids are 16 bits.
const SHARDS_MAX: u32 = 65_535;

type AddNodes = Box<dyn FnOnce(Scenario, Vec<Member>) -> Scenario>;

/// Links from one region to another, in one direction.
struct RegionLinks {
    from: String,
    to: String,
    model: LinkModel,
}

/// Builds a [`SimulatedCluster`]; made by [`SimulatedCluster::builder`].
///
/// Needs regions, shards, a seed, and [`machines`](Self::machines) or [`nodes`](Self::nodes). Each method takes the builder and
/// returns it.
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
    /// Sets the names of the regions.
    #[must_use]
    pub fn regions(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.regions = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the number of shards per region, 1 to 65,535.
    #[must_use]
    pub fn shards_per_region(mut self, shards: u32) -> Self {
        self.shards = shards;
        self
    }

    /// Sets a constant one-way delay between two regions, in both directions.
    ///
    /// Default: 1 to 10 ms, as within a region.
    #[must_use]
    pub fn latency(self, one: &str, other: &str, delay: Duration) -> Self {
        self.links(one, other, LinkModel::constant(delay))
    }

    /// Sets the link model between two regions, in both directions.
    ///
    /// With one name given for both, sets that of the links within the region.
    #[must_use]
    pub fn links(mut self, one: &str, other: &str, model: LinkModel) -> Self {
        self.links.push(RegionLinks { from: one.to_owned(), to: other.to_owned(), model: model.clone() });
        if one != other {
            self.links.push(RegionLinks { from: other.to_owned(), to: one.to_owned(), model });
        }
        self
    }

    /// Sets constant one-way delays between all regions, in the order of their names.
    ///
    /// Rows are senders, columns are receivers; the diagonal is the delay within a region. Call [`regions`](Self::regions) first.
    #[must_use]
    pub fn latency_matrix<const N: usize>(mut self, matrix: [[Duration; N]; N]) -> Self {
        for (from, row) in self.regions.iter().zip(&matrix) {
            for (to, delay) in self.regions.iter().zip(row) {
                self.links.push(RegionLinks { from: from.clone(), to: to.clone(), model: LinkModel::constant(*delay) });
            }
        }
        self
    }

    /// Sets the machine of each node, made from its region, shard and peers.
    #[must_use]
    pub fn machines<M: Machine>(mut self, boot: impl Fn(&Boot) -> M + Send + Sync + 'static) -> Self {
        self.add_nodes = Some(Box::new(move |scenario, members| scenario.group("node", members, boot)));
        self
    }

    /// Sets the main function of each node; [`Node`] gives it its region, shard and peers.
    #[must_use]
    pub fn nodes<F>(mut self, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        self.add_nodes = Some(Box::new(move |scenario, members| scenario.group_of_nodes("node", members, main)));
        self
    }

    /// Changes the underlying scenario: checks, faults, durations, budgets, further groups.
    ///
    /// A group that is added stands in no region, over links of the class `default`, until
    /// [`Scenario::place`](crate::Scenario::place) puts it into one.
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

    /// As [`build_blocking`](Self::build_blocking), for an async test. Never waits for real time.
    ///
    /// # Errors
    /// If the description is incomplete or invalid; nothing was run.
    #[expect(clippy::unused_async, reason = "async tests await the building of a cluster, as they would that of a real one")]
    pub async fn build(self) -> Result<SimulatedCluster, ClusterError> {
        self.build_blocking()
    }

    /// Starts the cluster.
    ///
    /// # Errors
    /// If the description is incomplete or invalid; nothing was run.
    pub fn build_blocking(self) -> Result<SimulatedCluster, ClusterError> {
        self.check()?;
        let seed = self.seed.ok_or(ClusterError::NoSeed)?;
        self.start(|scenario| scenario.try_start(SeedSchedule::new(seed)).map_err(ClusterError::Scenario))
    }

    /// Starts the cluster by `start`, which knows the seed.
    ///
    /// In a test that takes a `Trial`: `|scenario| trial.start(scenario)`.
    ///
    /// # Errors
    /// If the description is incomplete or invalid; nothing was run.
    pub fn build_with(self, start: impl FnOnce(&Scenario) -> Sim) -> Result<SimulatedCluster, ClusterError> {
        self.check()?;
        self.start(|scenario| Ok(start(scenario)))
    }

    fn start(self, start: impl FnOnce(&Scenario) -> Result<Sim, ClusterError>) -> Result<SimulatedCluster, ClusterError> {
        let add_nodes = self.add_nodes.ok_or(ClusterError::NoMachines)?;
        let mut members = Vec::new();
        for (region, name) in (0..).zip(&self.regions) {
            members.extend((0..self.shards as u16).map(|shard| Member {
                name: format!("{name}/{shard}"),
                region: Some(Region(region)),
                shard: Some(Shard(shard)),
                zone: None,
                rack: None,
            }));
        }
        let mut scenario = add_nodes(Scenario::new("cluster").regions(self.regions.clone()), members);
        for RegionLinks { from, to, model } in self.links {
            let select = |name: &str| match self.regions.iter().position(|region| region == name) {
                Some(index) => Ok(NodeSelector::Region(index as u16)),
                None => Err(ClusterError::UnknownRegion { region: name.to_owned(), known: self.regions.clone() }),
            };
            let name = format!("{from}->{to}");
            scenario = scenario.link_class(LinkClass { name, from: select(&from)?, to: select(&to)?, model });
        }
        scenario = self.changes.into_iter().fold(scenario, |scenario, change| change(scenario));
        if let Some(added) = scenario.definition.regions.get(self.regions.len()) {
            return Err(ClusterError::UnknownPlace { region: added.clone(), known: self.regions });
        }
        Ok(SimulatedCluster { sim: start(&scenario)?, regions: self.regions, shards: self.shards as u16 })
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

/// An incomplete or invalid description of a cluster; nothing was run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ClusterError {
    /// There are no regions.
    NoRegions,
    /// The regions have no shards.
    NoShards,
    /// Two regions have one name.
    DuplicateRegion {
        /// The name.
        region: String,
    },
    /// There are more shards than ids.
    TooManyShards {
        /// The number asked for.
        shards: u32,
    },
    /// A link names an unknown region.
    UnknownRegion {
        /// The name.
        region: String,
        /// The regions of the cluster.
        known: Vec<String>,
    },
    /// A group is placed in an unknown region.
    UnknownPlace {
        /// The region as named.
        region: String,
        /// The regions of the cluster.
        known: Vec<String>,
    },
    /// Neither machines nor main functions are set.
    NoMachines,
    /// No seed is set.
    NoSeed,
    /// The underlying scenario cannot be run.
    Scenario(ScenarioError),
}

impl fmt::Display for ClusterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRegions => write!(formatter, "the cluster has no regions; name at least one with `regions`"),
            Self::NoShards => write!(formatter, "the regions have no shards; give them at least one with `shards_per_region`"),
            Self::DuplicateRegion { region } => write!(formatter, "two regions are called {region:?}; give each a name of its own"),
            Self::TooManyShards { shards } => write!(formatter, "{shards} shards a region are too many; the most is {SHARDS_MAX}"),
            Self::UnknownRegion { region, known } => {
                let (suggested, listed) = (suggested(region, known), listed(known));
                write!(
                    formatter,
                    "a latency names region {region:?}, which the cluster does not have; add it to `regions`{suggested}{listed}"
                )
            }
            Self::UnknownPlace { region, known } => {
                let (suggested, listed) = (suggested(region, known), listed(known));
                write!(
                    formatter,
                    "a group is placed in region {region:?}, which the cluster does not have; add it to `regions`{suggested}{listed}"
                )
            }
            Self::NoMachines => write!(formatter, "nothing runs on the nodes; say what does with `machines` or `nodes`"),
            Self::NoSeed => write!(formatter, "there is no seed; choose one with `seed`, so that the run can be repeated"),
            Self::Scenario(error) => write!(formatter, "{error}"),
        }
    }
}

impl std::error::Error for ClusterError {}
