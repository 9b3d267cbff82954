//! The identity of a node: id, name, place in the cluster, peers and life.

use std::sync::Arc;

use cluster_sim_types::{Incarnation, NodeId, Rack, Region, Shard, Zone};

use crate::operations::Operations;

/// The identity of a node in one life, known when it boots and constant until that life ends.
///
/// A scenario or a `TokioCluster` creates it. A test creates one to boot a machine without a driver:
///
/// ```
/// use cluster_sim_node::{NodeId, NodeInfo};
///
/// let info = NodeInfo::new(NodeId(1), "edge/1", 1, [NodeId(0), NodeId(1), NodeId(2)]);
/// assert_eq!(info.peers(), [NodeId(0), NodeId(2)]);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeInfo {
    id: NodeId,
    name: Arc<str>,
    index: u32,
    region: Region,
    shard: Shard,
    zone: Zone,
    rack: Rack,
    /// Shared by all nodes of a group and shard, so it contains this node too.
    members: Arc<[NodeId]>,
    incarnation: Incarnation,
    operations: Operations,
}

impl NodeInfo {
    /// Creates the identity of a node in its first life, in region 0 and shard 0, and in no zone and rack.
    ///
    /// `members` lists the nodes of its group and shard in order of id; it may contain the node itself.
    pub fn new(id: NodeId, name: impl Into<Arc<str>>, index: u32, members: impl Into<Arc<[NodeId]>>) -> Self {
        Self {
            id,
            name: name.into(),
            index,
            region: Region(0),
            shard: Shard(0),
            zone: Zone::NONE,
            rack: Rack::NONE,
            members: members.into(),
            incarnation: Incarnation(0),
            operations: Operations::default(),
        }
    }

    /// Moves the node to a region and a shard.
    #[must_use]
    pub fn placed(self, region: Region, shard: Shard) -> Self {
        Self { region, shard, ..self }
    }

    /// Moves the node to a zone and a rack.
    #[must_use]
    pub fn within(self, zone: Zone, rack: Rack) -> Self {
        Self { zone, rack, ..self }
    }

    /// Lets the node do only some of its operations.
    #[must_use]
    pub fn doing(self, operations: Operations) -> Self {
        Self { operations, ..self }
    }

    /// Gives the node another life, as after a restart.
    #[must_use]
    pub fn in_life(self, incarnation: Incarnation) -> Self {
        Self { incarnation, ..self }
    }

    #[cfg(feature = "test-utils")]
    pub(crate) fn begin_life(&mut self, incarnation: Incarnation) {
        self.incarnation = incarnation;
    }

    /// Iterates over the operations that a client is to do, by number.
    ///
    /// These are all of `numbers`, except in a minimized case, which has only those that the failure needs. So let a number decide
    /// what its operation is, not the operations before it:
    ///
    /// ```
    /// use cluster_sim_node::Node;
    /// use std::time::Duration;
    ///
    /// async fn client(node: Node) {
    ///     let port = node.bind::<u64>("store");
    ///     for number in node.operations(0..100) {
    ///         let key = node.roll("key", number).below(5);
    ///         port.send(node.peers()[0], key);
    ///         node.sleep(Duration::from_millis(10)).await;
    ///     }
    /// }
    /// ```
    pub fn operations<I: IntoIterator<Item = u64>>(&self, numbers: I) -> impl Iterator<Item = u64> + use<I> {
        self.operations.among(self.id, numbers)
    }

    /// Returns the node's number in the cluster, counted in order of declaration.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Returns the declared name: group and index, such as `edge/1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the index within the group, from 0.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Returns the region; 0 in a cluster without regions.
    ///
    /// [`Region::NONE`] if there are regions and the node stands in none of them.
    pub fn region(&self) -> Region {
        self.region
    }

    /// Returns the shard; 0 in a cluster without regions.
    ///
    /// [`Shard::NONE`] if there are regions and the node has none of their shards.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// Returns the zone, whose nodes can be lost together; [`Zone::NONE`] if none was declared.
    pub fn zone(&self) -> Zone {
        self.zone
    }

    /// Returns the rack, whose nodes can be lost together; [`Rack::NONE`] if none was declared.
    pub fn rack(&self) -> Rack {
        self.rack
    }

    /// Lists the other nodes of the group and shard, in order of id.
    pub fn peers(&self) -> Vec<NodeId> {
        self.members.iter().copied().filter(|peer| *peer != self.id).collect()
    }

    /// Returns the number of this life: 0 for the first, one more after every restart.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }
}
