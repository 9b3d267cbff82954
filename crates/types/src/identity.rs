//! Who is meant: nodes, the places they stand in, and their lives.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One node of a cluster, counted from 0 in the order in which the scenario declares its groups.
///
/// Ids are dense and index tables. Chance is addressed by a node's declared *name*, so that taking one node out of a
/// scenario changes no choice about the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl NodeId {
    /// Stands for the cluster as a whole, where a record is about no node of it.
    pub const CLUSTER: Self = Self(u32::MAX);

    /// The id as an index into a table of nodes.
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

/// A region of a cluster, counted from 0 in the order of declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(pub u16);

/// A shard of a region, counted from 0; the same number in two regions means replicas of the same data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shard(pub u16);

/// One life of a node: 0 for the first, one more after every restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incarnation(pub u32);

impl Incarnation {
    /// The life after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
