//! Where a machine sits.

use std::sync::Arc;

use cluster_sim_types::{Incarnation, NodeId, Region, Shard};

/// What a node knows about itself when it boots.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeInfo {
    /// Its number in the cluster.
    id: NodeId,
    /// Its declared name: group and index, `edge/1`.
    name: Arc<str>,
    /// Its index within its group.
    index: u32,
    region: Region,
    shard: Shard,
    /// The nodes it works with and itself, shared by all of them.
    cohort: Arc<[NodeId]>,
    incarnation: Incarnation,
}

impl NodeInfo {
    /// The node_info of a node in the first life, in region and shard 0; `cohort` is the nodes it works with, itself among them or not.
    pub fn new(id: NodeId, name: impl Into<Arc<str>>, index: u32, cohort: impl Into<Arc<[NodeId]>>) -> Self {
        Self {
            id,
            name: name.into(),
            index,
            region: Region(0),
            shard: Shard(0),
            cohort: cohort.into(),
            incarnation: Incarnation(0),
        }
    }

    /// This node_info in a region and shard.
    #[must_use]
    pub fn placed(self, region: Region, shard: Shard) -> Self {
        Self { region, shard, ..self }
    }

    /// This node_info in another life.
    #[must_use]
    pub fn in_life(self, incarnation: Incarnation) -> Self {
        Self { incarnation, ..self }
    }

    /// Its number in the cluster.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Its declared name: group and index, `edge/1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its index within its group.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The region it stands in; 0 where none was declared.
    pub fn region(&self) -> Region {
        self.region
    }

    /// The shard it keeps; 0 where none was declared.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// The nodes it works with: the others of its group and shard, in order of id.
    pub fn peers(&self) -> Vec<NodeId> {
        self.cohort.iter().copied().filter(|peer| *peer != self.id).collect()
    }

    /// Which life this is.
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }
}
