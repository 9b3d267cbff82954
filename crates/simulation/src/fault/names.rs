//! [`NodeNames`]: the numbers of nodes by their names, and by those of the sets that they are in.

use std::collections::{BTreeMap, BTreeSet};

use cluster_sim_types::NodeId;

use super::FaultDomain;

/// The nodes of a scenario by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NodeNames {
    pub(crate) nodes: BTreeMap<String, NodeId>,
    /// The nodes of each region, zone, rack, shard and group, in order of their numbers, by names such as `region:us-east`.
    pub(crate) sets: BTreeMap<String, Vec<NodeId>>,
    /// The bytes that the disk of each node takes.
    pub(crate) disk_bytes: BTreeMap<NodeId, u64>,
    /// The nodes that serve an object store.
    pub(crate) object_stores: BTreeSet<NodeId>,
    /// The declared points in node code.
    pub(crate) failpoints: BTreeSet<String>,
}

impl NodeNames {
    /// Adds a node with the sets that it is in; nodes are added in order of their numbers.
    pub(crate) fn add(&mut self, name: &str, node: NodeId, sets: impl IntoIterator<Item = String>) {
        self.nodes.insert(name.to_owned(), node);
        sets.into_iter().for_each(|set| self.sets.entry(set).or_default().push(node));
    }

    /// Adds a set that may have no node.
    pub(crate) fn add_set(&mut self, name: String) {
        self.sets.entry(name).or_default();
    }

    /// The node of that name.
    pub(crate) fn node(&self, name: &str) -> Option<NodeId> {
        self.nodes.get(name).copied()
    }

    /// The nodes of a region, zone, rack, shard or group, named as in `region:us-east`.
    pub(crate) fn set(&self, name: &str) -> Option<&[NodeId]> {
        self.sets.get(name).map(Vec::as_slice)
    }

    /// The nodes of a group, or of a set as in [`set`](Self::set).
    pub(crate) fn group_or_set(&self, name: &str) -> Option<&[NodeId]> {
        self.set(&format!("group:{name}")).or_else(|| self.set(name))
    }

    /// The places of that kind in which nodes stand, numbered by their names.
    pub(crate) fn domains(&self, kind: FaultDomain) -> BTreeMap<NodeId, usize> {
        let is_of_kind = |set: &&String| set.split_once(':').is_some_and(|(prefix, _)| prefix == kind.name());
        let domains = self.sets.keys().filter(is_of_kind).enumerate();
        domains.flat_map(|(number, domain)| self.sets[domain].iter().map(move |node| (*node, number))).collect()
    }

    /// The name of a node.
    pub(crate) fn name_of(&self, node: NodeId) -> Option<&str> {
        self.nodes.iter().find(|(_, known)| **known == node).map(|(name, _)| name.as_str())
    }

    /// The names of the nodes of a set, in order of their numbers.
    pub(crate) fn members(&self, set: &str) -> Option<Vec<String>> {
        let members = self.set(set)?;
        let names: BTreeMap<NodeId, &String> = self.nodes.iter().map(|(name, node)| (*node, name)).collect();
        Some(members.iter().map(|node| names[node].clone()).collect())
    }

    /// The names of all nodes, then those of all sets but groups.
    pub(crate) fn all(&self) -> Vec<String> {
        let places = self.sets.keys().filter(|set| !set.starts_with("group:"));
        self.nodes.keys().chain(places).cloned().collect()
    }
}
