//! [`SimulatedCluster`]: regions and shards over one [`Sim`].

mod builder;
mod convergence;

use std::time::Duration;

use cluster_sim_invariants::World;
use cluster_sim_transport::NetworkPartition;
use cluster_sim_types::{NodeId, Region, Shard};

pub use builder::{ClusterBuilder, ClusterError};
pub use convergence::NotConverged;

use crate::known_names::{listed, suggested};
use crate::report::Report;
use crate::sim::Sim;

/// A live cluster of regions and shards, with one node per region and shard.
///
/// Nodes of one shard in different regions are peers. Works in plain tests and under an async runtime: methods that an async test
/// awaits exist in both forms, and neither waits for real time.
///
/// ```
/// use std::time::Duration;
/// use cluster_sim::prelude::*;
/// # struct Idle;
/// # impl Machine for Idle {
/// #     type Message = ();
/// #     type View = ();
/// #     fn step(&mut self, _: LocalInstant, _: Input<()>, _: &mut Effects<()>) {}
/// #     fn view(&self) -> &() { &() }
/// # }
///
/// let mut cluster = SimulatedCluster::builder()
///     .regions(["us-east", "eu-west"])
///     .shards_per_region(2)
///     .latency("us-east", "eu-west", Duration::from_millis(40))
///     .machines(|_: &Boot| Idle)
///     .seed(Seed(42))
///     .build_blocking()?;
/// let cut = cluster.inject_partition("us-east", "eu-west");
/// cluster.run_for(Duration::from_secs(5));
/// drop(cut);
/// cluster.finish().assert_ok();
/// # Ok::<(), cluster_sim::scenario::ClusterError>(())
/// ```
pub struct SimulatedCluster {
    sim: Sim,
    regions: Vec<String>,
    shards: u16,
}

impl SimulatedCluster {
    /// Starts building a cluster.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::default()
    }

    /// The node of a shard in a region.
    ///
    /// # Panics
    /// If there is no such region or shard.
    #[track_caller]
    pub fn node(&self, region: &str, shard: u16) -> NodeId {
        assert!(shard < self.shards, "there is no shard {shard}; each region has shards 0 to {}", self.shards - 1);
        NodeId(u32::from(self.region(region).0) * u32::from(self.shards) + u32::from(shard))
    }

    #[track_caller]
    fn region(&self, name: &str) -> Region {
        let index = self.regions.iter().position(|region| region == name);
        let unknown = || {
            let (suggested, listed) = (suggested(name, &self.regions), listed(&self.regions));
            panic!("there is no region {name:?} in the cluster{suggested}{listed}")
        };
        Region(index.unwrap_or_else(unknown) as u16)
    }

    /// The nodes of a region: those of its shards in order, then those of groups placed there.
    ///
    /// [`Scenario::place`](crate::Scenario::place) places a group.
    ///
    /// # Panics
    /// If there is no such region.
    #[track_caller]
    pub fn nodes_in(&self, region: &str) -> Vec<NodeId> {
        self.region(region);
        self.sim.nodes_named(&format!("region:{region}")).unwrap_or_default().to_vec()
    }

    /// The nodes of a shard, in order of region.
    ///
    /// # Panics
    /// If there is no such shard.
    pub fn replicas(&self, shard: Shard) -> Vec<NodeId> {
        self.regions.iter().map(|region| self.node(region, shard.0)).collect()
    }

    /// Cuts two regions off from each other while the guard lives; see [`Sim::partition`].
    ///
    /// # Panics
    /// If there is no such region.
    #[track_caller]
    pub fn inject_partition(&mut self, left: &str, right: &str) -> NetworkPartition {
        let (left, right) = (self.nodes_in(left), self.nodes_in(right));
        self.sim.partition(left, right)
    }

    /// Cuts all links from one region to another, but not back, while the guard lives.
    ///
    /// # Panics
    /// If there is no such region.
    #[track_caller]
    pub fn inject_partition_one_way(&mut self, from: &str, to: &str) -> NetworkPartition {
        let (from, to) = (self.nodes_in(from), self.nodes_in(to));
        self.sim.partition_one_way(from, to)
    }

    /// Cuts a region off from all nodes outside of it while the guard lives.
    ///
    /// Links within it are not affected. Nodes that stand in no region are outside.
    ///
    /// # Panics
    /// If there is no such region.
    #[track_caller]
    pub fn isolate(&mut self, region: &str) -> NetworkPartition {
        let inside = self.nodes_in(region);
        let outside: Vec<NodeId> = self.sim.all_nodes().filter(|node| !inside.contains(node)).collect();
        self.sim.partition(inside, outside)
    }

    /// Heals every cut; guards that still live then do nothing.
    pub fn heal_all_partitions(&mut self) {
        self.sim.heal_all();
    }

    /// Runs for `duration` of virtual time, or until the run is over.
    pub fn run_for(&mut self, duration: Duration) {
        self.sim.run_for(duration);
    }

    /// Reads the present state of the cluster.
    pub fn inspect<T>(&self, read: impl FnOnce(&World<'_>) -> T) -> T {
        self.sim.inspect(read)
    }

    /// Calls `reach` with the value that the node of a shard in a region exposed; see [`Sim::with_node`].
    ///
    /// # Panics
    /// If there is no such region or shard, or the call fails.
    #[track_caller]
    pub fn with_node<H: 'static, T>(&mut self, region: &str, shard: u16, reach: impl FnOnce(&mut H) -> T) -> T {
        let node = self.node(region, shard);
        self.sim.with_node(node, reach).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The underlying run.
    pub fn sim(&mut self) -> &mut Sim {
        &mut self.sim
    }

    /// Ends the fault phase, runs the recovery phase, and returns the report; see [`Sim::finish`].
    pub fn finish(self) -> Report {
        self.sim.finish()
    }
}
