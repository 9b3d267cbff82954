//! Identifies nodes, their regions and shards, and their lives.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A node, numbered from 0 in the order in which the scenario declares its groups.
///
/// Ids are dense and index tables. Random choices are addressed by the declared *name* of a node instead, so removing one node
/// from a scenario changes no choice about the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl NodeId {
    /// Stands for the whole cluster in records that concern no single node.
    pub const CLUSTER: Self = Self(u32::MAX);

    /// Converts to an index into a table of nodes.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl From<u32> for NodeId {
    fn from(id: u32) -> Self {
        Self(id)
    }
}

impl From<NodeId> for u64 {
    fn from(id: NodeId) -> Self {
        Self::from(id.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "n{}", self.0)
    }
}

/// A region of a cluster, numbered from 0 in the order of declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(pub u16);

impl Region {
    /// No region: that of a node which stands in none of the regions of its cluster.
    pub const NONE: Self = Self(u16::MAX);
}

/// A shard of a region, numbered from 0; equal numbers in two regions are replicas of the same data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shard(pub u16);

impl Shard {
    /// No shard: that of a node which has none of the shards of its cluster.
    pub const NONE: Self = Self(u16::MAX);
}

/// A zone of a region, such as a data centre, numbered from 0 in the order of declaration.
///
/// Two regions share no zone. Nodes of one zone can be lost together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone(pub u16);

impl Zone {
    /// No zone: that of a node for which none was declared.
    pub const NONE: Self = Self(u16::MAX);
}

/// A rack of a zone, numbered from 0 in the order of declaration.
///
/// Two zones share no rack. Nodes of one rack can be lost together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rack(pub u16);

impl Rack {
    /// No rack: that of a node for which none was declared.
    pub const NONE: Self = Self(u16::MAX);
}

/// One life of a node: 0 for the first, incremented by each restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incarnation(pub u32);

impl Incarnation {
    /// Returns the life after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
